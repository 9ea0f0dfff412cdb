"""What the parent says goes to the face terminal, and what that finds goes to the parent. Decides nothing."""

from collections.abc import Iterable
from queue import SimpleQueue
from typing import Protocol

from drivers.contract import FaceVerdict, HintKind, Medium
from drivers.parent import Parent
from drivers.wire.lines import (
    Cancel,
    Captured,
    Enrol,
    Forget,
    Hinted,
    Looked,
    Message,
    Secret,
    Seen,
    Template,
    Verified,
    Verify,
    clipped,
)
from models import outcome
from models.capture import Picture
from models.frames import Frame
from models.known import Tally
from models.window import Window

_NS_PER_MS = 1_000_000
_WHY_MAX = 8
_SETTLED_NS = 100 * _NS_PER_MS
"""Templates come one after the other. While they do, somebody who is known may not be known yet."""


class Terminal(Protocol):
    """What `models.terminal` promises."""

    def look(self, frame: Frame) -> Iterable[outcome.Outcome]:
        """Return what comes of a frame."""
        ...

    def tick(self, now_ns: int) -> Iterable[outcome.Outcome]:
        """Return what comes of time alone."""
        ...

    def verify(self, number: int, face_id: bytes, until_ns: int) -> None:
        """Compare whoever stands there, or comes until then, with this face."""
        ...

    def enrol(self, number: int, wearing: str, until_ns: int, own: bytes | None) -> None:
        """Make a template of whoever stands there, or comes until then."""
        ...

    def cancel(self, number: int) -> None:
        """Nobody waits for this answer any more."""
        ...

    def know(self, template: Template) -> None:
        """Know this face from now on, if it can be compared."""
        ...

    def tally(self) -> Tally:
        """Return how many are known, and how many are not."""
        ...

    def photo(self, number: int, picture: Picture, wearing: str, own: bytes | None) -> outcome.Taken:
        """Return the template of a photograph."""
        ...

    def forget(self) -> None:
        """Know nobody."""
        ...

    def secret(self, seed: bytes) -> None:
        """Turn all vectors by this from now on."""
        ...


class FaceEye:
    """Looks for faces."""

    def __init__(self, parent: Parent, terminal: Terminal, *, window: Window, heard: "SimpleQueue[Message]") -> None:
        """
        Know nobody yet.

        Args:
            parent: Is told what the terminal finds.
            terminal: Looks and decides.
            window: The part of the picture that counts.
            heard: What the parent said.

        """
        self._parent = parent
        self._terminal = terminal
        self._window = window
        self._heard = heard
        self._learnt_ns: int | None = None

    def look(self, frame: Frame) -> None:
        """Look at the part of the frame that counts, once it is known whom there is to know."""
        if self._learnt_ns is None or frame.seen_ns - self._learnt_ns < _SETTLED_NS:
            return
        self._tell(self._terminal.look(self._window.of(frame)), frame.seen_ns)

    def tick(self, now_ns: int) -> str:
        """Do what the parent said meanwhile, and what is due; return how many must be enrolled anew."""
        while not self._heard.empty():
            self._obey(self._heard.get(), now_ns)
        self._tell(self._terminal.tick(now_ns), now_ns)
        count = self._terminal.tally().of_other_models
        return f"to be enrolled anew: {count} people, whose faces were taken with another model" if count else ""

    def _obey(self, message: Message, now_ns: int) -> None:
        if isinstance(message, Secret | Forget | Template):
            self._learnt_ns = now_ns
        match message:
            case Secret(seed=seed):
                self._terminal.secret(seed)
            case Forget():
                self._terminal.forget()
            case Template():
                self._terminal.know(message)
            case Verify(number=number, face_id=face_id, within_ms=within_ms):
                self._terminal.verify(number, face_id, now_ns + within_ms * _NS_PER_MS)
            case Enrol(number=number, wearing=wearing, within_ms=within_ms, own=own):
                self._terminal.enrol(number, wearing, now_ns + within_ms * _NS_PER_MS, own)
            case Cancel(number=number):
                self._terminal.cancel(number)

    def _tell(self, outcomes: Iterable[outcome.Outcome], at_ns: int) -> None:
        for each in outcomes:
            self._parent.tell(message_of(each, at_ns))


def message_of(found: outcome.Outcome, at_ns: int) -> Message:
    """Return what the terminal found as the parent understands it."""
    match found:
        case outcome.Recognised(face_id=face_id, look=look):
            return Seen(medium=Medium.FACE, token=face_id, technology="face", seen_ns=at_ns, look=_looked(look))
        case outcome.Advice(kind=kind):
            return Hinted(kind=HintKind(kind), at_ns=at_ns)
        case outcome.Confirmed(number=number, look=look):
            return Verified(number=number, look=_looked(look))
        case outcome.Taken():
            why = [clipped(each, most=64) for each in found.why[:_WHY_MAX]]
            return Captured(number=found.number, model=found.model, vector=found.vector, frames=found.frames, why=why)


def _looked(look: outcome.Looked) -> Looked:
    return Looked(
        verdict=FaceVerdict(look.verdict),
        mode=look.mode,
        score_milli=look.score_milli,
        frames=look.frames,
        liveness=look.liveness,
        calibration=look.calibration,
        why=look.why,
    )
