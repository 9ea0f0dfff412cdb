"""The token in what a reader sent: which part of it, and what its digits stand for. Knows no device."""

import re
from dataclasses import dataclass, field
from typing import Literal, Self

from drivers.contract import Medium
from drivers.wire.apdu import TOKEN_MAX
from drivers.wire.framing import FRAME_MAX

NumberAs = Literal["hex", "decimal", "text", "bytes"]
PATTERN_MAX = 128
PATTERN_FRAME_MAX = 256
_CHOICES_MAX = 3

# Rule: what a pattern may cost is bounded by what may stand in it. No alternatives, nothing repeated but single
# characters, no references: then each repeat chooses its length only, and three repeats over 256 bytes have fewer
# than 3 million choices, some 30 ms, at the very worst. What re does beyond that can take for ever.
_ATOM = r"(?:\\[dDwWsS.\\()\[\]{}*+?|^$/-]|\\x[0-9a-fA-F]{2}|\[\^?\]?(?:\\.|[^\]\\\[])*\]|[^\\()\[\]{}*+?|^$])"
_REPEAT = r"(?:\*|\+|\?|\{[0-9]{1,3}(?:,[0-9]{0,3})?\})"
_PIECES = rf"(?:{_ATOM}{_REPEAT}?)*"
_ALLOWED = re.compile(rf"\^?{_PIECES}(?:\({_PIECES}\){_PIECES})?\$?", re.DOTALL)
_PIECE = re.compile(rf"{_ATOM}({_REPEAT})?", re.DOTALL)
_FIXED = re.compile(r"\{[0-9]+\}")
_SEPARATORS = re.compile(r"[\s:-]")


class PatternError(ValueError):
    """This pattern is not taken. The message says why."""


class NoToken(Exception):
    """There is no token in it. The message never holds what was sent."""


def compiled(pattern: str) -> re.Pattern[str]:
    """
    Return a regular expression whose cost is bounded; its one group, or all it fits, is the token.

    Raises:
        PatternError: It is none, or uses more than characters, classes, repeats of these, and one group.

    """
    if len(pattern) > PATTERN_MAX:
        raise PatternError(f"frame_pattern: {len(pattern)} characters; at most {PATTERN_MAX}")
    if not _ALLOWED.fullmatch(pattern):
        raise PatternError(
            f"frame_pattern: {pattern!r}: only characters, classes such as [0-9A-F], repeats of one of these, and one"
            " group in brackets: no alternatives, no repeated groups, no references"
        )
    repeats = [found for found in _PIECE.findall(pattern) if found]
    if sum(not _FIXED.fullmatch(each) for each in repeats) > _CHOICES_MAX:
        raise PatternError(f"frame_pattern: {pattern!r}: more than {_CHOICES_MAX} repeats of open length")
    try:
        return re.compile(pattern, re.ASCII | re.DOTALL)
    except (re.error, OverflowError) as exc:
        raise PatternError(f"frame_pattern: {pattern!r}: {exc}") from exc


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRule:
    """What of a frame is the token, and how it is written."""

    medium: Medium = Medium.CARD
    number_as: NumberAs = "hex"
    """Looked at for cards only: a badge's token is its text."""
    number_bytes: int = 4
    """How many bytes a decimal number fills."""
    is_reversed: bool = False
    """The reader sends the last byte first."""
    pattern: re.Pattern[str] | None = field(default=None)

    @classmethod
    def parse(cls, *, medium: str, number_as: NumberAs, number_bytes: int, number_reversed: bool, pattern: str) -> Self:
        """
        Return what settings describe.

        Raises:
            ValueError: With the setting's name.

        """
        return cls(
            medium=Medium(medium),
            number_as=number_as,
            number_bytes=number_bytes,
            is_reversed=number_reversed,
            pattern=compiled(pattern) if pattern else None,
        )

    def token(self, frame: bytes) -> bytes:
        """
        Return the token: a card's bytes as PC/SC gives them, or a badge's text in UTF-8.

        Raises:
            NoToken: It holds none.

        """
        if self.medium is not Medium.CARD:
            return _sized(self._text(frame).encode(), FRAME_MAX)
        token = self._part(frame) if self.number_as == "bytes" else self._written(self._text(frame))
        return _sized(token[::-1] if self.is_reversed else token, TOKEN_MAX)

    def _written(self, text: str) -> bytes:
        if self.number_as == "text":
            return text.encode()
        try:
            if self.number_as == "hex":
                return bytes.fromhex(_SEPARATORS.sub("", text))
            return _number(text).to_bytes(self.number_bytes, "big")
        except (ValueError, OverflowError) as exc:
            raise NoToken(f"no {self.number_as} number of that size") from exc

    def _text(self, frame: bytes) -> str:
        try:
            return self._part(frame).decode().strip()
        except UnicodeDecodeError as exc:
            raise NoToken("no text") from exc

    def _part(self, frame: bytes) -> bytes:
        if self.pattern is None:
            return frame
        if len(frame) > PATTERN_FRAME_MAX:
            raise NoToken(f"too long for a pattern: {len(frame)} bytes")
        # As Latin-1 every byte is a character: a pattern fits bytes that are no text too.
        found = self.pattern.fullmatch(frame.decode("latin-1"))
        if found is None:
            raise NoToken("does not fit frame_pattern")
        return found[found.re.groups].encode("latin-1")


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError("something else than digits")
    return int(text)


def _sized(token: bytes, longest: int) -> bytes:
    if not 1 <= len(token) <= longest:
        raise NoToken(f"{len(token)} bytes; a token has 1 to {longest}")
    return token
