"""What tests of the roster share: a box, and the command line beside it."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from box import box as a_box

from edge_agent.cli import main


@pytest.fixture(autouse=True)
def _english(monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture
def box(tmp_path):
    with a_box(tmp_path) as made:
        yield made


@pytest.fixture
def roster(box, capsys):
    """Run `edge-agent roster`; returns its exit code and what it said."""

    def roster(action, *words, content=None, name="list.csv"):
        if content is not None:
            (box.folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
            words = (str(box.folder / name), *words)
        code = main(["roster", action, *words, "--socket", str(box.socket)])
        said = capsys.readouterr()
        return code, said.out + said.err

    return roster


@pytest.fixture
def summary(roster):
    """Import, and return the last line of JSON."""

    def summary(content, *words, action="import"):
        code, said = roster(action, "--json", *words, content=content)
        assert 0 == code, said
        return json.loads(said.splitlines()[-1])

    return summary
