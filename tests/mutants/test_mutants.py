"""The usual shortcuts, one at a time: each loses or doubles touches somewhere, and our tests must notice every one."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COPIED = ("edge_agent", "spool", "drivers", "models", "hardware_fakes", "tests/promise", "pyproject.toml")
LIMIT_S = 100
BROKEN = "AssertionError: "
FAILED = 1
"""pytest's exit code for tests that ran and failed: anything else is no proof."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One shortcut."""

    name: str
    file: str
    old: str
    """Stands exactly once in the file."""
    new: str


MUTANTS = [
    Mutant(
        name="prune on PUBACK",
        file="edge_agent/uplink/tally.py",
        old='self._trusts_broker = receipt == "broker"',
        new="self._trusts_broker = True",
    ),
    Mutant(
        name="acknowledge the highest number instead of the contiguous one",
        file="edge_agent/receiver/store.py",
        old="(_, upto), *more = [",
        new="*more, (_, upto) = [",
    ),
    Mutant(
        name="the counter is not in the commit",
        file="spool/journal.py",
        old="""        self._head = None


@dataclass(slots=True)
class _Waiting""",
        new="""        pass


@dataclass(slots=True)
class _Waiting""",
    ),
    Mutant(
        name="de-duplicate by person and minute",
        file="edge_agent/receiver/keep.py",
        old="[self._row(item) for item in fresh.values()]",
        new="""[
            self._row(item)
            for item in {(i.event.data.evidence.card, i.event.time[:16]): i for i in fresh.values()}.values()
        ]""",
    ),
    Mutant(
        name="answer before the commit",
        file="spool/journal.py",
        old="""            db.execute("BEGIN IMMEDIATE")
            _do_all(db, tx, line)
            db.execute("COMMIT")
""",
        new="""            if db.in_transaction:
                db.execute("COMMIT")
            db.execute("BEGIN IMMEDIATE")
            _do_all(db, tx, line)
""",
    ),
    Mutant(
        name="drop the oldest at N",
        file="spool/journal.py",
        old="        self._head = Head(seq, body)\n",
        new="        self._head = Head(seq, body)\n"
        '        self._db.execute("DELETE FROM entry WHERE seq <= ?", (seq - 5,))\n',
    ),
    Mutant(
        name="give up after N tries",
        file="edge_agent/uplink/tally.py",
        old="""            return
        self.todo.take_over(self._sent)
        self._waiting_since_ns = None""",
        new="""            return
        self._sent.clear()
        self._waiting_since_ns = None""",
    ),
    Mutant(
        name="the wall clock in the repeat window",
        file="edge_agent/core/attendance.py",
        old="return now.boot_ns - since.boot_ns",
        new="return now.utc_ns - since.utc_ns",
    ),
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_shortcut_is_noticed(mutant: Mutant, tmp_path: Path) -> None:
    _copy(tmp_path)
    file = tmp_path / mutant.file
    text = file.read_text(encoding="utf-8")
    assert text.count(mutant.old) == 1, f"{mutant.file} has changed: the mutant does not fit any more"
    file.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")

    ended = _hunt(tmp_path)

    assert ended.returncode == FAILED, ended.stdout[-3000:]
    assert BROKEN in ended.stdout, ended.stdout[-3000:]


def _copy(to: Path) -> None:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, to / name)


def _hunt(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "tests/promise"]
    return subprocess.run(
        [*command, "--hypothesis-profile=hunt", "--hypothesis-seed=1"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
