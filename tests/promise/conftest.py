"""How hard the state machine looks: a little in every test run, longer when it hunts a mutant or is asked to."""

from hypothesis import HealthCheck, Phase, settings

# A failure is first of all a failure: making it short takes minutes, and is for who looks for its cause.
settings.register_profile(
    "promise", max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
)
settings.register_profile("hunt", settings.get_profile("promise"), max_examples=300)
settings.register_profile("long", settings.get_profile("promise"), max_examples=2000)
settings.register_profile("shrink", settings.get_profile("long"), phases=[Phase.generate, Phase.shrink])
