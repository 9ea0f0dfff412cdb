"""Who holds which card, from a CSV file. Knows no reader; keeps references of cards, never their numbers."""

import contextlib
import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from edge_agent.config.files import Unusable, read_file
from edge_agent.config.mistake import shown_path
from edge_agent.core.people import Credential
from edge_agent.core.touch import CredentialRef, Worker, WorkerId
from edge_agent.ledger.people import bind, put_worker
from edge_agent.words import Language, Phrase, Told
from edge_agent.words.sentences import phrase
from spool.transaction import Transaction

ROWS_MAX = 200_000
SIZE_MAX_B = 64 << 20
ID_DIGITS_MAX = 14
TOKEN_MAX_B = 256

_REF = re.compile(r"hmac:[0-9a-f]{32}")
_COLUMNS = {
    "card": "card",
    "カード": "card",
    "ccus_id": "ccus_id",
    "技能者id": "ccus_id",
    "name": "name",
    "氏名": "name",
}
_FULL_WIDTH = {0xFEE0 + code: code for code in range(ord("!"), ord("~") + 1)}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SHOWN_MAX = 100
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterMistake:
    """One thing to correct in the file. Never says whose card or which number."""

    row: int = 0
    """As a spreadsheet numbers it, the first row is 1; 0: the file as a whole."""
    column: str = ""
    says: Phrase

    def text(self, language: Language) -> str:
        """Return the line for people."""
        if not self.row:
            return self.says.text(language)
        place = phrase("roster.place" if self.column else "roster.row", row=self.row, column=self.column)
        return f"{place.text(language)}: {self.says.text(language)}"


class RosterError(Exception):
    """The roster cannot be used. Holds everything that is wrong with it."""

    def __init__(self, path: Path, mistakes: Sequence[RosterMistake]) -> None:
        self.path = path
        self.mistakes = tuple(mistakes)
        super().__init__(path, self.mistakes)

    def __str__(self) -> str:
        language = Language.of_terminal()
        lines = [f"{shown_path(self.path)}: {each.text(language)}" for each in self.mistakes[:_SHOWN_MAX]]
        if len(self.mistakes) > _SHOWN_MAX:
            lines.append(phrase("roster.more", count=len(self.mistakes) - _SHOWN_MAX).text(language))
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Roster:
    """Whose each card is."""

    holders: Mapping[CredentialRef, Worker] = field(default_factory=dict)

    def enter(self, tx: Transaction) -> None:
        """Write it into the ledger."""
        for ref, worker in self.holders.items():
            put_worker(tx, worker, origin="{}")
            bind(tx, Credential(ref=ref, worker=worker.id), origin="{}")

    def __len__(self) -> int:
        return len(self.holders)


def load_roster(path: Path, credential_ref: Callable[[bytes], CredentialRef]) -> Roster:
    """
    Return the roster in a CSV file.

    Args:
        path: UTF-8 or Shift_JIS; columns card, ccus_id and, if wanted, name, in any order, in English or Japanese.
        credential_ref: Turns a card's number into its reference.

    Raises:
        RosterError: With every mistake in the file.

    """
    reading = _Reading(credential_ref)
    try:
        reading.read(_rows(read_file(path, limit_b=SIZE_MAX_B)))
    except Unusable as exc:
        reading.mistakes.append(RosterMistake(says=exc.says))
    if reading.mistakes:
        raise RosterError(path, reading.mistakes)
    return Roster(reading.holders)


class _Wrong(Told):
    """A cell does not hold what its column wants."""


