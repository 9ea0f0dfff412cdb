"""Whether what a file says fits the declarations, setting by setting. Touches no disk; knows no setting by name."""

import difflib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from edge_agent.config.declare import Declared, Table
from edge_agent.config.mistake import Mistake
from edge_agent.config.toml import MASK, holds_pem, quoted, written
from edge_agent.words import Phrase, Told
from edge_agent.words.sentences import phrase

_SECRET_KEY = re.compile(r"pass(word|wd|phrase)?|secret|token|psk|([a-z]+_)?key", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_KINDS = {
    bool: Phrase(en="true or false", ja="true か false"),
    int: Phrase(en="a whole number", ja="整数"),
    float: Phrase(en="a number", ja="数"),
    str: Phrase(en='text in quotation marks ("...")', ja='引用符付きの文字列 ("...")'),
    list[str]: Phrase(en='a list of texts (["...", "..."])', ja='文字列のリスト (["...", "..."])'),
    dict[str, list[str]]: Phrase(en='a table of lists ({ name = ["..."] })', ja='リストの表 ({ 名前 = ["..."] })'),
}


class Unfit(Told):
    """A value is not what the setting takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One table as it stands in the file: what could be understood of it."""

    file: Path
    table: Table
    number: int
    """Which of an array of tables, from 1; 0 for a table that is there once."""
    values: Mapping[str, Any]
    """Settings with a good value or default. One that is wrong or missing is not here: nothing follows from it."""

    @property
    def place(self) -> str:
        """Where it stands, for people."""
        return f"{self.table.header} {self.number}" if self.number else self.table.header

    def mistake(self, key: str, says: Phrase, *, is_warning: bool = False) -> Mistake:
        """Return a mistake in this table."""
        return Mistake(file=self.file, table=self.place, key=key, says=says, is_warning=is_warning)


def fit(
    raw: Mapping[str, object], *, file: Path, table: Table, number: int = 0, everywhere: Sequence[Table]
) -> tuple[Found, list[Mistake]]:
    """Return the good values of this table, and what is wrong with the others."""
    values, wrong = _values(table, raw)
    known = {declared.key for declared in table.settings}
    for key in raw:
        if key not in known:
            wrong[key] = unknown(key, raw[key], here=table, everywhere=everywhere)
    found = Found(file=file, table=table, number=number, values=values)
    return found, [found.mistake(key, says) for key, says in wrong.items()]


def like(word: str, words: Sequence[str]) -> str | None:
    """Return the word that was probably meant."""
    return next(iter(difflib.get_close_matches(word, words, n=1, cutoff=0.7)), None)


def unknown(key: str, value: object, *, here: Table | None, everywhere: Sequence[Table]) -> Phrase:
    """Return what to do about a key that no table, or not this one, has. The value is never quoted."""
    if _SECRET_KEY.fullmatch(key) or holds_pem(value):
        return _from_a_file([here] if here else everywhere, everywhere)
    own = [declared.key for declared in here.settings] if here else []
    if owners := _owners(key, everywhere):
        return phrase("key.elsewhere", key=key, tables=owners)
    if meant := like(key, own):
        return phrase("key.like", like=meant)
    if meant := like(key, [declared.key for table in everywhere for declared in table.settings]):
        return phrase("key.like-elsewhere", like=meant, tables=_owners(meant, everywhere))
    return phrase("key.unknown", known=", ".join(own or [table.header for table in everywhere]))


def _owners(key: str, everywhere: Sequence[Table]) -> str:
    return ", ".join(table.header for table in everywhere if key in {declared.key for declared in table.settings})


def _from_a_file(tables: Sequence[Table], everywhere: Sequence[Table]) -> Phrase:
    for some in (tables, everywhere):
        if settings := [each.key for table in some for each in table.settings if each.about.is_secret_file]:
            return phrase("secret.inline", settings=", ".join(settings))
    raise AssertionError("no configuration without a secret")


def _values(table: Table, raw: Mapping[str, object]) -> tuple[dict[str, object], dict[str, Phrase]]:
    values: dict[str, object] = {}
    wrong: dict[str, Phrase] = {}
    for declared in table.settings:
        try:
            values[declared.key] = _value(declared, raw[declared.key]) if declared.key in raw else _default(declared)
        except Unfit as exc:
            wrong[declared.key] = exc.says
    return values, wrong


def _default(declared: Declared) -> object:
    if declared.is_required:
        raise Unfit(_missing(declared))
    return declared.default


def _missing(declared: Declared) -> Phrase:
    return phrase("key.missing", key=declared.key, example=written(declared.about.example), about=declared.about.text)


def _value(declared: Declared, raw: object) -> object:
    if holds_pem(raw):
        raise Unfit(phrase("secret.inline", settings=declared.key if declared.about.is_secret_file else "*_file"))
    value = _converted(declared, raw)
    if isinstance(value, str):
        _check_text(declared, value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        _check_number(declared, value)
    return value


def _converted(declared: Declared, raw: object) -> object:
    try:
        return msgspec.convert(raw, declared.kind)
    except (msgspec.ValidationError, ValueError) as exc:  # ValueError: a number of more than 4300 digits
        raise Unfit(_wrong_type(declared, raw)) from exc


def _wrong_type(declared: Declared, raw: object) -> Phrase:
    shown = MASK if declared.about.is_secret_file or declared.about.is_masked else quoted(raw)
    if declared.choices:
        return _wrong_choice(declared.choices, shown, raw)
    kind = _KINDS[declared.kind]
    # "30" where 30 was meant is the commonest of all.
    if declared.kind in (bool, int, float) and isinstance(raw, str) and re.fullmatch(r"[0-9.]{1,18}|true|false", raw):
        return phrase("key.quoted", value=shown, kind=kind, key=declared.key, bare=raw)
    return phrase("key.type", value=shown, kind=kind, about=declared.about.text)


def _wrong_choice(choices: Sequence[str], shown: str, raw: object) -> Phrase:
    listed = ", ".join(map(written, choices))
    if isinstance(raw, str) and (meant := like(raw.lower(), choices)):
        return phrase("key.choice-like", value=shown, choices=listed, like=written(meant))
    return phrase("key.choice", value=shown, choices=listed)


def _check_number(declared: Declared, value: float) -> None:
    low, high = declared.about.low, declared.about.high
    too_far = (low is not None and value < low) or (high is not None and value > high)
    if too_far or not math.isfinite(value):
        raise Unfit(phrase("key.bounds", value=quoted(value), bounds=declared.about.bounds))


def _check_text(declared: Declared, value: str) -> None:
    about = declared.about
    if declared.is_required and not value:
        raise Unfit(_missing(declared))
    if _CONTROL.search(value):
        raise Unfit(phrase("key.control"))
    if about.pattern and not about.pattern.fullmatch(value):
        shown = MASK if about.is_masked else quoted(value)
        raise Unfit(phrase("key.form", value=shown, form=about.pattern.pattern, about=about.text))
