"""Badges that count no more, as somebody tells the running agent. Prints none, and reads no file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from edge_agent.badges import serial_ref
from edge_agent.clock import Clock
from edge_agent.control.server import Answers, BadRequest
from edge_agent.core.badge import SERIAL_BYTES
from edge_agent.core.touch import NS_PER_S, WorkerId
from edge_agent.door import Door
from edge_agent.ledger import badges
from spool.file import SpoolUnavailable
from spool.transaction import Transaction

AT_ONCE_MAX = 1000
"""Badges or workers in one request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """What the control socket answers about badges."""

    key: Callable[[], bytes]
    """Returns the key that turns serials into references."""
    clock: Clock
    door: Door
    may: Callable[[Mapping[str, object], str], object]
    """Raises BadRequest where whoever asks may not do that."""

    def handlers(self) -> Mapping[str, Callable[[Mapping[str, object]], Answers]]:
        """Return what the control socket answers."""
        return {"badge-revoke": self.revoke}

    def revoke(self, wish: Mapping[str, object]) -> Answers:
        """Believe these badges, `serials`, no more; and of these `workers` none that was issued until now."""
        self.may(wish, "edit")
        serials = [_serial(text) for text in _texts(wish, "serials")]
        workers = [WorkerId(text) for text in _texts(wish, "workers")]
        if not serials and not workers:
            raise BadRequest("say which: serials, workers, or both")
        try:
            self.door.commit(lambda tx, _epoch: self._revoke(tx, serials, workers))
        except SpoolUnavailable as exc:
            raise BadRequest(f"nothing was revoked: {exc}") from exc
        return [{"serials": len(serials), "workers": len(workers)}]

    def _revoke(self, tx: Transaction, serials: Sequence[bytes], workers: Sequence[WorkerId]) -> None:
        key, now = self.key(), self.clock.stamp()
        for serial in serials:
            badges.revoke(tx, serial_ref(key, serial))
        for worker in workers:
            now_s = now.utc_ns // NS_PER_S if now.is_dated else 0
            upto_s = max(now_s, badges.newest_s(tx, worker))
            if not upto_s:
                raise BadRequest(
                    "the box does not know the date, nor any badge of that worker: revoke it by its serial"
                )
            badges.revoke_upto(tx, worker, upto_s=upto_s)


def _texts(wish: Mapping[str, object], name: str) -> list[str]:
    told = wish.get(name, [])
    if not isinstance(told, list) or not all(isinstance(each, str) and each for each in told):
        raise BadRequest(f"{name} is a list of texts")
    if len(told) > AT_ONCE_MAX:
        raise BadRequest(f"at most {AT_ONCE_MAX} at once")
    return told


def _serial(text: str) -> bytes:
    try:
        serial = bytes.fromhex(text.replace("-", ""))
    except ValueError as exc:
        raise BadRequest("a serial has 16 hex digits, as printed on the badge") from exc
    if len(serial) != SERIAL_BYTES:
        raise BadRequest("a serial has 16 hex digits, as printed on the badge")
    return serial
