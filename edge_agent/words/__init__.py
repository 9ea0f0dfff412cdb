"""What people read: the languages, and where a terminal's comes from. Prints nothing."""

import enum
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass


class Language(enum.StrEnum):
    """What a terminal speaks."""

    JA = "ja"
    EN = "en"

    @classmethod
    def of_terminal(cls, environ: Mapping[str, str] = os.environ) -> "Language":
        """Return Japanese where the locale is Japanese, else English."""
        locale = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
        # Rule: the language, then its end or a separator: `ja`, `ja_JP.UTF-8`; not `jam`.
        return cls.JA if re.match(r"ja([_.@]|$)", locale, re.IGNORECASE) else cls.EN


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """One sentence in the languages of the terminal."""

    en: str
    ja: str

    def text(self, language: Language) -> str:
        """Return the sentence in this language."""
        return self.ja if language is Language.JA else self.en

    def filled(self, **facts: "Fact") -> "Phrase":
        """Return the sentence with `{name}` replaced by these facts."""
        return Phrase(en=self.en.format(**_in(Language.EN, facts)), ja=self.ja.format(**_in(Language.JA, facts)))


Fact = str | int | Phrase
"""What may stand in a sentence; a phrase speaks the sentence's language."""


class Told(Exception):
    """An error whose message is for people: in the terminal's language when it is printed."""

    def __init__(self, says: Phrase) -> None:
        super().__init__(says)
        self.says = says

    def __str__(self) -> str:
        return self.says.text(Language.of_terminal())


def _in(language: Language, facts: Mapping[str, Fact]) -> dict[str, str | int]:
    return {name: fact.text(language) if isinstance(fact, Phrase) else fact for name, fact in facts.items()}
