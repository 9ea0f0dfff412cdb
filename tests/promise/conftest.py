"""How hard the state machine looks: a little in every test run, longer when it hunts a mutant or is asked to."""

from hypothesis import HealthCheck, Phase, settings

settings.register_profile("promise", max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("long", settings.get_profile("promise"), max_examples=2000)
# Where a failure is expected nobody reads it: no time is spent on making it short.
settings.register_profile("hunt", settings.get_profile("promise"), max_examples=300, phases=[Phase.generate])
