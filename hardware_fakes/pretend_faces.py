"""
The face worker with a terminal that takes QR codes for faces: `python -m hardware_fakes.pretend_faces [OPTION...]`.

A code FACE:NAME is somebody who looks into the camera. A code DO:MOOD makes the process go wrong, as native code may.
Judges no face, and needs no models.
"""

import argparse
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from drivers.contract import FaceTemplate
from drivers.wire.lines import Template
from edge_agent import face_worker
from models import outcome
from models.capture import Picture
from models.codes import Codes
from models.frames import Frame
from models.known import Tally

MODEL = "pretend/1"
VECTOR_BYTES = 256
_FACE, _DO = "FACE:", "DO:"


def face_id(name: str) -> bytes:
    """Return somebody's face_id."""
    return name.encode().rjust(16, b"-")


def template(name: str, seed: bytes, *, model: str = MODEL) -> FaceTemplate:
    """Return what the worker would take of somebody."""
    return FaceTemplate(face_id=face_id(name), wearing="bare", model=model, vector=_vector(name, seed))


def _vector(name: str, seed: bytes) -> bytes:
    """Return 128 float16 of unit length: no two people's alike, and other ones under another secret."""
    signs = Random(name.encode() + seed)
    return b"".join(signs.choice((b"\xa8\x2d", b"\xa8\xad")) for _ in range(VECTOR_BYTES // 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    number: int
    until_ns: int
    face_id: bytes | None
    """None: to be enrolled."""


class PretendTerminal:
    """Says what a terminal says."""

    def __init__(self, *, mode: str) -> None:
        self._mode = mode
        self._codes = Codes()
        self._seed = b""
        self._known: dict[bytes, bytes] = {}
        self._others: set[bytes] = set()
        self._wishes: dict[int, _Wish] = {}
        self._before: str | None = None

    def look(self, frame: Frame) -> Iterator[outcome.Outcome]:
        """Answer every wish by whoever stands there; do what a code demands."""
        name = self._name(frame.picture)
        if name and name != self._before:
            yield self._met(name)
        self._before = name
        for wish in [*self._wishes.values()] if name else ():
            yield self._answered(wish, name or "")
        yield from self.tick(frame.seen_ns)

    def tick(self, now_ns: int) -> Iterator[outcome.Outcome]:
        """Answer those whose time is over."""
        for wish in [*self._wishes.values()]:
            if wish.face_id and wish.face_id not in self._known:
                yield self._confirmed(wish, "not_enrolled")
            elif now_ns > wish.until_ns and wish.face_id:
                yield self._confirmed(wish, "unseen")
            elif now_ns > wish.until_ns:
                yield self._taken(wish, None)

    def verify(self, number: int, face_id: bytes, until_ns: int) -> None:
        """Take note."""
        self._wishes[number] = _Wish(number=number, until_ns=until_ns, face_id=face_id)

    def enrol(self, number: int, wearing: str, until_ns: int, own: bytes | None) -> None:
        """Take note."""
        del wearing, own
        self._wishes[number] = _Wish(number=number, until_ns=until_ns, face_id=None)

    def cancel(self, number: int) -> None:
        """Forget the wish."""
        self._wishes.pop(number, None)

    def know(self, template: Template) -> None:
        """Keep it, if it is of this model."""
        if template.model == MODEL:
            self._known[template.face_id] = template.vector
        else:
            self._others.add(template.face_id)

    def tally(self) -> Tally:
        """Count."""
        count, others = len(self._known), len(self._others - self._known.keys())
        return Tally(people=count, templates=count, of_other_models=others, refused=0)

    def photo(self, number: int, picture: Picture, wearing: str, own: bytes | None) -> outcome.Taken:
        """Take whoever is in the picture."""
        del wearing, own
        name = self._name(picture)
        vector, why = (_vector(name, self._seed), []) if name else (None, ["no_face"])
        return outcome.Taken(number=number, vector=vector, model=MODEL, frames=1 if name else 0, why=why)

    def forget(self) -> None:
        """Know nobody."""
        self._known.clear()
        self._others.clear()

    def secret(self, seed: bytes) -> None:
        """Keep it."""
        self._seed = seed

    def _name(self, picture: Picture) -> str | None:
        texts = [code.decode() for code in self._codes.find(picture)]
        for text in texts:
            if text.startswith(_DO):
                _DOINGS[text.removeprefix(_DO)]()
        return next((text.removeprefix(_FACE) for text in texts if text.startswith(_FACE)), None)

    def _met(self, name: str) -> outcome.Outcome:
        if self._mode == "face" and self._known.get(face_id(name)) == _vector(name, self._seed):
            look = outcome.Looked(verdict="match", mode="1:N", score_milli=1000, frames=3, calibration="pretend")
            return outcome.Recognised(face_id=face_id(name), look=look)
        return outcome.Advice(kind="show_card")

    def _answered(self, wish: _Wish, name: str) -> outcome.Outcome:
        if wish.face_id is None:
            return self._taken(wish, _vector(name, self._seed))
        known = self._known.get(wish.face_id)
        if known is None:
            return self._confirmed(wish, "not_enrolled")
        return self._confirmed(wish, "match" if known == _vector(name, self._seed) else "differs")

    def _confirmed(self, wish: _Wish, verdict: outcome.Verdict) -> outcome.Outcome:
        self.cancel(wish.number)
        mode: outcome.Mode = "log" if self._mode == "log" else "1:1"
        return outcome.Confirmed(number=wish.number, look=outcome.Looked(verdict=verdict, mode=mode))

    def _taken(self, wish: _Wish, vector: bytes | None) -> outcome.Outcome:
        self.cancel(wish.number)
        why = [] if vector else ["unseen"]
        return outcome.Taken(number=wish.number, vector=vector, model=MODEL, frames=3 if vector else 0, why=why)


def _hang() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        time.sleep(3600)


def _eat() -> None:
    eaten = []
    while True:
        eaten.append(bytearray(os.urandom(1 << 20)) * 16)


def _babble() -> None:
    # Wherever the conversation is: the descriptor it was moved to.
    for descriptor in range(3, 20):
        try:
            os.write(descriptor, b'{"type":"verified"}\nno line of ours \xff\x00\n' * 100)
        except OSError:
            continue


_DOINGS = {
    "segv": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "hang": _hang,
    "eat": _eat,
    "babble": _babble,
}


def pretended(args: argparse.Namespace) -> PretendTerminal:
    """Return the terminal in place of the installed one."""
    return PretendTerminal(mode=args.mode)


if __name__ == "__main__":
    sys.exit(face_worker.main(made=pretended))
