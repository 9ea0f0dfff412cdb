"""What the face worker does once and ends: a template of a photograph, templates turned anew. Opens no camera."""

from collections.abc import Iterator
from typing import BinaryIO, TypeVar

from drivers.wire.lines import LINE_MAX, Captured, Enrol, Garbage, Line, Message, Secret, Template, line_of, parse
from edge_agent.face_eye import Terminal, message_of
from models import turn
from models.photo import read_photo

PICTURE_BYTES_MAX = 32 << 20
_M = TypeVar("_M", bound=Message)


class Misused(Exception):
    """What came at standard input is not what was agreed."""


def photo(terminal: Terminal, source: BinaryIO) -> Iterator[bytes]:
    """
    Read a secret, the wish to enrol, the templates of all others, an empty line, a picture; yield one `Captured`.

    Raises:
        Misused: Something else came.

    """
    terminal.secret(_expected(Secret, source).seed)
    wish = _expected(Enrol, source)
    for each in _templates(source):
        terminal.know(each)
    picture = read_photo(source.read(PICTURE_BYTES_MAX))
    if picture is None:
        yield line_of(Captured(number=wish.number, why=["no_picture"]))
    else:
        yield line_of(message_of(terminal.photo(wish.number, picture, wish.wearing, wish.own), at_ns=0))


def turned(source: BinaryIO) -> Iterator[bytes]:
    """
    Read an old secret, a new one, and templates; yield the templates, turned from the old to the new.

    Raises:
        Misused: Something else came.

    """
    old, new = _expected(Secret, source), _expected(Secret, source)
    by = turn.between(turn.matrix(old.seed), turn.matrix(new.seed))
    for each in _templates(source):
        try:
            vector = turn.to_bytes(turn.turned(turn.of_bytes(each.vector), by))
        except turn.NoVector as exc:
            raise Misused(str(exc)) from exc
        yield line_of(Template(face_id=each.face_id, wearing=each.wearing, model=each.model, vector=vector))


def _expected(kind: type[_M], source: BinaryIO) -> _M:
    message = _read(source)
    if not isinstance(message, kind):
        raise Misused(f"a line with a {kind.__name__} was expected")
    return message


def _templates(source: BinaryIO) -> Iterator[Template]:
    while message := _read(source):
        if not isinstance(message, Template):
            raise Misused("a line with a Template was expected")
        yield message


def _read(source: BinaryIO) -> Message | None:
    """Return the next line's message; None where it is empty, or there is none."""
    text = source.readline(LINE_MAX).rstrip(b"\n")
    if not text:
        return None
    try:
        return parse(Line(text, is_whole=True))
    except Garbage as exc:
        raise Misused(str(exc)) from exc
