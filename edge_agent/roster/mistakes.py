"""What is wrong in a roster, where, and what to do. Never says whose card or which number; finds nothing itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_agent.config.mistake import shown_path
from edge_agent.words import Language, Phrase, Told
from edge_agent.words.sentences import phrase

_SHOWN_MAX = 100
_NOWHERE = Phrase(en="", ja="")


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterMistake:
    """One thing to correct in the file."""

    sheet: str = ""
    """Of a workbook."""
    row: int = 0
    """As a spreadsheet numbers it, the first row is 1; 0: the sheet as a whole."""
    column: Phrase = _NOWHERE
    """The column's proper name; empty: the row as a whole."""
    says: Phrase

    def text(self, language: Language) -> str:
        """Return the line for people."""
        column = self.column.text(language)
        places = [phrase("roster.sheet", sheet=shown_path(Path(self.sheet)))] if self.sheet else []
        if self.row:
            places.append(phrase("roster.place" if column else "roster.row", row=self.row, column=column))
        between = "、" if language is Language.JA else ", "
        place = between.join(each.text(language) for each in places)
        says = self.says.text(language)
        return f"{place}: {says}" if place else says


class RosterError(Exception):
    """The roster cannot be used. Holds everything that is wrong with it."""

    def __init__(self, source: str, mistakes: Sequence[RosterMistake]) -> None:
        self.source = source
        """The file's name."""
        self.mistakes = tuple(mistakes)
        super().__init__(source, self.mistakes)

    def __str__(self) -> str:
        language = Language.of_terminal()
        shown = shown_path(Path(self.source))
        lines = [f"{shown}: {each.text(language)}" for each in self.mistakes[:_SHOWN_MAX]]
        if len(self.mistakes) > _SHOWN_MAX:
            lines.append(phrase("roster.more", count=len(self.mistakes) - _SHOWN_MAX).text(language))
        return "\n".join(lines)


class Wrong(Told):
    """A cell does not hold what its column wants."""
