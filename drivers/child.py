"""
A reader whose device lives in a process of its own: it may crash, hang, babble or be killed, and takes nothing along.

Knows no device: what the child says is in `drivers.wire.lines`.
"""

import logging
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from drivers.allowance import Allowance
from drivers.contract import Answer, FaceLook, Probe, Reader, ReaderBroken, ReaderLost, ReaderName, Sighting
from drivers.outbox import Outbox
from drivers.program import Heard, Program
from drivers.wire.lines import (
    VERSION,
    Alive,
    Failed,
    Garbage,
    Hello,
    Line,
    Looked,
    Message,
    Seen,
    Shown,
    Splitter,
    clipped,
    line_of,
    parse,
)

log = logging.getLogger(__name__)

_NS_PER_S = 1_000_000_000
_LOOK_S = 0.5
_STDERR_LINE_MAX = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """What a child may do before it is killed or given up. The defaults suit a slow box under load."""

    start_s: float = 30.0
    """Until its first line: a large library is read from an SD card."""
    silence_s: float = 5.0
    """Without any line; one is due every second."""
    end_s: float = 0.3
    """To end by itself when its input is closed."""
    deaths: int = 5
    """So many within `deaths_within_s` are a technician's business."""
    deaths_within_s: float = 300.0


class _Life:
    """What is known of one run of the child."""

    def __init__(self, program: Program, now_ns: int) -> None:
        self.program = program
        self.outbox = Outbox(program.tell)
        self.heard_ns = now_ns
        self.is_greeted = False
        self.out, self.err = Splitter(), Splitter(longest=_STDERR_LINE_MAX)
        self.last_words = ""
        self.unlogged = 0
        # Far above what any device can see, far below what would cost this process a core or the disk its rest.
        self.bytes = Allowance(per_s=64_000, at_once=1_000_000)
        self.sightings = Allowance(per_s=10, at_once=100)
        self.garbage = Allowance(per_s=0.1, at_once=20)
        self.log_lines = Allowance(per_s=1, at_once=30)


