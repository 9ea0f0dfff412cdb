"""What the site makes of a worker's standing: allow, warn or block, rule by rule. Looks nobody up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from edge_agent.core.people import Company, Site
from edge_agent.core.reason import Findings, Reason, Weight
from edge_agent.core.touch import Worker

WORDS = {"warn": Weight.WARN, "wait": Weight.WAIT, "block": Weight.REFUSE}
"""How a rule's weight is written in the configuration; of what is allowed nothing is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The weight of each reason that a site may choose; of all others nothing is found."""

    weights: Mapping[Reason, Weight] = field(default_factory=dict)

    @classmethod
    def of(cls, chosen: Mapping[str, str]) -> "Rules":
        """Return the rules as the configuration writes them: reason to `allow`, `warn` or `block`."""
        return cls(weights={Reason(name): WORDS[word] for name, word in chosen.items() if word in WORDS})

    def of_unknown(self) -> Findings:
        """Return what is found of a credential that nobody has named: to be named later, unless the site blocks it."""
        return ((Reason.UNKNOWN, self.weights.get(Reason.UNKNOWN, Weight.WAIT)),)

    def of_place(self, inside: bool | None) -> Findings:  # noqa: FBT001 - a fact, not a switch
        """Return what is found of a box that is inside the site's fence, or not; None: it cannot be told."""
        weight = self.weights.get(Reason.OUTSIDE_FENCE)
        return ((Reason.OUTSIDE_FENCE, weight),) if weight and inside is False else ()

    def of_face(self, verdict: str) -> Findings:
        """Return what is found of somebody at whose face a camera looked, or should have: `differs`, `away`, ..."""
        weight = self.weights.get(reason := Reason(f"face_{verdict}"))
        return ((reason, weight),) if weight else ()

    def findings(self, worker: Worker, company: Company | None, site: Site | None, day: date | None) -> Findings:
        """Return what the rules say of this worker on this day; None for a day that is not known: nothing of dates."""
        return tuple(
            (reason, self.weights[reason]) for reason in _facts(worker, company, site, day) if reason in self.weights
        )


def _facts(worker: Worker, company: Company | None, site: Site | None, day: date | None) -> Iterator[Reason]:
    if not worker.ccus:
        yield Reason.NO_CCUS
    if worker.is_insured is False:
        yield Reason.NOT_INSURED
    if company is None:
        yield Reason.COMPANY_UNKNOWN
    elif company.is_registered is False:
        yield Reason.COMPANY_UNREGISTERED
    if day is not None:
        yield from _dates(worker, site, day.isoformat())


def _dates(worker: Worker, site: Site | None, day: str) -> Iterator[Reason]:
    # ISO dates: text order is date order.
    if worker.valid_from and day < worker.valid_from:
        yield Reason.NOT_YET_VALID
    if worker.valid_to and day > worker.valid_to:
        yield Reason.NO_LONGER_VALID
    if site and ((site.valid_from and day < site.valid_from) or (site.valid_to and day > site.valid_to)):
        yield Reason.OUTSIDE_PERIOD
