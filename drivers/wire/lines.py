"""What a child process and its parent say to each other: one JSON object a line. Reads and writes no pipe."""

from collections.abc import Iterator
from typing import Annotated, Literal, get_args

import msgspec

from drivers.contract import AnswerKind, FaceMode, FaceVerdict, HintKind, Medium, Wearing

VERSION = 1
LINE_MAX = 4096
"""The longest line, in bytes, with its end: what a pipe takes whole or not at all (PIPE_BUF of Linux)."""
TOKEN_MAX = 1024
TEXT_MAX = 400

Number = Annotated[int, msgspec.Meta(ge=0)]
FaceId = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
Vector = Annotated[bytes, msgspec.Meta(min_length=256, max_length=256)]
Text = Annotated[str, msgspec.Meta(max_length=TEXT_MAX)]
Word = Annotated[str, msgspec.Meta(max_length=64)]


class _Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=str.lower):
    """One line. Fields nobody here knows are ignored."""


class Hello(_Message, frozen=True, kw_only=True):
    """The first line of a child."""

    version: int = VERSION
    """Lines of another version are not understood."""


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """A `FaceLook`."""

    verdict: FaceVerdict
    mode: FaceMode
    score_milli: Annotated[int, msgspec.Meta(ge=-1000, le=1000)] | None = None
    frames: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    liveness: Literal["passed", "failed", "unchecked"] = "unchecked"
    calibration: Word = ""
    why: Word = ""


class Seen(_Message, frozen=True, kw_only=True):
    """A sighting."""

    medium: Medium
    token: Annotated[bytes, msgspec.Meta(max_length=TOKEN_MAX)]
    technology: Word
    seen_ns: Annotated[int, msgspec.Meta(ge=0)]
    """CLOCK_BOOTTIME: it runs alike in both processes."""
    look: Looked | None = None


class Alive(_Message, frozen=True, kw_only=True):
    """A sign of life, about once a second, and how the device stands: a `Probe`."""

    is_open: bool
    device: Text = ""
    detail: Text = ""


class Failed(_Message, frozen=True, kw_only=True):
    """The last line of a child that gives up."""

    how: Literal["lost", "broken"]
    """Comes back by itself; a technician must act."""
    why: Text


class Shown(_Message, frozen=True, kw_only=True):
    """From the parent: the answer to the sighting before."""

    kind: AnswerKind
    name: Text = ""
    reason: Word = ""


# ---- faces, from the child


class Hinted(_Message, frozen=True, kw_only=True):
    """What whoever stands before the camera should do."""

    kind: HintKind
    at_ns: Annotated[int, msgspec.Meta(ge=0)]


class Verified(_Message, frozen=True, kw_only=True):
    """The answer to `Verify`."""

    number: Number
    look: Looked


class Captured(_Message, frozen=True, kw_only=True):
    """The answer to `Enrol`: a template, or why there is none."""

    number: Number
    model: Word = ""
    vector: Vector | None = None
    frames: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    why: Annotated[list[Word], msgspec.Meta(max_length=8)] = msgspec.field(default_factory=list)


# ---- faces, from the parent


class Secret(_Message, frozen=True, kw_only=True):
    """By what templates are turned. Before any template; a new one makes those that came before worthless."""

    seed: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]


class Template(_Message, frozen=True, kw_only=True):
    """A `FaceTemplate`: may be seen from now on."""

    face_id: FaceId
    wearing: Wearing
    model: Word
    vector: Vector


class Forget(_Message, frozen=True, kw_only=True):
    """Forget every template."""


class Verify(_Message, frozen=True, kw_only=True):
    """Is it this one who stands before the camera?"""

    number: Number
    face_id: FaceId
    within_ms: Annotated[int, msgspec.Meta(ge=1, le=60_000)]


class Enrol(_Message, frozen=True, kw_only=True):
    """Take a template of whoever looks into the camera next."""

    number: Number
    wearing: Wearing
    within_ms: Annotated[int, msgspec.Meta(ge=1, le=600_000)]
    own: FaceId | None = None
    """Whose templates the new one may be like: all others it must differ from."""


class Cancel(_Message, frozen=True, kw_only=True):
    """Nobody waits for this answer any more."""

    number: Number


_FROM_CHILD = Hello | Seen | Alive | Failed | Hinted | Verified | Captured
_FROM_PARENT = Shown | Secret | Template | Forget | Verify | Enrol | Cancel
Message = _FROM_CHILD | _FROM_PARENT
"""A kind that a later version adds is ignored by an earlier one."""


class Garbage(ValueError):
    """The line is none of ours. The message does not repeat it: it may hold a card's number."""


class Line(msgspec.Struct, frozen=True):
    """One line as it came, without its end."""

    text: bytes
    is_whole: bool
    """False where it was too long; the text is its beginning."""


class Splitter:
    """Cuts a stream into lines. Holds one line at most, however long what comes is."""

    def __init__(self, *, longest: int = LINE_MAX - 1) -> None:
        self._longest = longest
        self._begun = bytearray()
        self._is_whole = True

    def feed(self, data: bytes) -> Iterator[Line]:
        """Yield the lines that end in this piece."""
        *ended, rest = data.split(b"\n")
        for piece in ended:
            self._append(piece)
            yield Line(bytes(self._begun), self._is_whole)
            self._begun.clear()
            self._is_whole = True
        self._append(rest)

    def _append(self, piece: bytes) -> None:
        room = self._longest - len(self._begun)
        self._begun += piece[:room]
        self._is_whole &= len(piece) <= room


class _Kind(msgspec.Struct):
    """What every line has, also one of a later version."""

    type: str


_kind = msgspec.json.Decoder(_Kind)
_message: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)
_encoder = msgspec.json.Encoder()
_KINDS = frozenset(str(each.__struct_config__.tag) for each in get_args(Message))


def parse(line: Line) -> Message | None:
    """
    Return what a line says; None where it is of a kind that nobody here knows.

    Raises:
        Garbage: It is no such line at all.

    """
    if not line.is_whole:
        raise Garbage("a line is too long")
    try:
        if _kind.decode(line.text).type not in _KINDS:
            return None
        return _message.decode(line.text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Garbage("a line is no message") from None


def line_of(message: Message) -> bytes:
    """Return the message as a line with its end; texts longer than `TEXT_MAX` are the caller's mistake."""
    return _encoder.encode(message) + b"\n"


def clipped(text: str, *, most: int = TEXT_MAX) -> str:
    """Return the text as it fits into a message: printable, and not too long."""
    plain = "".join(each if each.isprintable() else " " for each in text)
    return plain if len(plain) <= most else plain[: most - 1] + "…"