class ChildReader:
    """A program that says what it sees, started anew whenever it is asked for sightings."""

    def __init__(
        self,
        *,
        name: ReaderName,
        now_ns: Callable[[], int],
        command: Sequence[str],
        environment: Mapping[str, str] = MappingProxyType({}),
        patience: Patience = Patience(),
        memory_max_mb: int = 0,
    ) -> None:
        """
        Take note; nothing is started yet.

        Args:
            name: The reader's name.
            now_ns: CLOCK_BOOTTIME.
            command: The program and its arguments. Everybody on the box can read them: no passwords.
            environment: What it gets beside this process's own environment. Only root and this user can read it.
            patience: What it may do before it is killed.
            memory_max_mb: More it gets not; 0: as much as there is.

        """
        self._name = name
        self._now_ns = now_ns
        self._command = command
        self._environment = environment
        self._patience = patience
        self._memory_max_mb = memory_max_mb
        self._life: _Life | None = None
        self._undead: Program | None = None
        self._deaths: deque[int] = deque(maxlen=patience.deaths)
        self._probe = Probe(is_open=False, device="", detail="not started yet")

    @property
    def name(self) -> ReaderName:
        """The name from the configuration."""
        return self._name

    @property
    def pid(self) -> int | None:
        """The child's process id; None while there is none."""
        life = self._life
        return life.program.pid if life else None

    def sightings(self, stop: Event) -> Generator[Sighting | None, None, None]:
        """
        Start the child and yield what it sees; None about twice a second.

        Raises:
            ReaderLost: It died, hung or babbled, and was ended; or it says that its device is away.
            ReaderBroken: It died again and again, cannot be ended, or says what a technician must do.

        """
        with self._born() as life:
            while not stop.is_set():
                heard = life.program.hear(_LOOK_S, or_room=not life.outbox.is_empty)
                for message in self._understood(life, heard):
                    if sighting := self._taken(life, message):
                        yield sighting
                life.outbox.flush()
                self._check_pulse(life, heard)
                yield None

    def show(self, answer: Answer) -> None:
        """
        Tell the child the answer. One that does not listen is no error: its silence will be.

        Raises:
            ReaderLost: It is gone.

        """
        said = Shown(kind=answer.kind, name=clipped(answer.name), reason=clipped(answer.reason, most=64))
        self.tell(said)

    def tell(self, message: Message) -> bool:
        """
        Tell the child; from any thread, and without waiting. False where it does not listen, and too much waits for it.

        Raises:
            ReaderLost: It is gone, or has not greeted yet.

        """
        life = self._life
        if life is None or not life.is_greeted:
            raise ReaderLost(f"{self._name}: not open")
        try:
            return life.outbox.put(line_of(message))
        except BrokenPipeError as exc:
            raise ReaderLost(f"{self._name}: its process {life.program.fate()}") from exc

    def first_words(self) -> Iterable[Message]:
        """Return what a child must know before anything else; it is told after each greeting."""
        return ()

    def tell_anew(self) -> None:
        """Tell the first words again, as they are now. Called from this reader's own thread."""
        if self._life:
            self._life.outbox.begin(map(line_of, self.first_words()))

    def probe(self) -> Probe:
        """Return what the child said last of its device, or why there is no child."""
        return self._probe

    @contextmanager
    def _born(self) -> Iterator[_Life]:
        if self._undead and not self._undead.end(patience_s=0):
            raise ReaderBroken(
                f"{self._name}: its process cannot be killed, the device's driver holds it;"
                " unplug the device, then restart the box"
            )
        try:
            program = Program(self._command, environment=self._environment, memory_max_mb=self._memory_max_mb)
        except OSError as exc:
            raise ReaderLost(f"{self._name}: no process can be started ({exc}); is the memory full?") from exc
        self._life = life = _Life(program, self._now_ns())
        self._probe = Probe(is_open=False, device="", detail=f"{self._name}: starting")
        try:
            yield life
        except (ReaderLost, ReaderBroken) as exc:
            self._probe = Probe(is_open=False, device="", detail=str(exc))
            raise
        else:
            self._probe = Probe(is_open=False, device="", detail=f"{self._name}: stopped")
        finally:
            life.outbox.close()
            self._life = None
            self._undead = None if program.end(patience_s=self._patience.end_s) else program

    def _understood(self, life: _Life, heard: Heard) -> Iterator[Message]:
        now_ns = self._now_ns()
        for line in life.err.feed(heard.err):
            self._log(life, line, now_ns)
        if not life.bytes.take(now_ns, len(heard.out) + len(heard.err)):
            raise self._dead("says far more than a reader can see; it was killed")
        for line in life.out.feed(heard.out):
            try:
                message = parse(line)
            except Garbage as exc:
                if not life.garbage.take(now_ns):
                    raise self._dead(f"does not speak our language: {exc}; it was killed") from None
                continue
            life.heard_ns = now_ns
            if message is not None:
                yield message

    def _taken(self, life: _Life, message: Message) -> Sighting | None:
        match message:
            case Hello():
                self._greet(life, message)
            case Alive() if life.is_greeted:
                detail = f"{self._name}: {message.detail}" if message.detail else ""
                self._probe = Probe(is_open=message.is_open, device=message.device, detail=clipped(detail))
            case Failed(how="broken", why=why):
                raise ReaderBroken(f"{self._name}: {clipped(why)}")
            case Failed(why=why):
                raise ReaderLost(f"{self._name}: {clipped(why)}")
            case Seen() if life.is_greeted:
                return self._seen(life, message)
            case _ if life.is_greeted:
                self.hear(message)
            case _:
                pass  # before the greeting
        return None

    def hear(self, message: Message) -> None:
        """Take whatever else the child says; a reader that waits for such words has its own way."""

    def _greet(self, life: _Life, hello: Hello) -> None:
        if hello.version != VERSION:
            raise ReaderBroken(
                f"{self._name}: its process is of version {hello.version}, this agent of {VERSION};"
                " install the whole package again"
            )
        life.is_greeted = True
        self.tell_anew()

    def _seen(self, life: _Life, seen: Seen) -> Sighting:
        now_ns = self._now_ns()
        if not life.sightings.take(now_ns):
            raise self._dead("sees more than there can be; it was killed")
        return Sighting(
            reader=self._name,
            medium=seen.medium,
            token=seen.token,
            technology=seen.technology,
            seen_ns=min(seen.seen_ns, now_ns),
            look=look_of(seen.look) if seen.look else None,
        )

    def _check_pulse(self, life: _Life, heard: Heard) -> None:
        if heard.is_over:
            raise self._dead(life.program.fate(patience_s=self._patience.end_s), last_words=life.last_words)
        limit_s = self._patience.silence_s if life.is_greeted else self._patience.start_s
        # Lines that waited in the pipe while this thread was held up have been heard by now.
        if self._now_ns() - life.heard_ns > limit_s * _NS_PER_S:
            raise self._dead(f"gave no sign of life for {limit_s:g} s; it was killed")

    def _dead(self, how: str, *, last_words: str = "") -> ReaderLost | ReaderBroken:
        now_ns = self._now_ns()
        self._deaths.append(now_ns)
        said = f" (it said: {last_words})" if last_words else ""
        within_s = self._patience.deaths_within_s
        count = len(self._deaths)
        if count == self._deaths.maxlen and now_ns - self._deaths[0] <= within_s * _NS_PER_S:
            return ReaderBroken(
                f"{self._name}: its process ended {count} times within {within_s:g} s; the last {how}{said};"
                " see the log, or give the device another socket"
            )
        return ReaderLost(f"{self._name}: its process {how}{said}")

    def _log(self, life: _Life, line: Line, now_ns: int) -> None:
        text = clipped(line.text.decode(errors="replace").strip(), most=_STDERR_LINE_MAX)
        if not text:
            return
        life.last_words = text
        if not life.log_lines.take(now_ns):
            life.unlogged += 1
            return
        log.info("child says", extra={"reader": self._name, "line": text, "left_out": life.unlogged})
        life.unlogged = 0


def look_of(looked: Looked) -> FaceLook:
    """Return what a child says of a look at a face."""
    return FaceLook(**msgspec.structs.asdict(looked))


if TYPE_CHECKING:
    _: type[Reader] = ChildReader
