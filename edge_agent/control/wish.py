"""Read what a peer wants, field by field; complain of what is not as it should be. Does nothing about it."""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from edge_agent.control.server import BadRequest

Wish = Mapping[str, object]

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def text(wish: Wish, key: str, *, most: int = 256, needed: bool = False) -> str:
    """Return a line of text, without spaces around it; empty where it may be left out and is."""
    value = wish.get(key)
    if value is None or value == "":
        if needed:
            raise BadRequest(f"{key} is missing")
        return ""
    if not isinstance(value, str) or _CONTROL.search(value):
        raise BadRequest(f"{key}: one line of text is wanted")
    plain = value.strip()
    if len(plain) > most:
        raise BadRequest(f"{key}: at most {most} characters")
    if needed and not plain:
        raise BadRequest(f"{key} is missing")
    return plain


def one_of(wish: Wish, key: str, choices: Sequence[str], *, needed: bool = False) -> str:
    """Return one of these words; empty where it may be left out and is."""
    word = text(wish, key, needed=needed)
    if word and word not in choices:
        raise BadRequest(f"{key}: one of {', '.join(choices)}")
    return word


def number(wish: Wish, key: str, *, low: int, high: int, default: int | None = None) -> int:
    """Return a whole number within these bounds."""
    value = wish.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise BadRequest(f"{key}: a whole number from {low} to {high}")
    return value


def day(wish: Wish, key: str = "day") -> str:
    """Return a date as text; empty where there is none."""
    told = text(wish, key)
    if not told:
        return ""
    try:
        return date.fromisoformat(told).isoformat()
    except ValueError as exc:
        raise BadRequest(f"{key}: a date such as 2026-11-24") from exc
