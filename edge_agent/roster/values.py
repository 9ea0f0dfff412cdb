"""What a cell may hold: kinds of values in the spellings people use, and the one they are written in. No column."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from edge_agent.roster.mistakes import Wrong
from edge_agent.words import Language, Phrase
from edge_agent.words.sentences import phrase

Value = str | int | bool | None
"""None: nothing is said. Empty text: what was said before holds no longer."""
CLEAR = ""

TEXT_MAX = 1000
ID_TEXT_MAX = 64
ID_DIGITS_MAX = 14
"""技能者ID, 事業者ID, 現場ID. No check digit is known: length and digits are all there is to hold them against."""
EXCEL_DIGITS_MAX = 15
YEN_MAX = 10**15
TIER_MAX = 20

CLEARED = frozenset("-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\uff0d\uff70")
"""A cell of one of these dashes: what was said before holds no longer."""
# Cc: controls, Cs: halves of surrogate pairs, U+FFFE, U+FFFF: no XML, so no XLSX, can hold them.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_RUN_BY_EXCEL = re.compile("'*[=+@\\-\uff1d\uff0b\uff20\uff0d]")
_EXCEL_ERRORS = frozenset({"#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"})


class Numeric(str):
    """A cell a spreadsheet keeps as a number: leading zeros, and digits behind the fifteenth, are gone."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of value."""

    read: Callable[[str], Value]
    """Returns the value of a cell that is not empty; raises Wrong."""
    holds: Callable[[object], bool]
    """Whether that is such a value, as it comes from elsewhere."""
    write: Callable[[Value, Language], str] = lambda value, _language: "" if value is None else str(value)
    """Returns a cell from which `read` makes the same value."""
    default: Value = ""
    """What the ledger holds where nothing is known."""
    about: Phrase


def read_cell(kind: Kind, cell: str) -> Value:
    """
    Return what the cell says; None for an empty one, CLEAR for a dash.

    Raises:
        Wrong: It holds something else than its kind.

    """
    if _CONTROL.search(cell):
        raise Wrong(phrase("roster.control"))
    plain = cell.strip()
    if not plain:
        return None
    if plain in CLEARED:
        return CLEAR
    if plain in _EXCEL_ERRORS:
        raise Wrong(phrase("roster.excel-error"))
    return kind.read(Numeric(plain) if isinstance(cell, Numeric) else plain)


