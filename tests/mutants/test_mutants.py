"""The usual shortcuts, one at a time: each loses or doubles touches somewhere, and our tests must notice every one."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COPIED = ("edge_agent", "spool", "drivers", "models", "hardware_fakes", "tests", "pyproject.toml")
LIMIT_S = 110
FAILED = 1
"""pytest's exit code for tests that ran and failed: anything else is no proof."""
PROMISE = (
    "tests/promise/test_scenarios.py",
    "tests/promise/test_promise.py",
    "--hypothesis-profile=hunt",
    "--hypothesis-seed=1",
)
POWER_CUTS = ("tests/powercut/test_power_cuts.py", "-k", "accepted_touch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One shortcut."""

    name: str
    file: str
    old: str
    """Stands exactly once in the file."""
    new: str
    caught_by: tuple[str, ...] = PROMISE


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
        file="spool/transaction.py",
        old="""    def forget(self) -> None:
        \"\"\"Look at the file again for its head: something was undone.\"\"\"
        self._head = None
""",
        new="""    def forget(self) -> None:
        pass
""",
    ),
    Mutant(
        name="de-duplicate by person and minute",
        file="edge_agent/receiver/keep.py",
        old="[self._row(item) for item in fresh.values()]",
        new="""[
            self._row(item)
            for item in {(str(i.event.data)[-60:-40], i.event.time[:16]): i for i in fresh.values()}.values()
        ]""",
    ),
    Mutant(
        name="synchronous=NORMAL",
        file="spool/file.py",
        old="""        db.execute("PRAGMA synchronous=FULL")
""",
        new="""        db.execute("PRAGMA synchronous=NORMAL")
        return db
""",
        caught_by=POWER_CUTS,
    ),
    Mutant(
        name="answer before the commit",
        file="spool/journal.py",
        old="""        db.execute("BEGIN IMMEDIATE")
        _do_all(db, tx, line)
        db.execute("COMMIT")
    except""",
        new="""        if db.in_transaction:
            db.execute("COMMIT")
        db.execute("BEGIN IMMEDIATE")
        _do_all(db, tx, line)
    except""",
    ),
    Mutant(
        name="drop the oldest at N",
        file="spool/transaction.py",
        old="        self._head = Head(seq, body)\n",
        new="        self._head = Head(seq, body)\n"
        '        self._db.execute("DELETE FROM entry WHERE seq <= ?", (seq - 5,))\n',
    ),
    Mutant(
        name="give up after N tries",
        file="edge_agent/uplink/tally.py",
        old="""            return
        self.todo.take_over(self._sent)
""",
        new="""            return
        self._sent.clear()
""",
    ),
    Mutant(
        name="the wall clock in the repeat window",
        file="edge_agent/core/attendance.py",
        old="return now.boot_ns - since.boot_ns",
        new="return now.utc_ns - since.utc_ns",
    ),
    Mutant(
        name="a restored receiver goes on as if nothing had happened",
        file="edge_agent/receiver/tables.py",
        old="UPDATE generation SET number = max(number + 1, ?) RETURNING number",
        new="UPDATE generation SET number = number + 0 * ? RETURNING number",
    ),
    Mutant(
        name="a disk that was set back goes on with its old numbers",
        file="edge_agent/uplink/tally.py",
        old="if receipt.upto > newest or",
        new="if receipt.upto > newest + 1000 or",
    ),
    Mutant(
        name="a carried event is counted as a new one",
        file="edge_agent/recovery.py",
        old="was = data.was or parts.Was(",
        new="was = parts.Was(",
    ),
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_shortcut_is_noticed(mutant: Mutant, tmp_path: Path) -> None:
    _copy(tmp_path)
    file = tmp_path / mutant.file
    text = file.read_text(encoding="utf-8")
    assert text.count(mutant.old) == 1, f"{mutant.file} has changed: the mutant does not fit any more"
    file.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")

    ended = _hunt(tmp_path, mutant.caught_by)

    assert ended.returncode == FAILED, ended.stdout[-3000:]
    assert "FAILED tests/" in ended.stdout, ended.stdout[-3000:]


def _copy(to: Path) -> None:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, to / name)


def _hunt(folder: Path, tests: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:randomly", *tests],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
