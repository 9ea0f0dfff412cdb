"""Break and shrink a text until it fits its room. Knows no font: whoever draws says how wide a text is."""

import re
import unicodedata
from collections.abc import Callable, Iterator

from edge_agent.paper.drawing import Words

LINE_HEIGHT = 1.25
"""Of the type's height."""
_STEP = 0.94
_NARROW_EM, _CAPITAL_EM, _SPACE_EM, _WIDE_EM, _MYANMAR_EM = 0.53, 0.68, 0.28, 1.0, 0.8
_BOLD = 1.07

Measure = Callable[[str, float], float]
"""How wide a text is at this height of type, both in millimetres."""


def fitted(words: Words, measure: Measure) -> tuple[float, list[str]]:
    """Return the height of type, and the lines."""
    # Neither SVG nor PDF can hold a control character, or half of one.
    text = " ".join("".join(" " if unicodedata.category(c) in {"Cc", "Cs"} else c for c in words.text).split())
    size = words.size
    while True:
        lines = list(_broken(text, words, size, measure))
        if len(lines) <= words.lines and all(measure(line, size) <= words.width for line in lines):
            return size, lines
        if size <= words.least:
            return size, _cut(lines, words, size, measure)
        size = max(words.least, size * _STEP)


def estimated(text: str, size: float, *, is_bold: bool = False) -> float:
    """Return about how wide a text is in a common sans-serif font: rather too wide than too narrow."""
    return sum(map(_em, text)) * size * (_BOLD if is_bold else 1)


def _em(char: str) -> float:
    if unicodedata.east_asian_width(char) in "WF":
        return _WIDE_EM
    if unicodedata.combining(char) or unicodedata.category(char) in {"Mn", "Cf"}:
        return 0
    if "\u1000" <= char <= "\u109f":
        return _MYANMAR_EM
    if char == " ":
        return _SPACE_EM
    return _CAPITAL_EM if char.isupper() else _NARROW_EM


def _broken(text: str, words: Words, size: float, measure: Measure) -> Iterator[str]:
    line = ""
    for piece in _pieces(text, keeps_words=words.keeps_words):
        if line and measure((line + piece).rstrip(), size) > words.width:
            yield line.rstrip()
            line = ""
        line += piece
    yield line.rstrip()


def _pieces(text: str, *, keeps_words: bool) -> Iterator[str]:
    """Yield what may not be broken: words with the blank behind them, and each ideograph by itself."""
    if keeps_words:
        yield from re.findall(r"[^ ]+ ?", text)
        return
    piece = ""
    for char in text:
        if unicodedata.east_asian_width(char) in "WF" and not _clings(char):
            yield piece
            piece = ""
        piece += char
        if char == " ":
            yield piece
            piece = ""
    yield piece


def _clings(char: str) -> bool:
    # Rule (禁則処理): closing marks and small kana never begin a line.
    return char in "、。，）」』】ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ！？：・"


def _cut(lines: list[str], words: Words, size: float, measure: Measure) -> list[str]:
    kept = lines[: words.lines]
    for number, line in enumerate(kept):
        is_last = number == words.lines - 1 and len(lines) > words.lines
        if is_last or measure(line, size) > words.width:
            kept[number] = _with_dots(line, words.width, size, measure)
    return kept


def _with_dots(line: str, width: float, size: float, measure: Measure) -> str:
    while line and measure(line + "…", size) > width:
        line = line[:-1]
    return line.rstrip() + "…"
