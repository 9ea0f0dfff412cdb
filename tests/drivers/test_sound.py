"""Sound is never worth a touch: whatever the sound card does, the touch neither waits nor fails."""

import io
import shutil
import stat
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from drivers.contract import Answer, AnswerKind, Probe, Reader, ReaderName, Sighting
from drivers.sound import TUNES, Speaker, WithSound, wav
from hardware_fakes.watching import boot_ns


class QuietReader:
    """Remembers what it was told to show."""

    name = ReaderName("gate-1")

    def __init__(self) -> None:
        self.shown: list[AnswerKind] = []

    def sightings(self, stop: Event) -> Iterator[Sighting | None]:
        yield None
        stop.wait()

    def show(self, answer: Answer) -> None:
        self.shown.append(answer.kind)

    def probe(self) -> Probe:
        return Probe(is_open=True, device="quiet", detail="well")


def player(folder: Path, body: str) -> str:
    path = folder / "player"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline_ns = boot_ns() + 5_000_000_000
    while not condition():
        assert boot_ns() < deadline_ns
        Event().wait(0.005)


@pytest.mark.parametrize("kind", AnswerKind)
def test_every_answer_has_a_tune_short_enough_for_the_next_worker(kind: AnswerKind) -> None:
    with wave.open(io.BytesIO(wav(TUNES[kind]))) as tune:
        length_s = tune.getnframes() / tune.getframerate()

    assert 0.1 < length_s < 1.0


def test_no_two_answers_sound_the_same() -> None:
    assert len(AnswerKind) == len(set(TUNES.values()))


def test_entered_rises_and_left_falls() -> None:
    (first, _), (second, _) = TUNES[AnswerKind.ENTERED]

    assert first < second
    assert TUNES[AnswerKind.LEFT] == TUNES[AnswerKind.ENTERED][::-1]


def test_player_gets_the_device_and_the_whole_tune(tmp_path: Path) -> None:
    speaker = Speaker(
        "plughw:1",
        player(tmp_path, f"echo $* > {tmp_path}/words; cat > {tmp_path}/x; mv {tmp_path}/x {tmp_path}/heard"),
    )
    speaker.play(AnswerKind.REFUSED)
    wait_until((tmp_path / "heard").exists)
    speaker.close()

    assert "-q -D plughw:1 -\n" == (tmp_path / "words").read_text()
    assert wav(TUNES[AnswerKind.REFUSED]) == (tmp_path / "heard").read_bytes()


def test_missing_player_fails_no_touch_and_is_told(tmp_path: Path) -> None:
    speaker, quiet = Speaker("default", str(tmp_path / "none")), QuietReader()
    reader = WithSound(quiet, speaker)
    reader.show(Answer(kind=AnswerKind.ENTERED))
    wait_until(lambda: bool(speaker.trouble))
    speaker.close()

    assert [AnswerKind.ENTERED] == quiet.shown
    assert "well; no sound: the player cannot be started" in reader.probe().detail
    assert reader.probe().is_open


def test_player_that_fails_is_told_until_it_works_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    program = player(tmp_path, f"test -e {tmp_path}/good")
    speaker = Speaker("default", program)
    speaker.play(AnswerKind.ENTERED)
    wait_until(lambda: bool(speaker.trouble))
    (tmp_path / "good").touch()
    speaker.play(AnswerKind.ENTERED)
    wait_until(lambda: not speaker.trouble)
    speaker.close()

    assert ["sound lost", "sound back"] == [record.getMessage() for record in caplog.records]


def test_hanging_player_delays_no_touch_and_is_replaced(tmp_path: Path) -> None:
    """One sound card that hangs must not stop the gate, nor fill the box with players."""
    speaker = Speaker("default", player(tmp_path, f"echo $$ >> {tmp_path}/pids; exec sleep 60"))
    slowest_ns = 0
    for count in range(5):
        started_ns = boot_ns()
        speaker.play(AnswerKind.ENTERED)
        slowest_ns = max(slowest_ns, boot_ns() - started_ns)
        wait_until(lambda count=count: len(pids(tmp_path)) > count)
    alive = [pid for pid in pids(tmp_path) if Path(f"/proc/{pid}").exists()]
    speaker.close()

    assert slowest_ns < 100_000_000
    assert alive == pids(tmp_path)[-1:]
    assert not Path(f"/proc/{alive[0]}").exists()


def pids(folder: Path) -> list[str]:
    path = folder / "pids"
    return path.read_text().split() if path.exists() else []


def test_sightings_pass_through_untouched() -> None:
    speaker = Speaker("default", "/nonexistent")
    reader: Reader = WithSound(QuietReader(), speaker)
    stop = Event()
    stop.set()

    assert [None] == list(reader.sightings(stop))
    assert "gate-1" == reader.name
    speaker.close()


@pytest.mark.sound
def test_real_player_plays_the_tune(tmp_path: Path, require: Callable[[str | None], None]) -> None:
    require(None if shutil.which("aplay") else "aplay is missing (package alsa-utils)")
    heard = tmp_path / "heard.wav"
    speaker = Speaker(f"file:{heard},wav")
    tune = wav(TUNES[AnswerKind.ENTERED])
    with wave.open(io.BytesIO(tune)) as file:
        samples = file.readframes(file.getnframes())
    speaker.play(AnswerKind.ENTERED)
    wait_until(lambda: heard.exists() and samples in heard.read_bytes())
    speaker.close()

    assert "" == speaker.trouble
