"""Columns by whatever people call them, and as the manual shows them. Declares none: that is `columns`."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from edge_agent.roster.columns import SHEETS, Field
from edge_agent.words import Language, Phrase


def plain_head(cell: str) -> str:
    """Return a column's name without what does not tell names apart: case, width, spaces, line breaks."""
    return re.sub(r"[\s_\-・]", "", unicodedata.normalize("NFKC", cell)).casefold()


@cache
def by_call(sheet: str) -> Mapping[str, Field]:
    """Return the columns a sheet of this kind may have, by every name they are taken by."""
    return {plain_head(call): field for field in SHEETS[sheet] for call in field.calls}


@cache
def by_name(sheet: str) -> Mapping[str, Field]:
    """Return the columns that tell of the sheet's own table, by the name the ledger has for them."""
    return {field.name: field for field in SHEETS[sheet] if field.table == sheet}


def manual_table(sheet: str, language: Language) -> str:
    """Return the sheet's columns as the manual shows them."""
    heads = Phrase(en="| column | also | holds | meaning |", ja="| 列 | ほかの名前 | 値 | 意味 |")
    lines = [heads.text(language), "|---|---|---|---|"]
    for field in SHEETS[sheet]:
        other = field.head.en if language is Language.JA else field.head.ja
        also = ", ".join((other, *field.also))
        head = field.head.text(language)
        lines.append(f"| `{head}` | {also} | {field.kind.about.text(language)} | {field.about.text(language)} |")
    return "\n".join(lines)
