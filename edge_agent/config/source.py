"""From a configuration file's bytes to its tables, or the place where it is no TOML. Knows no setting."""

import re
import tomllib
import unicodedata
from pathlib import Path

from edge_agent.config.files import Unusable, read_file
from edge_agent.config.mistake import ConfigError, Mistake
from edge_agent.config.toml import MASK
from edge_agent.words import Fact, Phrase
from edge_agent.words.sentences import phrase

LIMIT_B = 1 << 20

_PLACE = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)
_BEFORE, _AFTER = 60, 40
"""Characters shown at either side of the place."""
# A line of a text that looks as if somebody had written a secret into it is not shown.
_SECRET_IN_TEXT = re.compile(
    r"-----BEGIN|\"\"\"|'''|^\s*[\"']?(?:pass\w*|secret|token|psk|\w*key)[\"']?\s*=", re.IGNORECASE | re.MULTILINE
)
_KEY = re.compile(r"\s*[A-Za-z0-9_-]{1,40}\s*=")
_SECRET_LINE = re.compile(r"pass|secret|token|key|psk", re.IGNORECASE)


def read_tables(path: Path) -> dict[str, object]:
    """
    Return what the file says.

    Raises:
        ConfigError: With the one mistake because of which it cannot be read.

    """
    try:
        return _parsed(_decoded(read_file(path, limit_b=LIMIT_B)))
    except Unusable as exc:
        raise ConfigError([Mistake(file=path, says=exc.says)]) from exc


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as exc:
        raise Unusable(phrase("toml.not-utf8", line=content[: exc.start].count(b"\n") + 1)) from exc


def _parsed(text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise Unusable(_where(text, str(exc))) from exc
    except RecursionError as exc:
        raise Unusable(phrase("toml.deep")) from exc
    except (ValueError, OverflowError) as exc:  # tomllib lets through what int() and datetime() say
        raise Unusable(phrase("toml.number")) from exc


def _where(text: str, said: str) -> Phrase:
    found = _PLACE.fullmatch(said)
    lines = text.split("\n")
    reason: Fact = found[1] if found else said
    line, column = len(lines), len(lines[-1]) + 1
    if found and found[2]:
        line, column = int(found[2]), int(found[3])
    wrong = lines[line - 1]
    if unicodedata.east_asian_width(wrong[column - 1 : column] or " ") == "F":
        reason = phrase("toml.full-width")
    excerpt = _excerpt(text, wrong, column)
    return phrase("toml.wrong", line=line, column=column, reason=reason, excerpt=excerpt)


def _excerpt(text: str, line: str, column: int) -> Phrase:
    """The line, and a caret below the place."""
    if _SECRET_IN_TEXT.search(text):
        return phrase("toml.hidden")
    if _SECRET_LINE.search(line):
        key = _KEY.match(line)
        shown = f"  {key[0] if key else ''} {MASK}"
        return Phrase(en=shown, ja=shown)
    first = max(0, column - 1 - _BEFORE)
    before, after = line[first : column - 1], line[column - 1 : column - 1 + _AFTER]
    shown = f"  {_printable(before + after)}\n  {''.join(map(_blank, before))}^"
    return Phrase(en=shown, ja=shown)


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() or char.isspace() else "?" for char in text)


def _blank(char: str) -> str:
    """A blank as wide as the character."""
    if char == "\t":
        return char
    return "\u3000" if unicodedata.east_asian_width(char) in "WF" else " "
