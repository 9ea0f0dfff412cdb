"""Give a credential to a worker: the next one shown at a reader, or one told by its number. Records no touch."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import Event, Lock

from drivers.contract import Answer, AnswerKind, Sighting
from edge_agent.clock import Clock
from edge_agent.control.server import BadRequest, Handler
from edge_agent.core.calendar import site_day
from edge_agent.core.credential import credential_ref
from edge_agent.core.people import KINDS, Credential
from edge_agent.core.touch import NS_PER_S, CredentialRef, Worker, WorkerId
from edge_agent.door import Door
from edge_agent.ledger import people
from spool.file import SpoolUnavailable
from spool.transaction import Transaction

WAIT_S = 60.0
LONGEST_WAIT_S = 600.0
SIGN_S = 1.0
"""How often whoever waits hears that it still does; who is gone by then waits no longer."""

Name = Callable[[CredentialRef, Worker, str], int]
"""Name the earlier touches of a credential; returns how many. The last argument: who says so."""


class NotEnrolled(Exception):
    """The credential was not given to the worker. The message says why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants bound."""

    worker: WorkerId
    by: str
    reader: str = ""
    """Empty: whichever sees the next credential."""
    is_shared: bool = False
    """The credential stays that of others too: a companion's telephone."""
    is_moved: bool = False
    """Take it away from whoever had it."""
    is_replacing: bool = False
    """The worker's others of this kind are no longer valid: a card issued again."""


@dataclass(slots=True)
class _Armed:
    wish: Wish
    until_ns: int
    done: Event = field(default_factory=Event)
    result: Mapping[str, object] | None = None
    error: str = ""


class Enrolment:
    """Stands before the door: while somebody enrols, the next sighting is theirs. From any thread."""

    def __init__(
        self,
        *,
        door: Door,
        clock: Clock,
        key: Callable[[], bytes],
        name: Name,
        record: Callable[[Sighting], Answer] | None = None,
    ) -> None:
        """`record` takes what is no enrolment; without one, the door does."""
        self._record = record or door.record
        self._door = door
        self._clock = clock
        self._key = key
        self._name = name
        self._lock = Lock()
        self._armed: _Armed | None = None

    def record(self, sighting: Sighting) -> Answer:
        """Return what to tell: of an enrolment if one waits for this reader, else of a touch."""
        armed = self._take(sighting)
        if armed is None:
            return self._record(sighting)
        kind = AnswerKind.ENROLLED
        try:
            ref = credential_ref(self._key(), sighting.token, sighting.medium.value)
            armed.result = self.bind(armed.wish, ref, sighting.medium.value)
        except NotEnrolled as exc:
            kind, armed.error = AnswerKind.REFUSED, str(exc)
        except SpoolUnavailable as exc:
            kind, armed.error = AnswerKind.NOT_SAVED, str(exc)
        armed.done.set()
        return Answer(kind=kind)

    def wait(self, wish: Wish, *, timeout_s: float) -> Iterator[Mapping[str, object]]:
        """
        Yield that it waits, and at last what became of it.

        Raises:
            NotEnrolled: Nobody showed anything in time, or it cannot be bound.

        """
        armed = self._arm(wish, timeout_s)
        try:
            while not armed.done.wait(SIGN_S):
                left_s = (armed.until_ns - self._clock.boot_ns()) // NS_PER_S
                if left_s <= 0:
                    raise NotEnrolled("nothing was shown in time; begin again")
                yield {"waiting_s": left_s}
        finally:
            self._disarm(armed)
        if armed.result is None:
            raise NotEnrolled(armed.error)
        yield armed.result

    def bind(self, wish: Wish, ref: CredentialRef, kind: str) -> Mapping[str, object]:
        """
        Give the credential to the worker, and name its earlier touches; return what was done.

        Raises:
            NotEnrolled: Another has it, or the roster does not know the worker.
            SpoolUnavailable: Nothing was committed.

        """
        origin = self._origin(wish.by)
        worker = self._door.commit(lambda tx, _epoch: _bind(tx, wish, ref, kind, origin))
        named = 0 if wish.is_shared else self._name(ref, worker, wish.by)
        return {"enrolled": worker.id, "kind": kind, "credential": ref, "named": named}

    def set_state(self, worker: WorkerId, kind: str, state: str, by: str) -> int:
        """
        Let all of a worker's credentials of a kind be `lost`, or `active` again; return how many changed.

        Raises:
            SpoolUnavailable: Nothing was committed.

        """
        origin, was = self._origin(by), "active" if state == "lost" else "lost"
        return self._door.commit(
            lambda tx, _epoch: people.set_state(tx, worker, kind, was=was, state=state, origin=origin)
        )

    def _take(self, sighting: Sighting) -> _Armed | None:
        with self._lock:
            armed = self._armed
            if armed is None or armed.wish.reader not in {"", sighting.reader} or not sighting.token:
                return None
            self._armed = None
            return armed if self._clock.boot_ns() < armed.until_ns else None

    def _arm(self, wish: Wish, timeout_s: float) -> _Armed:
        now_ns = self._clock.boot_ns()
        with self._lock:
            if self._armed and now_ns < self._armed.until_ns:
                raise NotEnrolled("somebody else is enrolling; wait until that is done")
            self._armed = _Armed(wish=wish, until_ns=now_ns + round(min(timeout_s, LONGEST_WAIT_S) * NS_PER_S))
            return self._armed

    def _disarm(self, armed: _Armed) -> None:
        with self._lock:
            if self._armed is armed:
                self._armed = None

    def _origin(self, by: str) -> str:
        day = site_day(self._clock.stamp(), cut_off_min=0)
        return people.origin(f"enrolled by {by}", day.isoformat() if day else "")


