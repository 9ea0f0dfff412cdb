"""Write values as TOML: for the example, the effective configuration, and what a mistake quotes. Reads nothing."""

import json
import re
from collections.abc import Mapping

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_PEM = "-----BEGIN"
_LONGEST_SHOWN = 60
_LARGEST_SHOWN = 10**18

MASK = "••••"
_LOGIN = re.compile(r"(?<=://)[^/@\s]+(?=@)")


def written(value: object) -> str:
    """Return a value of a setting as TOML."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            # JSON's escapes are TOML's, except that TOML wants DEL escaped too.
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case list() | tuple():
            return f"[{', '.join(written(each) for each in value)}]"
        case Mapping():
            inside = ", ".join(f"{written_key(key)} = {written(each)}" for key, each in value.items())
            return f"{{ {inside} }}" if inside else "{}"
        case _:
            return str(value)


def written_key(key: str) -> str:
    """Return a key as TOML, in quotation marks where it needs them."""
    return key if _BARE_KEY.fullmatch(key) else written(key)


def quoted(value: object) -> str:
    """Return a value as a message may quote it: on one line, not too long, never what might hold a secret."""
    match value:
        case str():
            shown = without_login(value)
            return written(_cropped("".join(char if char.isprintable() else "?" for char in shown)))
        case list():
            return "[...]"
        case dict():
            return "{...}"
        case int() if abs(value) > _LARGEST_SHOWN:
            return "..."  # of more digits than anybody would read, or Python would write
        case _:
            return written(value)


def without_login(text: str) -> str:
    """Return an address without the name and password in it, as a camera's may have them."""
    return _LOGIN.sub(MASK, text)


def holds_pem(value: object) -> bool:
    """Whether a key or certificate itself stands anywhere in this value."""
    rest = [value]
    while rest:  # not recursive: a file may be nested deeper than Python's stack
        match rest.pop():
            case str() as text if _PEM in text:
                return True
            case list() as parts:
                rest += parts
            case dict() as parts:
                rest += parts.values()
            case _:
                pass
    return False


def _cropped(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."
