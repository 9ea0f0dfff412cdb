"""Files that root makes must be usable by the service that runs as somebody else."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_agent.portable.files import hand_over_log, put

SOMEBODY = 12_345


@pytest.fixture
def folder(tmp_path: Path, require: Callable[[str | None], None]) -> Path:
    require(None if os.geteuid() == 0 else "only root can give files away")
    (made := tmp_path / "state").mkdir()
    os.chown(made, SOMEBODY, SOMEBODY)
    return made


def test_a_file_belongs_to_whom_its_folder_belongs(folder: Path) -> None:
    put(folder / "x", b"content")

    assert (b"content", SOMEBODY) == ((folder / "x").read_bytes(), (folder / "x").stat().st_uid)
    assert ["x"] == [file.name for file in folder.iterdir()]


def test_what_a_reader_leaves_beside_a_database_is_given_away_and_no_more(folder: Path) -> None:
    for name in ("a.db", "a.db-wal", "a.db-shm", "b.db-wal"):
        (folder / name).write_bytes(b"")
    hand_over_log(folder / "a.db")
    hand_over_log(folder / "none.db")

    given = {file.name for file in folder.iterdir() if file.stat().st_uid == SOMEBODY}
    assert {"a.db-wal", "a.db-shm"} == given
