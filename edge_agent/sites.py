"""The sites of this box: made on the spot without a network, their 現場ID later; a wide-area site's parts and notes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TypeVar

from edge_agent.chain import append
from edge_agent.clock import Clock
from edge_agent.control.server import BadRequest, Handler
from edge_agent.core.calendar import is_day, site_day
from edge_agent.core.people import Site
from edge_agent.core.said import SiteData
from edge_agent.core.touch import NS_PER_MS, Stamp
from edge_agent.door import Door
from edge_agent.ledger import people
from spool.file import SpoolUnavailable
from spool.transaction import Transaction

T = TypeVar("T")

ID_MAX = 64
TEXT_MAX = 200
YEN_MAX = 10**13
CCUS_DIGITS = 14
_TEXTS = ("name", "prime", "place", "parent")
_DAYS = ("valid_from", "valid_to")
_ON_THE_WIRE = ("ccus", "name", "parent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sites:
    """Answers what is asked and said about sites. From any thread."""

    gateway: str
    configured: str
    """The site of the configuration file: served where no other was chosen."""
    door: Door
    clock: Clock
    may_edit: Callable[[Mapping[str, object]], str]
    """Returns who asks, or raises BadRequest."""

    def handlers(self) -> dict[str, Handler]:
        """Return what the control socket answers."""
        return {"site-list": self._list, "site-put": self._put, "site-use": self._use}

    def _list(self, _wish: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
        known, (here, note) = self._commit(lambda tx, _epoch: (people.sites(tx), people.here(tx)))
        served = here or self.configured
        if served not in {site.id for site in known}:
            known = [Site(id=served), *known]
        for site in known:
            yield {**asdict(site), "is_here": site.id == served, "note": note if site.id == served else ""}

    def _put(self, wish: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
        """Say what is known of a site; without an id a new one is made, and served from now on."""
        by = self.may_edit(wish)
        told = _told(wish)
        site_id = str(wish.get("site") or "")
        yield self._commit(lambda tx, epoch: self._keep(tx, epoch, site_id, told, by))

    def _use(self, wish: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
        """Serve another site, or write another place note, or both."""
        self.may_edit(wish)
        yield self._commit(lambda tx, _epoch: self._choose(tx, wish))

    def _keep(
        self, tx: Transaction, epoch: str, site_id: str, told: Mapping[str, object], by: str
    ) -> Mapping[str, object]:
        at = self.clock.stamp()
        is_new = not site_id
        site_id = site_id or self._free_id(tx, at)
        known = people.site(tx, site_id)
        if known is None and not is_new and site_id != self.configured:
            raise BadRequest(f"no site {site_id!r}; there are: {', '.join(self._names(tx))}")
        before = known or Site(id=site_id)
        after = replace(before, **told)  # type: ignore[arg-type]  # _told knows the fields
        _assert_parent(tx, after, self.configured)
        people.put_site(tx, after, origin=people.origin(f"told by {by}", _day(at)))
        if is_new:
            people.set_here(tx, site=site_id, note=people.here(tx)[1])
        if is_new or any(getattr(before, name) != getattr(after, name) for name in _ON_THE_WIRE):
            append(
                tx,
                lambda seq, prev: _data(after, at, by, epoch=epoch, seq=seq, prev=prev),
                gateway=self.gateway,
                epoch=epoch,
                at=at,
            )
        return asdict(after)

    def _names(self, tx: Transaction) -> list[str]:
        return sorted({self.configured, *(site.id for site in people.sites(tx))})

    def _free_id(self, tx: Transaction, at: Stamp) -> str:
        """Unique without asking anybody: the box's name, the day, and a number."""
        taken = {site.id for site in people.sites(tx)}
        numbers = (f"{self.gateway}-{_day(at) or 'undated'}-{number}"[:ID_MAX] for number in range(1, len(taken) + 2))
        return next(each for each in numbers if each not in taken)

    def _choose(self, tx: Transaction, wish: Mapping[str, object]) -> Mapping[str, object]:
        here, note = people.here(tx)
        if "site" in wish:
            here = str(wish["site"] or "")
            if here and here != self.configured and people.site(tx, here) is None:
                raise BadRequest(f"no site {here!r}; make it first: edge-agent site new NAME")
        if "note" in wish:
            note = _text(wish, "note")
        people.set_here(tx, site="" if here == self.configured else here, note=note)
        return {"site": here or self.configured, "note": note}

    def _commit(self, work: Callable[[Transaction, str], T]) -> T:
        try:
            return self.door.commit(work)
        except SpoolUnavailable as exc:
            raise BadRequest(str(exc)) from exc


def _assert_parent(tx: Transaction, site: Site, configured: str) -> None:
    seen = {site.id}
    parent = site.parent
    while parent:
        if parent in seen:
            raise BadRequest(f"parent: {parent!r} would be part of itself")
        seen.add(parent)
        known = people.site(tx, parent)
        if known is None and parent != configured:
            raise BadRequest(f"parent: no site {parent!r}; make it first: edge-agent site new NAME")
        parent = known.parent if known else ""


def _told(wish: Mapping[str, object]) -> dict[str, object]:
    """Return the fields that are said, checked."""
    told: dict[str, object] = {name: _text(wish, name) for name in _TEXTS if name in wish}
    if "ccus" in wish:
        ccus = _text(wish, "ccus")
        if ccus and not (ccus.isascii() and ccus.isdigit() and len(ccus) == CCUS_DIGITS):
            raise BadRequest(f"ccus: a 現場ID has {CCUS_DIGITS} digits; this has {len(ccus)} characters")
        told["ccus"] = ccus
    for name in _DAYS:
        if name in wish:
            day = _text(wish, name)
            if day and not is_day(day):
                raise BadRequest(f"{name}: a day such as 2026-11-24, not {day!r}")
            told[name] = day
    if (yen := wish.get("contract_yen")) is not None:
        if not isinstance(yen, int) or not 0 <= yen <= YEN_MAX:
            raise BadRequest("contract_yen: an amount of whole yen")
        told["contract_yen"] = yen
    if told.get("valid_from") and told.get("valid_to") and str(told["valid_from"]) > str(told["valid_to"]):
        raise BadRequest("valid_to: before valid_from")
    return told


def _text(wish: Mapping[str, object], name: str) -> str:
    text = str(wish.get(name) or "").strip()
    if len(text) > TEXT_MAX or not text.isprintable():
        raise BadRequest(f"{name}: at most {TEXT_MAX} characters on one line")
    return text


def _day(at: Stamp) -> str:
    day = site_day(at, cut_off_min=0)
    return day.isoformat() if day else ""


def _data(site: Site, at: Stamp, by: str, *, epoch: str, seq: int, prev: str) -> SiteData:
    return SiteData(
        epoch=epoch,
        seq=seq,
        prev=prev,
        site=site.id,
        ccus=site.ccus or None,
        name=site.name,
        parent=site.parent or None,
        by=by,
        boot=at.boot,
        boot_ms=at.boot_ns // NS_PER_MS,
        clock=at.trust.value,
    )
