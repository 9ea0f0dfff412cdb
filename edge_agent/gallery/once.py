"""Ask the program that looks at faces one thing, and let it end: a photo, or templates turned. Loads no model."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from drivers.contract import FaceTemplate, Wearing
from drivers.face import MEMORY_MAX_MB
from drivers.program import Program
from drivers.wire.lines import (
    Captured,
    Enrol,
    Failed,
    Garbage,
    Line,
    Message,
    Secret,
    Splitter,
    Template,
    clipped,
    line_of,
    parse,
)
from edge_agent.core.touch import NS_PER_S

PHOTO_MAX_B = 8 << 20
WITHIN_S = 30.0
"""A slow box loads the models from an SD card."""
_PIECE_B = 4096
"""What a pipe takes whole or not at all."""
_SAID_MAX_B = 64 << 10
_PER_TEMPLATE_B = 1024
_LOOK_S = 0.2
_PIPE_S = 0.005
"""Until a full pipe is looked at again."""
_END_S = 0.3

COMMAND = (sys.executable, "-m", "edge_agent.face_worker")


class NoAnswer(Exception):
    """The program did not do what it was asked. The message says why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """How the program is asked. From any thread."""

    models_dir: Path
    now_ns: Callable[[], int]
    """CLOCK_BOOTTIME."""
    command: Sequence[str] = COMMAND
    within_s: float = WITHIN_S

    def photo(
        self, picture: bytes, *, wearing: Wearing, own: bytes | None, seed: bytes, others: Sequence[FaceTemplate]
    ) -> Captured:
        """
        Return the template of the face in a picture, or why there is none. The picture stays in memory.

        Args:
            picture: A file's bytes, at most 8 MiB.
            wearing: What the person has on.
            own: Whose templates the new one may be like.
            seed: By what it is turned.
            others: Everybody it must differ from, and the own ones.

        Raises:
            NoAnswer: The program failed.

        """
        within_ms = round(self.within_s * 1000)
        told: list[Message] = [Secret(seed=seed), Enrol(number=1, wearing=wearing, within_ms=within_ms, own=own)]
        head = b"".join(map(line_of, [*told, *map(_line, others)]))
        said = self._asked("--photo", head + b"\n" + picture, most_b=_SAID_MAX_B)
        found = [each for each in said if isinstance(each, Captured)]
        if len(found) != 1:
            raise NoAnswer("the program that looks at faces gave no answer; see the log: journalctl -u edge-agent")
        return found[0]

    def turned(self, templates: Sequence[FaceTemplate], *, old: bytes, new: bytes) -> list[bytes]:
        """
        Return the templates' vectors as another secret turns them, in their order.

        Raises:
            NoAnswer: The program failed.

        """
        if not templates:
            return []
        told: list[Message] = [Secret(seed=old), Secret(seed=new), *map(_line, templates)]
        asked = b"".join(map(line_of, told))
        said = self._asked("--turn", asked, most_b=_SAID_MAX_B + _PER_TEMPLATE_B * len(templates))
        found = [each for each in said if isinstance(each, Template)]
        if [(each.face_id, each.wearing) for each in found] != [(each.face_id, each.wearing) for each in templates]:
            raise NoAnswer("the program that turns templates did not give them all back; nothing was changed")
        return [each.vector for each in found]

    def _asked(self, do: str, told: bytes, *, most_b: int) -> list[Message]:
        until_ns = self.now_ns() + round(self.within_s * NS_PER_S)
        try:
            command = [*self.command, do, "--models-dir", str(self.models_dir)]
            # A small file may unpack to a picture larger than the box.
            program = Program(command, environment={}, memory_max_mb=MEMORY_MAX_MB)
        except OSError as exc:
            raise NoAnswer(f"no program can be started ({exc.strerror}); is the memory full?") from exc
        try:
            talk = _Talk(program, told, most_b=most_b)
            while not talk.step():
                if self.now_ns() > until_ns:
                    raise NoAnswer(f"the program that looks at faces gave no answer for {self.within_s:g} s; try again")
            if not talk.said:
                raise NoAnswer(f"the program that looks at faces {talk.fate()}; are the models installed?")
            return talk.said
        finally:
            program.end(patience_s=_END_S)


def _line(template: FaceTemplate) -> Template:
    return Template(face_id=template.face_id, wearing=template.wearing, model=template.model, vector=template.vector)


class _Talk:
    """One conversation: what is still to be told, and what was heard."""

    def __init__(self, program: Program, told: bytes, *, most_b: int) -> None:
        self._program, self._told, self._most_b = program, told, most_b
        self._at, self._heard_b = 0, 0
        self._out, self._err = Splitter(), Splitter(longest=300)
        self._last_words = ""
        self.said: list[Message] = []

    def step(self) -> bool:
        """
        Tell and hear a little; return whether it is over.

        Raises:
            NoAnswer: It babbles, or says why it cannot.

        """
        is_told = self._tell()
        heard = self._program.hear(_LOOK_S if is_told else _PIPE_S)
        for line in self._err.feed(heard.err):
            self._last_words = clipped(line.text.decode(errors="replace").strip()) or self._last_words
        self._heard_b += len(heard.out)
        for line in self._out.feed(heard.out):
            self._understand(line)
        if self._heard_b > self._most_b:
            raise NoAnswer("the program that looks at faces says far more than it can know; it was killed")
        return heard.is_over

    def fate(self) -> str:
        """Return how it ended, in words."""
        said = f" (it said: {self._last_words})" if self._last_words else ""
        return self._program.fate(patience_s=_END_S) + said

    def _tell(self) -> bool:
        try:
            while self._at < len(self._told):
                if not self._program.tell(self._told[self._at : self._at + _PIECE_B]):
                    return False
                self._at += _PIECE_B
        except BrokenPipeError:  # it knows enough, or is gone: what it says tells which
            self._at = len(self._told)
        self._program.close_ears()
        return True

    def _understand(self, line: Line) -> None:
        try:
            message = parse(line)
        except Garbage as exc:
            raise NoAnswer(f"the program that looks at faces does not speak our language: {exc}") from None
        if isinstance(message, Failed):
            raise NoAnswer(clipped(message.why))
        if message is not None:
            self.said.append(message)
