"""What is wrong in a configuration file, where, and what to do. Finds nothing itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from edge_agent.words import Language, Phrase
from edge_agent.words.sentences import phrase


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing to correct."""

    file: Path
    table: str = ""
    """As it is written in the file, with the number of the one meant: `[broker]`, `[[reader]] 2`; empty: the file."""
    key: str = ""
    """Empty where the table as a whole is meant."""
    says: Phrase
    """What is wrong and what to do."""
    is_warning: bool = False
    """The agent would run, but somebody should look at it."""

    def text(self, language: Language) -> str:
        """Return the line for people."""
        place = f"{self.table} {self.key}".strip()
        line = f"{shown_path(self.file)}: {place}: " if place else f"{shown_path(self.file)}: "
        line += self.says.text(language)
        return phrase("config.warning", says=line).text(language) if self.is_warning else line


class ConfigError(Exception):
    """A configuration file cannot be used. Holds everything that is wrong with it."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__(self.mistakes)

    def __str__(self) -> str:
        language = Language.of_terminal()
        return "\n".join(mistake.text(language) for mistake in self.mistakes)


def shown_path(path: Path) -> str:
    """Return the path so that any terminal can show it."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in str(path))
