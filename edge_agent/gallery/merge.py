"""People of another site into one's own: whose look is newer, who is left out. Pure: reads no pack, turns nothing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from edge_agent.gallery.record import Consent, Entry, Person, Template

OWN_WILL = ("asked", "withdrawn")
"""Why somebody was erased who does not come back by an older pack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What came of it."""

    people: tuple[Person, ...]
    """Everybody from now on."""
    taken: tuple[str, ...]
    """Of whom something came in."""
    other_model: int
    """Left out: their templates are of a model that is not used here; enrol them anew."""
    not_here: int
    """Left out: they do not belong to this site."""
    erased: int
    """Left out: they have been erased here since they agreed there."""
    same: int
    """Nothing newer came."""


def model_of(people: Sequence[Person]) -> str:
    """Return the model of the newest look; empty where there is none."""
    looks = [(each.taken_at, person.model) for person in people for each in person.templates]
    return max(looks)[1] if looks else ""


def merged(own: Sequence[Person], theirs: Sequence[Person], *, here: Collection[str], log: Sequence[Entry]) -> Merged:
    """
    Return everybody of both, by worker id; of two looks with the same wearing the newer one.

    Args:
        own: Of this box.
        theirs: Of the pack, turned by this box's secret already, with face ids of this box for whoever is new.
        here: Who belongs to this site.
        log: What was done at this box: whoever was erased stays so, unless they have agreed again since.

    """
    model = model_of(own) or model_of(theirs)
    erased = _erased(log)
    people = {each.worker: each for each in own}
    counts = {"other_model": 0, "not_here": 0, "erased": 0, "same": 0}
    taken = []
    for each in theirs:
        why = _against(each, model=model, here=here, erased=erased)
        known = people.get(each.worker)
        both = each if known is None else _both(known, each)
        if why or both == known:
            counts[why or "same"] += 1
            continue
        people[each.worker] = both
        taken.append(each.worker)
    return Merged(people=tuple(sorted(people.values(), key=lambda each: each.worker)), taken=tuple(taken), **counts)


def _against(person: Person, *, model: str, here: Collection[str], erased: Mapping[str, str]) -> str:
    if person.worker not in here:
        return "not_here"
    if person.model != model or not person.templates:
        return "other_model"
    agreed_at = max((each.at for each in person.consents), default="")
    # What nobody can date is not newer than an erasure.
    return "erased" if person.worker in erased and agreed_at <= erased[person.worker] else ""


def _erased(log: Sequence[Entry]) -> dict[str, str]:
    return {
        worker: each.at for each in log if each.did == "erased" and each.detail in OWN_WILL for worker in each.workers
    }


def _both(own: Person, other: Person) -> Person:
    looks: dict[str, Template] = {each.wearing: each for each in own.templates} if own.model == other.model else {}
    for each in other.templates:
        if each.wearing not in looks or each.taken_at > looks[each.wearing].taken_at:
            looks[each.wearing] = each
    consents: list[Consent] = sorted({*own.consents, *other.consents}, key=lambda each: each.at)
    return msgspec.structs.replace(
        own, model=other.model, templates=tuple(looks.values()), consents=tuple(consents[-100:])
    )
