"""Telephone numbers as people and modems write them, in the one form they are compared in. Calls nobody."""

import re
import unicodedata

NUMBER_DIGITS_MAX = 15
INTERNATIONAL, NATIONAL = 145, 161
"""Types of number a modem tells with a caller (3GPP TS 24.008, 10.5.4.7); 129 says nothing."""
_SEPARATORS = re.compile("[\\s().\\-\u2010-\u2015\u30fc\u2212/]")
_JAPAN = "81"
_SHOW_OR_HIDE = re.compile("18[46](?=0[0-9]{9,10}$)")
"""What is dialled before a number to hide one's own, or to show it: no part of any number."""
_FROM_JAPAN = re.compile("010(?=[1-9][0-9]{8,14}$)")
"""How a call abroad begins in Japan: too many digits follow for a number of its own."""
_ZERO_LOST = re.compile("[789]0[0-9]{8}")
"""A mobile number out of a spreadsheet that took it for a quantity; no number abroad looks like that."""


class NoNumber(ValueError):
    """That is no telephone number. The message says why, without the number."""


def normal(text: str, *, country: str = _JAPAN) -> str:
    """
    Return the number in international form (E.164), such as `+819012345678`.

    Args:
        text: As written on a list or told by a modem: full-width digits, hyphens and brackets are taken, and so are
            `tel:`, 184 and 186, 010 and 00, `+81 (0)90`, and a mobile number that lost its 0 in a spreadsheet.
        country: The country code of numbers that begin with a single 0.

    Raises:
        NoNumber: It holds something else than a number, or too many or too few digits.

    """
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).lower().removeprefix("tel:")
    if not re.fullmatch(r"\+?[0-9]+", plain, re.ASCII):
        raise NoNumber("holds something else than digits")
    if country == _JAPAN:
        plain = _as_dialled_in_japan(plain)
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    elif plain.startswith("0"):
        plain = f"+{country}{plain[1:]}"
    elif not plain.startswith("+"):
        plain = "+" + plain
    plain = plain.replace(f"+{country}0", f"+{country}", 1)
    if not 4 <= len(plain) - 1 <= NUMBER_DIGITS_MAX:  # noqa: PLR2004 - the shortest are a country's own short numbers
        raise NoNumber(f"has {len(plain) - 1} digits")
    return plain


def of_caller(number: str, kind: int, *, country: str = _JAPAN) -> str:
    """
    Return the number a modem told of a caller, as `normal` does.

    Args:
        number: As it stood in +CLIP.
        kind: The type of number told with it: 145 may come without its +, 161 without its 0.
        country: The country code of national numbers.

    Raises:
        NoNumber: It is none.

    """
    if kind == INTERNATIONAL and not number.startswith("+"):
        number = "+" + number
    elif kind == NATIONAL and not number.startswith(("0", "+")):
        number = "0" + number
    return normal(number, country=country)


def can_read(number: str) -> bool:
    """Tell whether a short message to this number is read by somebody: a Japanese mobile telephone."""
    return re.fullmatch(r"\+81[6789]0[0-9]{8}", number, re.ASCII) is not None


def _as_dialled_in_japan(plain: str) -> str:
    plain = _SHOW_OR_HIDE.sub("", plain)
    if _FROM_JAPAN.match(plain):
        return "+" + plain[3:]
    return "0" + plain if _ZERO_LOST.fullmatch(plain) else plain