def narrow(text: str) -> str:
    """Return full-width letters and digits, as a Japanese keyboard makes them, as plain ones; small letters."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


# ---------------------------------------------------------------- text


def _text(limit: int) -> Callable[[str], Value]:
    def read(cell: str) -> Value:
        if isinstance(cell, Numeric) and len(cell.lstrip("-")) > EXCEL_DIGITS_MAX:
            raise Wrong(phrase("roster.number-long", limit=EXCEL_DIGITS_MAX))
        plain = cell[1:] if cell.startswith("'") and _escaped(cell[1:]) else str(cell)
        if len(plain) > limit:
            raise Wrong(phrase("roster.text-long", count=len(plain), limit=limit))
        return plain

    return read


def _escaped(text: str) -> bool:
    return bool(_RUN_BY_EXCEL.match(text)) or text.lstrip("'") in CLEARED | _EXCEL_ERRORS


def _write_text(value: Value, _language: Language) -> str:
    """A spreadsheet must not take a name for a formula, nor the reader a name for a dash."""
    text = "" if value is None else str(value)
    return f"'{text}" if text and _escaped(text) else text


def _is_text(limit: int) -> Callable[[object], bool]:
    return lambda value: (
        isinstance(value, str) and len(value) <= limit and not _CONTROL.search(value) and value == value.strip()
    )


def _kana(cell: str) -> Value:
    read = _text(TEXT_MAX)(cell)
    return unicodedata.normalize("NFKC", read) if isinstance(read, str) else read


TEXT = Kind(read=_text(TEXT_MAX), holds=_is_text(TEXT_MAX), write=_write_text, about=Phrase(en="text", ja="文字"))
KANA = Kind(
    read=_kana,
    holds=_is_text(TEXT_MAX),
    write=_write_text,
    about=Phrase(en="text; half-width kana become full-width", ja="文字。半角カナは全角にする"),
)
NUMBER = Kind(
    read=_text(ID_TEXT_MAX),
    holds=_is_text(ID_TEXT_MAX),
    write=_write_text,
    about=Phrase(en=f"text, up to {ID_TEXT_MAX} characters", ja=f"文字、{ID_TEXT_MAX}字まで"),
)


# ---------------------------------------------------------------- digits, money, tiers


def _digits(cell: str) -> Value:
    plain = re.sub(r"[\s-]", "", narrow(cell))
    if not re.fullmatch(r"[0-9]+", plain, re.ASCII):
        raise Wrong(phrase("roster.id-digits"))
    if len(plain) > ID_DIGITS_MAX:
        raise Wrong(phrase("roster.id-long", count=len(plain), limit=ID_DIGITS_MAX))
    return plain


def _yen(cell: str) -> Value:
    plain = re.fullmatch(r"[¥\\]?([0-9]+(?:,[0-9]+)*)円?", re.sub(r"\s", "", narrow(cell)), re.ASCII)
    if not plain or int(plain[1].replace(",", "")) > YEN_MAX:
        raise Wrong(phrase("roster.yen"))
    return int(plain[1].replace(",", ""))


_KANJI = {digit: number for number, digit in enumerate("〇一二三四五六七八九十")}


def _tier(cell: str) -> Value:
    plain = narrow(cell)
    if plain in {"元請", "元請け", "元請負人", "prime"}:
        return 0
    found = re.fullmatch(
        r"第?([0-9]{1,2}|[一二三四五六七八九十])(?:次|st|nd|rd|th)?(?:下請け?|下請負人)?", plain, re.ASCII
    )
    tier = -1 if not found else _KANJI[found[1]] if found[1] in _KANJI else int(found[1])
    if not 0 <= tier <= TIER_MAX:
        raise Wrong(phrase("roster.tier"))
    return tier


def _is_int(limit: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= limit


DIGITS = Kind(
    read=_digits,
    holds=lambda value: isinstance(value, str) and bool(re.fullmatch(r"[0-9]{1,14}", value, re.ASCII)),
    about=Phrase(en=f"up to {ID_DIGITS_MAX} digits", ja=f"数字{ID_DIGITS_MAX}桁まで"),
)
YEN = Kind(
    read=_yen,
    holds=_is_int(YEN_MAX),
    default=None,
    about=Phrase(en="yen: `120,000,000`, `120000000円`", ja="円: `120,000,000`、`120000000円`"),
)
TIER = Kind(
    read=_tier,
    holds=_is_int(TIER_MAX),
    default=None,
    about=Phrase(en="`0` or `元請`, `1` or `一次`, `2` ...", ja="`0` か `元請`、`1` か `一次`、`2` …"),
)


# ---------------------------------------------------------------- dates

_ERAS = {"令和": 2018, "r": 2018, "平成": 1988, "h": 1988, "昭和": 1925, "s": 1925}
_DATE = re.compile(
    r"(?P<era>令和|平成|昭和|[rhs])?\.?(?P<year>[0-9]{1,4}|元)[-/.年](?P<month>[0-9]{1,2})[-/.月](?P<day>[0-9]{1,2})日?",
    re.ASCII,
)
_MIDNIGHT = re.compile(r"[t ]0{1,2}:00(?::00)?$")
_ERA_YEARS_MAX = 99
_FIRST_YEAR = 1900


def _date(cell: str) -> Value:
    plain = narrow(cell)
    if re.fullmatch(r"[0-9]{8}", plain, re.ASCII) and not isinstance(cell, Numeric):
        plain = f"{plain[:4]}-{plain[4:6]}-{plain[6:]}"
    found = _DATE.fullmatch(re.sub(r"\s", "", _MIDNIGHT.sub("", plain)))
    if not found:
        raise Wrong(phrase("roster.date"))
    year = 1 if found["year"] == "元" else int(found["year"])
    if found["era"]:
        year = year + _ERAS[found["era"]] if year <= _ERA_YEARS_MAX else 0
    day = f"{year:04}-{int(found['month']):02}-{int(found['day']):02}"
    if not is_date(day):
        raise Wrong(phrase("roster.no-day"))
    return day


def is_date(value: object) -> bool:
    """Return whether that is an ISO date somebody can mean."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value, re.ASCII):
        return False
    year, month, day = (int(part) for part in value.split("-"))
    if year < _FIRST_YEAR or not 1 <= month <= len(_DAYS):
        return False
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 1 <= day <= _DAYS[month - 1] + (is_leap and month == _FEBRUARY)


_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FEBRUARY = 2


DATE = Kind(
    read=_date,
    holds=is_date,
    about=Phrase(
        en="`2026-11-24`, `2026/11/24`, `令和8年11月24日`, `R8.11.24`",
        ja="`2026-11-24`、`2026/11/24`、`令和8年11月24日`、`R8.11.24`",
    ),
)
