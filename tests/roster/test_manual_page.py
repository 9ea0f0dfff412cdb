"""The manual's tables are the columns as they are declared; the daemon carries no library for workbooks."""

import subprocess
import sys

import pytest

from edge_agent.roster.__main__ import page, rendered
from edge_agent.roster.columns import NAMED_BY, SHEETS, TABLES
from edge_agent.roster.fields import plain_head
from edge_agent.words import Language


@pytest.mark.parametrize("language", Language)
def test_tables_of_the_manual_are_current(language):
    """
    If not: python -m edge_agent.roster
    """
    assert rendered(language) == page(language).read_text("utf-8")
    assert all(f"`{field.head.text(language)}`" in rendered(language) for fields in SHEETS.values() for field in fields)


@pytest.mark.parametrize("sheet", TABLES)
def test_no_two_columns_of_a_sheet_are_taken_by_the_same_name(sheet):
    names = [{plain_head(call) for call in field.calls} for field in SHEETS[sheet]]

    assert sum(map(len, names)) == len(set().union(*names))
    assert set(NAMED_BY[sheet]) <= {field.name for field in SHEETS[sheet] if field.table == sheet}


def test_the_daemon_does_not_carry_the_library_for_workbooks():
    code = "import sys; import edge_agent.run; print([m for m in ('openpyxl', 'rich') if m in sys.modules])"

    assert (
        "[]" == subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    )