class _Reading:
    """What was read so far."""

    def __init__(self, credential_ref: Callable[[bytes], CredentialRef]) -> None:
        self.holders: dict[CredentialRef, Worker] = {}
        self.mistakes: list[RosterMistake] = []
        self._row_of: dict[CredentialRef, int] = {}
        self._readers: dict[str, Callable[[str], str]] = {
            "card": partial(_card, credential_ref=credential_ref),
            "ccus_id": _worker_id,
            "name": str,
        }

    def read(self, rows: Iterator[tuple[int, list[str]]]) -> None:
        _, header = next(rows, (1, []))
        columns = _columns(header)
        for row, cells in rows:
            if row > ROWS_MAX + 1:
                raise Unusable(phrase("roster.rows", limit=ROWS_MAX))
            if len(cells) > len(columns):
                self._note(row, "", phrase("roster.cells", count=len(cells), columns=len(columns)))
            elif cells:
                self._take(row, dict(zip(columns, cells, strict=False)))

    def _take(self, row: int, cells: Mapping[str, str]) -> None:
        read: dict[str, str] = {}
        for column, reader in self._readers.items():
            try:
                read[column] = reader(_clean(cells.get(column, "")))
            except _Wrong as exc:
                self._note(row, column, exc.says)
        if len(read) == len(self._readers):
            self._give(
                row,
                CredentialRef(read["card"]),
                Worker(id=WorkerId(read["ccus_id"]), ccus=read["ccus_id"], name=read["name"]),
            )

    def _give(self, row: int, card: CredentialRef, worker: Worker) -> None:
        if self.holders.setdefault(card, worker).id != worker.id:
            self._note(row, "card", phrase("roster.card-twice", other=self._row_of[card]))
        self._row_of.setdefault(card, row)

    def _note(self, row: int, column: str, says: Phrase) -> None:
        self.mistakes.append(RosterMistake(row=row, column=column, says=says))


def _rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with its number, without the empty cells at its end."""
    reader = csv.reader(io.StringIO(_decoded(content), newline=""), strict=True)
    try:
        for row, cells in enumerate(reader, 1):
            while cells and not cells[-1].strip():
                cells.pop()
            yield row, cells
    except csv.Error as exc:
        raise Unusable(phrase("roster.csv", row=reader.line_num, reason=str(exc))) from exc


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp932"):
        # UTF-16 would pass as Shift_JIS and be nonsense.
        with contextlib.suppress(UnicodeDecodeError):
            if not content.startswith(_UTF16_MARKS):
                return content.decode(encoding)
    raise Unusable(phrase("roster.encoding"))


def _columns(header: Sequence[str]) -> list[str]:
    columns: list[str] = []
    for number, cell in enumerate(header, 1):
        name = _COLUMNS.get(unicodedata.normalize("NFKC", cell).strip().casefold())
        if name is None:
            raise Unusable(phrase("roster.unknown-column", number=number))
        if name in columns:
            raise Unusable(phrase("roster.column-twice", column=name))
        columns.append(name)
    if missing := [name for name in ("card", "ccus_id") if name not in columns]:
        raise Unusable(phrase("roster.header", missing=", ".join(missing)))
    return columns


def _clean(cell: str) -> str:
    if _CONTROL.search(cell):
        raise _Wrong(phrase("roster.control"))
    return cell.strip()


def _narrow(text: str) -> str:
    """Full-width letters and digits, as a Japanese keyboard makes them, as plain ones."""
    return text.translate(_FULL_WIDTH)


def _card(text: str, *, credential_ref: Callable[[bytes], CredentialRef]) -> CredentialRef:
    plain = _narrow(text).lower()
    if not plain:
        raise _Wrong(phrase("roster.empty"))
    if not plain.startswith("hmac:"):
        return credential_ref(_token(plain))
    if not _REF.fullmatch(plain):
        raise _Wrong(phrase("roster.card-ref"))
    return CredentialRef(plain)


def _token(text: str) -> bytes:
    if wrong := re.search(r"[^0-9a-f :-]", text):
        raise _Wrong(phrase("roster.card-hex", place=wrong.start() + 1))
    digits = re.sub(r"[ :-]", "", text)
    if not digits or len(digits) % 2:
        raise _Wrong(phrase("roster.card-half", count=len(digits)))
    if len(digits) > 2 * TOKEN_MAX_B:
        raise _Wrong(phrase("roster.card-long", count=len(digits) // 2, limit=TOKEN_MAX_B))
    return bytes.fromhex(digits)


def _worker_id(text: str) -> str:
    plain = _narrow(text)
    if not plain:
        raise _Wrong(phrase("roster.empty"))
    if not re.fullmatch(r"[0-9]+", plain):
        raise _Wrong(phrase("roster.id-digits"))
    if len(plain) > ID_DIGITS_MAX:
        raise _Wrong(phrase("roster.id-long", count=len(plain), limit=ID_DIGITS_MAX))
    return plain
