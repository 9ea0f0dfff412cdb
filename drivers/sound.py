"""The answer as tones, through ALSA's own player. Sound is never worth a touch: it neither delays nor fails one."""

import io
import logging
import math
import os
import signal
import subprocess
import sys
import wave
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace
from threading import Condition, Event, Thread
from typing import TYPE_CHECKING

from drivers.contract import Answer, AnswerKind, Probe, Reader, ReaderName, Sighting

log = logging.getLogger(__name__)

_RATE_HZ = 16_000
_LOUDNESS = 0.6
_FADE_S = 0.005
"""A tone that begins or ends at once clicks."""
_LOW_HZ, _MID_HZ, _HIGH_HZ = 330.0, 660.0, 990.0
_SHORT_S, _LONG_S, _GAP_S = 0.12, 0.4, 0.05
_PATIENCE_S = 5.0
"""The longest tune takes one second: a player still at it by then hangs."""
_DEATH_S = 1.0
"""A killed player is dead by then, or hangs in its sound card's driver."""

Tone = tuple[float, float]
"""Frequency in Hz and length in s."""

TUNES: dict[AnswerKind, tuple[Tone, ...]] = {
    AnswerKind.ENTERED: ((_MID_HZ, _SHORT_S), (_HIGH_HZ, _SHORT_S)),
    AnswerKind.LEFT: ((_HIGH_HZ, _SHORT_S), (_MID_HZ, _SHORT_S)),
    AnswerKind.TAPPED: ((_HIGH_HZ, _SHORT_S), (_HIGH_HZ, _SHORT_S)),
    AnswerKind.ALREADY: ((_MID_HZ, _SHORT_S),),
    AnswerKind.PENDING: ((_MID_HZ, _LONG_S), (_MID_HZ, _SHORT_S)),
    AnswerKind.REFUSED: ((_LOW_HZ, _SHORT_S),) * 3,
    AnswerKind.NOT_SAVED: ((_LOW_HZ, 2 * _LONG_S),),
    AnswerKind.ENROLLED: ((_HIGH_HZ, _SHORT_S),) * 3,
}
"""What each answer sounds like: told apart by number, length and direction, also by those who hear no pitch."""


class Speaker:
    """One sound card. Plays one tune at a time; a new one replaces it."""

    def __init__(self, device: str, player: str = "aplay") -> None:
        self._command = [player, "-q", "-D", device, "-"]
        self._tunes = {kind: wav(tones) for kind, tones in TUNES.items()}
        self._news = Condition()
        self._wanted: AnswerKind | None = None
        self._player: subprocess.Popen[bytes] | None = None
        self._is_closed = False
        self._trouble = ""
        # Rule: the thread of the touch never starts, feeds or awaits the player; this one does.
        self._thread = Thread(target=self._run, name="speaker", daemon=True)
        self._thread.start()

    @property
    def trouble(self) -> str:
        """Why the last tune was not heard; empty when it was."""
        return self._trouble

    def play(self, kind: AnswerKind) -> None:
        """Sound the answer as soon as can be, instead of what sounds now. Returns at once."""
        with self._news:
            self._wanted = kind
            self._silence()

    def close(self) -> None:
        """Fall silent."""
        with self._news:
            self._is_closed = True
            self._silence()
        self._thread.join(_DEATH_S)

    def _silence(self) -> None:
        if self._player is not None:
            self._player.kill()
        self._news.notify()

    def _run(self) -> None:
        while (kind := self._next()) is not None:
            trouble = self._played(self._tunes[kind])
            if bool(trouble) != bool(self._trouble):
                log.warning("sound lost" if trouble else "sound back", extra={"reason": trouble})
            self._trouble = trouble

    def _next(self) -> AnswerKind | None:
        """Wait for what to play; None at the end."""
        with self._news:
            self._news.wait_for(lambda: self._wanted is not None or self._is_closed)
            kind, self._wanted = self._wanted, None
            return None if self._is_closed else kind

    def _played(self, tune: bytes) -> str:
        """Play it to its end, or until another is wanted; return what went wrong."""
        try:
            player = _started(self._command, tune)
        except OSError as exc:
            return f"the player cannot be started: {exc}"
        with self._news:
            self._player = player
            if self._wanted is not None or self._is_closed:
                player.kill()
        try:
            result = player.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            player.kill()
            # For ever, if it hangs in its driver: a second one would hang there too.
            player.wait()
            return "the player hung; does the sound card work?"
        if result in (0, -signal.SIGKILL):
            return ""
        return f"{self._command[0]} ended with {result}; is the ALSA device right? see: edge-agent help readers"


class WithSound:
    """Any reader, with its answers sounded as well."""

    def __init__(self, reader: Reader, speaker: Speaker) -> None:
        self._reader = reader
        self._speaker = speaker

    @property
    def name(self) -> ReaderName:
        """The reader's name."""
        return self._reader.name

    def sightings(self, stop: Event) -> Iterator[Sighting | None]:
        """Yield the reader's sightings."""
        yield from self._reader.sightings(stop)

    def show(self, answer: Answer) -> None:
        """Sound the answer and show it at the reader."""
        self._speaker.play(answer.kind)
        self._reader.show(answer)

    def probe(self) -> Probe:
        """Return what the reader says, and what is wrong with the sound."""
        probe = self._reader.probe()
        if not self._speaker.trouble:
            return probe
        return replace(probe, detail="; ".join(filter(None, (probe.detail, f"no sound: {self._speaker.trouble}"))))


def wav(tones: Sequence[Tone]) -> bytes:
    """Return a WAV file of the tones with short gaps between: 16 bit, one channel."""
    samples = array("h")
    for tone in tones:
        samples.extend(_samples(*tone))
        samples.extend([0] * round(_GAP_S * _RATE_HZ))
    if sys.byteorder == "big":
        samples.byteswap()
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(_RATE_HZ)
        out.writeframes(samples.tobytes())
    return file.getvalue()


def _samples(frequency_hz: float, length_s: float) -> Iterator[int]:
    count = round(length_s * _RATE_HZ)
    fade = _FADE_S * _RATE_HZ
    for i in range(count):
        envelope = min(1.0, i / fade, (count - 1 - i) / fade)
        yield round(32_767 * _LOUDNESS * envelope * math.sin(2 * math.pi * frequency_hz * i / _RATE_HZ))


def _started(command: Sequence[str], tune: bytes) -> "subprocess.Popen[bytes]":
    # A file in memory rather than a pipe: a player that does not read cannot make us wait.
    with os.fdopen(os.memfd_create("tune"), "r+b") as file:
        file.write(tune)
        file.seek(0)
        return subprocess.Popen(command, stdin=file, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - fixed program, configured device


if TYPE_CHECKING:
    _: type[Reader] = WithSound
