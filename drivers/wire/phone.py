"""Telephone numbers as people and modems write them, in the one form they are compared in. Calls nobody."""

import re
import unicodedata

NUMBER_DIGITS_MAX = 15
_SEPARATORS = re.compile("[\\s().\\-\u2010-\u2015\u30fc\u2212/]")


class NoNumber(ValueError):
    """That is no telephone number. The message says why, without the number."""


def normal(text: str, *, country: str = "81") -> str:
    """
    Return the number in international form (E.164), such as `+819012345678`.

    Args:
        text: As written on a list or told by a modem: full-width digits, hyphens and brackets are taken.
        country: The country code of numbers that begin with a single 0.

    Raises:
        NoNumber: It holds something else than a number, or too many or too few digits.

    """
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    if not re.fullmatch(r"\+?[0-9]+", plain, re.ASCII):
        raise NoNumber("holds something else than digits")
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    elif plain.startswith("0"):
        plain = f"+{country}{plain[1:]}"
    elif not plain.startswith("+"):
        plain = "+" + plain
    if not 4 <= len(plain) - 1 <= NUMBER_DIGITS_MAX:  # noqa: PLR2004 - the shortest are a country's own short numbers
        raise NoNumber(f"has {len(plain) - 1} digits")
    return plain
