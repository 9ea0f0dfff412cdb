"""A badge held before a camera is a sighting, through the real child process; what the camera does wrong is told."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers import registry
from drivers.camera import CameraReader
from drivers.child import ChildReader
from drivers.contract import Medium, ReaderBroken, ReaderName
from hardware_fakes.camera import Badge, Camera, film
from hardware_fakes.rtsp import RtspServer
from hardware_fakes.stream import Mood
from hardware_fakes.watching import Watching, boot_ns

BOUND_S = 20.0
BADGE = Badge(text="EA1:0001", module_px=5)


@pytest.fixture
def camera() -> Iterator[Camera]:
    with Camera() as camera:
        yield camera


def reader(video: str, **options: object) -> CameraReader:
    return CameraReader(name=ReaderName("cam-1"), now_ns=boot_ns, video=video, **options)


def impatient(video: str, *sooner: str) -> ChildReader:
    """The same reader, whose child calls a picture bad sooner."""
    usual = reader(video)
    command, environment = [*usual._command, *sooner], usual._environment
    return ChildReader(name=usual.name, now_ns=boot_ns, command=command, environment=environment)


def wait_for_detail(watching: Watching, words: str) -> None:
    watching.wait_until(lambda w: words in w.reader.probe().detail, timeout_s=BOUND_S)


def test_a_badge_shown_is_one_sighting_with_the_time_it_was_seen(camera: Camera) -> None:
    with Watching(reader(camera.url)) as watching:
        watching.wait_until_open(timeout_s=BOUND_S)
        shown_ns = camera.show(BADGE)
        watching.wait_for_sightings(1, timeout_s=BOUND_S)
        watching.wait_for_signs_of_life(3)
    [sighting] = watching.sightings

    assert ("cam-1", Medium.QR, b"EA1:0001") == (sighting.reader, sighting.medium, sighting.token)
    assert shown_ns < sighting.seen_ns < boot_ns()


def test_a_badge_is_read_by_a_camera_that_speaks_rtsp(camera: Camera) -> None:
    camera.show(BADGE)
    with RtspServer(camera) as server, Watching(reader(server.url)) as watching:
        watching.wait_for_sightings(1, timeout_s=BOUND_S)

    assert [b"EA1:0001"] == watching.tokens()


def test_two_badges_at_once_are_two_sightings_and_no_more(camera: Camera) -> None:
    """Two badges read in turn would else fill the disk."""
    camera.show(Badge(text="EA1:A", at=(0.25, 0.5)), Badge(text="EA1:B", at=(0.75, 0.5), turned_deg=20))
    with Watching(reader(camera.url)) as watching:
        watching.wait_for_sightings(2, timeout_s=BOUND_S)
        watching.wait_for_signs_of_life(4)

        assert {b"EA1:A", b"EA1:B"} == set(watching.tokens())
        assert 2 == len(watching.tokens())


def test_a_badge_that_comes_back_after_the_window_is_seen_again(camera: Camera) -> None:
    with Watching(reader(camera.url, reread_window_s=0.4)) as watching:
        for count in (1, 2):
            camera.show(BADGE)
            watching.wait_for_sightings(count, timeout_s=BOUND_S)
            camera.show()
            watching.wait_for_signs_of_life(3)

        assert [b"EA1:0001"] * 2 == watching.tokens()


def test_a_camera_unplugged_is_told_and_comes_back_by_itself(camera: Camera) -> None:
    with Watching(impatient(camera.url, "--stale=1", "--frozen=1.5", "--dark=1")) as watching:
        watching.wait_until_open(timeout_s=BOUND_S)
        camera.show(mood=Mood.UNPLUGGED)
        watching.wait_until(lambda w: not w.reader.probe().is_open, timeout_s=BOUND_S)
        detail = watching.reader.probe().detail
        camera.show(BADGE)
        watching.wait_for_sightings(1, timeout_s=BOUND_S)

    assert detail.startswith(f"cam-1: {camera.url}: ")
    assert "is it switched on" in detail or "check the camera's power" in detail
    assert not watching.losses, "the child finds it again; it need not die for that"


@pytest.mark.parametrize(
    ("mood", "is_open", "advice"),
    [
        (Mood.DARK, True, "cam-1: too dark to read a badge or a face; switch on a light"),
        (Mood.STUCK, False, "cam-1: the same picture for ever; switch the camera off and on"),
        (Mood.FROZEN, False, "check the camera's power"),
    ],
)
def test_a_camera_that_sees_nobody_is_told_with_what_to_do(
    camera: Camera, mood: Mood, is_open: object, advice: str
) -> None:
    """Else a gate that sees nobody looks like a quiet morning."""
    with Watching(impatient(camera.url, "--stale=1", "--frozen=1.5", "--dark=1")) as watching:
        watching.wait_until_open(timeout_s=BOUND_S)
        camera.show(mood=mood)
        wait_for_detail(watching, advice)
        assert is_open == watching.reader.probe().is_open
        camera.show(BADGE)
        watching.wait_for_sightings(1, timeout_s=BOUND_S)
        watching.wait_until(lambda w: not w.reader.probe().detail, timeout_s=BOUND_S)


@pytest.mark.parametrize("mood", [Mood.SILENT, Mood.CORRUPT])
def test_a_camera_that_answers_nonsense_from_the_start_is_no_end(camera: Camera, mood: Mood) -> None:
    camera.show(mood=mood)
    with Watching(impatient(camera.url, "--stale=1", "--frozen=1.5", "--dark=1")) as watching:
        wait_for_detail(watching, "cam-1: http")
        assert not watching.reader.probe().is_open
        camera.show(BADGE)
        watching.wait_for_sightings(1, timeout_s=BOUND_S)


def test_a_driver_that_hangs_is_given_up_and_its_child_started_anew(tmp_path: Path) -> None:
    """A pipe nobody writes to holds who opens it, as a camera's driver may."""
    os.mkfifo(tmp_path / "hung")
    with Watching(impatient(str(tmp_path / "hung"), "--hung=1")) as watching:
        watching.wait_until(lambda w: len(w.losses) > 1, timeout_s=BOUND_S)

    assert "its driver does not return; unplug the camera" in str(watching.losses[0])


