"""Single bytes that went bad where SQLite looks for text: Python then raises what does not look like damage at all."""

from pathlib import Path

import pytest

from spool.file import SpoolDamaged
from spool.journal import Journal

NO_UTF_8 = b"\xc1"


def spoil(file: Path, text: bytes) -> None:
    content = file.read_bytes()
    at = content.index(text)
    file.write_bytes(content[:at] + NO_UTF_8 + content[at + 1 :])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "spool.db"
    with Journal(path) as journal:
        journal.write(lambda tx: tx.append(b"{}", seq=1, recorded_utc_ns=None))
    return path


def test_a_schema_that_is_no_text_is_damage(path: Path) -> None:
    """SQLite's message quotes it: UnicodeDecodeError, and an agent that ended and was started for ever."""
    spoil(path, b"quarantine")

    with pytest.raises(SpoolDamaged):
        Journal(path).close()


def test_a_value_that_is_no_text_is_damage(path: Path) -> None:
    with Journal(path) as journal:
        name = journal.epoch
    spoil(path, name.encode())

    with pytest.raises(SpoolDamaged):
        Journal(path).close()
