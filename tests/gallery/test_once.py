"""The program that looks at faces, asked once: ended in time, whatever it does, and nothing of it is left behind."""

import sys
from itertools import count
from pathlib import Path

import pytest

from drivers.contract import FaceTemplate
from edge_agent.core.touch import NS_PER_S
from edge_agent.gallery.once import NoAnswer, Once

LOOKER = Path(__file__).with_name("looker.py")
FACE = FaceTemplate(face_id=b"f" * 16, wearing="bare", model="m", vector=bytes(range(256)))


def once(tmp_path: Path, *, command=(sys.executable, str(LOOKER)), step_s: int = 0) -> Once:
    ticks = count(0, step_s * NS_PER_S)
    return Once(models_dir=tmp_path, now_ns=lambda: next(ticks), command=command)


def photo(asked: Once, picture: bytes = b"face"):
    return asked.photo(picture, wearing="bare", own=None, seed=b"s" * 32, others=[])


def test_a_program_that_hangs_is_killed(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"import os, time; open({str(pids)!r}, 'w').write(str(os.getpid())); time.sleep(600)"

    with pytest.raises(NoAnswer, match="no answer for 30 s"):
        photo(once(tmp_path, command=(sys.executable, "-c", script), step_s=3))
    if pids.exists():
        assert not Path("/proc", pids.read_text() or "none").exists()


def test_what_is_no_program_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoAnswer, match="No such file"):
        photo(once(tmp_path, command=("/no/such/program",)))


@pytest.mark.parametrize("said", [b"", b"{}", b"not json", b'{"type":"alive","is_open":true}', b"\xff" * 5000])
def test_what_is_no_answer_is_said(tmp_path: Path, said: bytes) -> None:
    with pytest.raises(NoAnswer):
        photo(once(tmp_path, command=(sys.executable, "-c", f"print({said!r}.decode('latin-1'))")))


def test_a_photo_that_needs_more_memory_than_there_should_be_is_no_answer(tmp_path: Path) -> None:
    """A few kilobytes of a picture may unpack to gigabytes, and the daemon needs its share."""
    greedy = f"held = bytearray(2 << 30); exec(open({str(LOOKER)!r}).read())"

    with pytest.raises(NoAnswer, match="ended with code 1"):
        photo(once(tmp_path, command=(sys.executable, "-c", greedy)))


def test_turning_twice_is_turning_back(tmp_path: Path) -> None:
    many = [FACE] * 100
    there = once(tmp_path).turned(many, old=b"a" * 32, new=b"b" * 32)
    moved = [FaceTemplate(face_id=b"f" * 16, wearing="bare", model="m", vector=each) for each in there]

    assert FACE.vector != there[0]
    assert [FACE.vector] * 100 == once(tmp_path).turned(moved, old=b"b" * 32, new=b"a" * 32)
    assert [] == once(tmp_path, command=("/no/such/program",)).turned([], old=b"a" * 32, new=b"b" * 32)


def test_a_template_that_does_not_come_back_is_noticed(tmp_path: Path) -> None:
    head = (sys.executable, "-c", "import sys; print(sys.stdin.readlines()[2], end='')")

    with pytest.raises(NoAnswer, match="did not give them all back"):
        once(tmp_path, command=head).turned([FACE, FACE], old=b"a" * 32, new=b"b" * 32)


def test_nothing_stays_open(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        photo(once(tmp_path))

    assert before == len(list(Path("/proc/self/fd").iterdir()))
