"""The manual travels with the box: every page in both languages, found by the command that names it."""

import re
from pathlib import Path

import pytest

from edge_agent.cli import COMMANDS, main
from edge_agent.cli.help import pages
from edge_agent.words import Language

ROOT = Path(__file__).parents[1]


def test_every_page_exists_in_both_languages() -> None:
    assert set(pages(Language.EN)) == set(pages(Language.JA))


@pytest.mark.parametrize("page", sorted(pages(Language.EN)))
def test_a_page_is_printed(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["help", page, "--language", "ja"])
    assert pages(Language.JA)[page].splitlines()[0] in capsys.readouterr().out


def test_without_a_page_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["help"])

    listed = capsys.readouterr().out
    assert all(f"edge-agent help {page}" in listed for page in pages(Language.EN))


def test_a_page_that_is_not_there_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert 2 == main(["help", "weather"])
    assert "readers" in capsys.readouterr().err


def test_every_page_a_message_points_to_exists() -> None:
    sources = [path for folder in ("drivers", "edge_agent", "spool") for path in (ROOT / folder).rglob("*.py")]
    named = {page for path in sources for page in re.findall(r"edge-agent help ([a-z]+)", path.read_text("utf-8"))}

    assert {"readers"} <= named <= set(pages(Language.EN))


def test_the_readme_names_only_commands_that_exist() -> None:
    named = set(re.findall(r"^edge-agent ([a-z]+)", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE))

    assert named <= set(COMMANDS)