def _bind(tx: Transaction, wish: Wish, ref: CredentialRef, kind: str, origin: str) -> Worker:
    known = people.worker(tx, wish.worker)
    if known is None:
        raise NotEnrolled(f"worker {wish.worker}: not in the roster; add them first: edge-agent roster import")
    others = [held for held in people.holders(tx, ref) if held.worker.id != wish.worker and held.state == "active"]
    if others and not (wish.is_shared or wish.is_moved):
        raise NotEnrolled(
            f"this {kind} is that of worker {others[0].worker.id};"
            " say --move to take it away, --share to let both use it"
        )
    if wish.is_moved:
        for held in others:
            people.release(tx, ref, held.worker.id)
    if wish.is_replacing:
        people.set_state(tx, wish.worker, kind, was="active", state="replaced", origin=origin)
    people.bind(tx, Credential(ref=ref, worker=wish.worker, kind=kind), origin=origin)
    return known[0]


def handlers(
    enrolment: Enrolment,
    *,
    may_edit: Callable[[Mapping[str, object]], str],
    token: Callable[[str, str], bytes],
    key: Callable[[], bytes],
) -> dict[str, Handler]:
    """
    Return what the control socket answers.

    Args:
        enrolment: Does it.
        may_edit: Returns who asks, or raises BadRequest.
        token: Turns a kind and what somebody wrote into the credential's token; raises ValueError.
        key: Returns the key of references.

    """

    def enroll(wish: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
        asked = _asked(wish, by=may_edit(wish))
        try:
            if number := str(wish.get("number", "")):
                kind = _kind(wish)
                yield enrolment.bind(asked, credential_ref(key(), token(kind, number), kind), kind)
            else:
                yield from enrolment.wait(asked, timeout_s=_seconds(wish))
        except (NotEnrolled, SpoolUnavailable, ValueError) as exc:
            raise BadRequest(str(exc)) from exc

    def state(wish: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
        by = may_edit(wish)
        wanted = "lost" if wish.get("state") == "lost" else "active"
        try:
            count = enrolment.set_state(WorkerId(str(wish.get("worker", ""))), _kind(wish), wanted, by)
        except SpoolUnavailable as exc:
            raise BadRequest(str(exc)) from exc
        if not count:
            raise BadRequest(f"worker {wish.get('worker')}: has no {_kind(wish)} to which that applies")
        yield {"changed": count}

    return {"enroll": enroll, "credential-state": state}


def _asked(wish: Mapping[str, object], *, by: str) -> Wish:
    return Wish(
        worker=WorkerId(str(wish.get("worker", ""))),
        by=by,
        reader=str(wish.get("reader", "")),
        is_shared=wish.get("share") is True,
        is_moved=wish.get("move") is True,
        is_replacing=wish.get("replace") is True,
    )


def _kind(wish: Mapping[str, object]) -> str:
    kind = str(wish.get("kind", "card"))
    if kind not in KINDS:
        raise BadRequest(f"no kind {kind!r}; there are: {', '.join(KINDS)}")
    return kind


def _seconds(wish: Mapping[str, object]) -> float:
    given = wish.get("wait_s", WAIT_S)
    if not isinstance(given, int | float) or not 0 < given <= LONGEST_WAIT_S:
        raise BadRequest(f"wait_s: a number of seconds up to {LONGEST_WAIT_S:.0f}")
    return float(given)
