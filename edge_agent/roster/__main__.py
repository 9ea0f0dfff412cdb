"""Write the tables of columns into the manual: `python -m edge_agent.roster`. For the source tree."""

import re
from pathlib import Path

from edge_agent.roster.columns import SHEETS
from edge_agent.roster.fields import manual_table
from edge_agent.words import Language

PAGES = Path(__file__).parents[1] / "manual"


def page(language: Language) -> Path:
    """Return where the manual's page lies."""
    return PAGES / language.value / "roster.md"


def rendered(language: Language) -> str:
    """Return the page with its tables as the columns are declared now."""
    text = page(language).read_text(encoding="utf-8")
    for sheet in SHEETS:
        table = manual_table(sheet, language)
        text = re.sub(rf"(<!-- {sheet} -->\n)(?:\n?\|.*\n)*", lambda found, table=table: f"{found[1]}\n{table}\n", text)  # type: ignore[misc]  # a default binds the table
    return text


if __name__ == "__main__":
    for each in Language:
        page(each).write_text(rendered(each), encoding="utf-8")