def test_a_camera_that_is_not_there_is_waited_for() -> None:
    with Watching(reader("/dev/v4l/by-path/none")) as watching:
        wait_for_detail(watching, "cam-1: /dev/v4l/by-path/none: not there; is the camera plugged in?")

        assert watching.broken is None


def test_a_child_that_is_killed_is_started_anew_and_sees_again(camera: Camera) -> None:
    child = reader(camera.url)
    with Watching(child) as watching:
        watching.wait_until_open(timeout_s=BOUND_S)
        os.kill(child.pid, signal.SIGSEGV)
        watching.wait_until(lambda w: w.losses, timeout_s=BOUND_S)
        camera.show(BADGE)
        watching.wait_for_sightings(1, timeout_s=BOUND_S)

    assert "crashed with SIGSEGV" in str(watching.losses[0])


def test_a_film_is_a_camera_played_over_and_over(tmp_path: Path) -> None:
    path = film(tmp_path / "gate.avi", [(10, [BADGE]), (10, [])])
    with Watching(reader(str(path), reread_window_s=0.3)) as watching:
        watching.wait_for_sightings(2, timeout_s=BOUND_S)

    assert {b"EA1:0001"} == set(watching.tokens())


def test_only_the_region_of_the_settings_is_searched(camera: Camera) -> None:
    camera.show(Badge(text="EA1:POSTER", at=(0.2, 0.5)), Badge(text="EA1:GATE", at=(0.75, 0.5)))
    with Watching(reader(camera.url, camera_roi="50 0 100 100", camera_rotate=180)) as watching:
        watching.wait_for_sightings(1, timeout_s=BOUND_S)
        watching.wait_for_signs_of_life(3)

    assert [b"EA1:GATE"] == watching.tokens()


def test_a_box_without_the_extra_says_which_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cv2.py").write_text("raise ImportError('libGL.so.1: cannot open shared object file')")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    with Watching(reader("/dev/video0")) as watching:
        watching.wait_until(lambda w: w.broken, timeout_s=BOUND_S)

    assert "libGL.so.1" in str(watching.broken)
    assert "install the extra `camera`" in str(watching.broken)


def test_the_child_ends_by_itself_when_nobody_listens_any_more() -> None:
    """Also where it was started by hand, without a leash."""
    command = [sys.executable, "-m", "edge_agent.camera_worker", "--video=/dev/none"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b'{"type":"hello","version":1}\n'
        child.stdin.close()

        assert 0 == child.wait(BOUND_S)


def test_the_daemon_does_not_load_what_looks_at_pictures() -> None:
    """40 MB and native code stay in the child."""
    code = (
        "import sys, drivers.camera, drivers.face, edge_agent.run; print({'cv2', 'numpy', 'models'} & set(sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert "set()" == said.strip()


def test_the_address_of_a_camera_is_not_among_the_arguments(camera: Camera) -> None:
    """Everybody on the box can read those, and the address may hold a password."""
    child = reader(camera.url)
    with Watching(child) as watching:
        watching.wait_until_open(timeout_s=BOUND_S)
        arguments = Path(f"/proc/{child.pid}/cmdline").read_text()

    assert "127.0.0.1" not in arguments


def test_the_driver_is_found_by_its_name() -> None:
    offered = {"name": ReaderName("cam-1"), "now_ns": boot_ns, "video": "/dev/video0", "match": "*"}

    assert isinstance(registry.build("camera", offered, lab=False), CameraReader)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"video": ""}, "which camera"),
        ({"camera_rotate": 45}, "camera_rotate is 0, 90, 180 or 270, not 45"),
        ({"camera_roi": "75 0 25 100"}, "left must be below right"),
        ({"camera_roi": "0 0 100"}, "four numbers"),
    ],
)
def test_settings_that_make_no_sense_are_the_technicians_to_mend(options: dict[str, object], why: str) -> None:
    with pytest.raises(ReaderBroken, match=why):
        reader(**{"video": "/dev/video0", **options})
