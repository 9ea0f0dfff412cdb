"""A face terminal through its real child process, with codes for faces: who is confirmed, and what it cannot break."""

import os
import re
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from drivers import registry
from drivers.child import Patience
from drivers.contract import FaceTemplate, FaceVerdict, Hint, HintKind, Medium, ReaderBroken, ReaderLost, ReaderName
from drivers.face import FaceReader
from hardware_fakes import pretend_faces
from hardware_fakes.camera import Badge, Camera
from hardware_fakes.camera import Mood as View
from hardware_fakes.pretend_faces import face_id, template
from hardware_fakes.watching import Watching, boot_ns

BOUND_S = 30.0
SEED, OTHER_SEED = b"s" * 32, b"t" * 32
ANN, BOB = Badge(text="FACE:ann", module_px=7), Badge(text="FACE:bob", module_px=7)
PRETEND = [sys.executable, "-m", "hardware_fakes.pretend_faces"]


class Known:
    """A gallery that may change at any time."""

    def __init__(self, *names: str) -> None:
        self.seed_now = SEED
        self.now: Sequence[FaceTemplate] = [template(name, SEED) for name in names]
        self.number = 1

    def seed(self) -> bytes:
        return self.seed_now

    def templates(self) -> Sequence[FaceTemplate]:
        return self.now

    def version(self) -> int:
        return self.number

    def becomes(self, *names: str, seed: bytes = SEED) -> None:
        self.seed_now, self.now = seed, [template(name, seed) for name in names]
        self.number += 1


@pytest.fixture
def camera() -> Iterator[Camera]:
    with Camera() as camera:
        yield camera


def reader(video: str, faces: Known | None = None, **options: object) -> FaceReader:
    """The reader as it is, but for its child, which takes codes for faces."""
    made = FaceReader(name=ReaderName("face-1"), now_ns=boot_ns, video=video, faces=faces, camera_fps=15, **options)
    made._command = [*PRETEND, *made._command[3:]]
    made._patience = Patience(silence_s=2.0, end_s=0.2)
    made._memory_max_mb = 500
    return made


def verdict(child: FaceReader, name: str, within_s: float = BOUND_S) -> FaceVerdict:
    return child.verify(face_id(name), within_s).verdict


def wait_for(condition: Callable[[], object]) -> None:
    """Not `Watching.wait_until`: that keeps the reader from hearing answers while it asks."""
    deadline_ns = boot_ns() + round(BOUND_S * 1e9)
    while not condition():
        assert boot_ns() < deadline_ns
        Event().wait(0.02)


def test_a_card_is_confirmed_by_the_face_of_its_owner_alone(camera: Camera) -> None:
    camera.show(ANN)
    child = reader(camera.url, Known("ann", "bob"))
    with Watching(child) as watching:
        watching.wait_until_open(timeout_s=BOUND_S)

        assert FaceVerdict.MATCH is verdict(child, "ann")
        assert FaceVerdict.DIFFERS is verdict(child, "bob")
        assert FaceVerdict.NOT_ENROLLED is verdict(child, "eve")
        assert FaceVerdict.NOT_ENROLLED is child.verify(None, 1.0).verdict
    assert Medium.FACE not in {each.medium for each in watching.sightings}


def test_nobody_before_the_camera_is_unseen_when_the_time_is_over(camera: Camera) -> None:
    child = reader(camera.url, Known("ann"))
    with Watching(child) as watching:
        watching.wait_until_open(timeout_s=BOUND_S)
        look = child.verify(face_id("ann"), 0.4)

    assert (FaceVerdict.UNSEEN, "1:1") == (look.verdict, look.mode)


def test_several_cards_at_once_get_each_their_own_answer(camera: Camera) -> None:
    camera.show(ANN)
    child = reader(camera.url, Known("ann", "bob"))
    names = ["ann", "bob", "eve"] * 4
    with Watching(child) as watching, ThreadPoolExecutor(len(names)) as cards:
        watching.wait_until_open(timeout_s=BOUND_S)
        verdicts = list(cards.map(lambda name: verdict(child, name), names))

    assert [FaceVerdict.MATCH, FaceVerdict.DIFFERS, FaceVerdict.NOT_ENROLLED] * 4 == verdicts


def test_without_a_child_a_card_is_told_at_once_that_the_camera_is_away(camera: Camera) -> None:
    child = reader(camera.url, Known("ann"), face_mode="log")
    before_ns = boot_ns()
    look = child.verify(face_id("ann"), 5.0)

    assert (FaceVerdict.AWAY, "log") == (look.verdict, look.mode)
    assert boot_ns() - before_ns < 10**9
    with pytest.raises(ReaderLost):
        child.capture("bare", 5.0)


def test_a_face_alone_is_a_sighting_where_the_settings_say_so(camera: Camera) -> None:
    with Watching(reader(camera.url, Known("ann"), face_mode="face", face_codes=False)) as watching:
        watching.wait_until_open(timeout_s=BOUND_S)
        watching.wait_for_signs_of_life(1, timeout_s=BOUND_S)
        camera.show(ANN)
        watching.wait_for_sightings(1, timeout_s=BOUND_S)
    [sighting] = watching.sightings

    assert (Medium.FACE, face_id("ann"), "face") == (sighting.medium, sighting.token, sighting.technology)
    assert sighting.look is not None
    assert (FaceVerdict.MATCH, "1:N", 1000, 3) == (
        sighting.look.verdict,
        sighting.look.mode,
        sighting.look.score_milli,
        sighting.look.frames,
    )


def test_badges_are_read_in_the_same_pictures_unless_that_is_switched_off(camera: Camera) -> None:
    camera.show(Badge(text="EA1:0001", module_px=6))
    with Watching(reader(camera.url)) as watching:
        watching.wait_for_sightings(1, timeout_s=BOUND_S)
    with Watching(reader(camera.url, face_codes=False)) as without:
        without.wait_until_open(timeout_s=BOUND_S)
        without.wait_for_signs_of_life(4, timeout_s=BOUND_S)

    assert (Medium.QR, b"EA1:0001") == (watching.sightings[0].medium, watching.sightings[0].token)
    assert not without.sightings


def test_what_whoever_stands_there_should_do_is_told(camera: Camera) -> None:
    hints: list[Hint] = []
    with Watching(reader(camera.url, hear_hint=hints.append)) as watching:
        watching.wait_until_open(timeout_s=BOUND_S)
        shown_ns = camera.show(ANN)
        wait_for(lambda: hints)

    assert ("face-1", HintKind.SHOW_CARD) == (hints[0].reader, hints[0].kind)
    assert shown_ns <= hints[0].at_ns <= boot_ns()


def test_an_enrolment_gives_a_template_that_matches_from_then_on(camera: Camera) -> None:
    camera.show(ANN)
    known = Known()
    child = reader(camera.url, known)
    with Watching(child) as watching:
        watching.wait_until_open(timeout_s=BOUND_S)
        taken = child.capture("bare", BOUND_S, own=face_id("ann"))
        known.now = [FaceTemplate(face_id=face_id("ann"), wearing="bare", model=taken.model, vector=taken.vector)]
        known.number += 1
        wait_for(lambda: verdict(child, "ann") is FaceVerdict.MATCH)
        camera.show()
        watching.wait_for_signs_of_life(2, timeout_s=BOUND_S)
        nobody = child.capture("bare", 0.3)

    assert (pretend_faces.MODEL, 3, ()) == (taken.model, taken.frames, taken.why)
    assert (None, ("unseen",)) == (nobody.vector, nobody.why)


def test_a_gallery_of_three_thousand_gets_across_and_the_last_of_them_is_known(camera: Camera) -> None:
    """1.3 MB do not fit into a pipe: they are told as fast as the child reads."""
    camera.show(ANN)
    known = Known(*(f"{number:04}" for number in range(2999)), "ann")
    child = reader(camera.url, known)
    with Watching(child) as watching:
        watching.wait_until_open(timeout_s=BOUND_S)

        assert FaceVerdict.MATCH is verdict(child, "ann")
        assert FaceVerdict.DIFFERS is verdict(child, "0000")
    assert not watching.losses


def test_a_change_of_the_gallery_reaches_the_child_within_a_second(camera: Camera) -> None:
    """Whoever was erased must not be known any longer."""
    camera.show(ANN)
    known = Known("ann")
    child = reader(camera.url, known)
    with Watching(child) as watching:
        watching.wait_until_open(timeout_s=BOUND_S)
        assert FaceVerdict.MATCH is verdict(child, "ann")
        known.becomes("bob")
        changed_ns = boot_ns()
        wait_for(lambda: verdict(child, "ann") is FaceVerdict.NOT_ENROLLED)
        took_ns = boot_ns() - changed_ns
        known.becomes("ann", seed=OTHER_SEED)
        wait_for(lambda: verdict(child, "ann") is FaceVerdict.MATCH)

    assert took_ns < 10**9


def test_people_whose_faces_another_model_took_are_counted_and_told(camera: Camera) -> None:
    known = Known("ann")
    known.now = [*known.now, template("bob", SEED, model="older/1"), template("ann", SEED, model="older/1")]
    with Watching(reader(camera.url, known)) as watching:
        wait_for(lambda: "to be enrolled anew: 1 people" in watching.reader.probe().detail)


@pytest.mark.parametrize(
    ("doing", "why"),
    [
        ("segv", "crashed with SIGSEGV"),
        ("hang", "gave no sign of life"),
        ("babble", "does not speak our language"),
        ("eat", "MemoryError|SIGABRT"),
    ],
)
def test_a_child_that_goes_wrong_is_started_anew_with_all_it_must_know(camera: Camera, doing: str, why: str) -> None:
    child = reader(camera.url, Known("ann"))
    with Watching(child) as watching:
        watching.wait_until_open(timeout_s=BOUND_S)
        camera.show(Badge(text=f"DO:{doing}", module_px=7))
        watching.wait_until(lambda w: w.losses, timeout_s=BOUND_S)
        camera.show(ANN)
        wait_for(lambda: verdict(child, "ann") is FaceVerdict.MATCH)

    assert re.search(why, str(watching.losses[0]))


def test_who_waits_for_a_child_that_dies_is_told_that_it_is_away(camera: Camera) -> None:
    child = reader(camera.url, Known("ann"))
    with Watching(child) as watching, ThreadPoolExecutor(1) as card:
        watching.wait_until_open(timeout_s=BOUND_S)
        before_ns = boot_ns()
        waiting = card.submit(verdict, child, "ann", BOUND_S)
        watching.wait_for_signs_of_life(1)
        os.kill(child.pid, signal.SIGKILL)

        assert FaceVerdict.AWAY is waiting.result(BOUND_S)
    assert boot_ns() - before_ns < BOUND_S * 10**9 / 2


def test_who_asks_a_child_that_hangs_waits_no_longer_than_the_card_does(camera: Camera) -> None:
    child = reader(camera.url, Known("ann"))
    child._patience = Patience(silence_s=BOUND_S)
    with Watching(child) as watching:
        watching.wait_until_open(timeout_s=BOUND_S)
        os.kill(child.pid, signal.SIGSTOP)
        before_ns = boot_ns()
        said = verdict(child, "ann", 0.5)
        took_ns = boot_ns() - before_ns

    assert FaceVerdict.AWAY is said
    assert 0.5e9 < took_ns < 2e9


def test_a_camera_that_is_unplugged_cannot_confirm_anybody(camera: Camera) -> None:
    child = reader(camera.url, Known("ann"))
    child._command = [*child._command, "--stale=1"]
    with Watching(child) as watching:
        watching.wait_until_open(timeout_s=BOUND_S)
        camera.show(mood=View.UNPLUGGED)
        watching.wait_until(lambda w: not w.reader.probe().is_open, timeout_s=BOUND_S)

        assert FaceVerdict.AWAY is verdict(child, "ann", 1.0)


def test_what_the_camera_sees_now_is_a_small_jpeg_for_whoever_asks_and_no_file(camera: Camera, tmp_path: Path) -> None:
    (tmp_path / "preview").mkdir()
    path = tmp_path / "preview" / "face-1.sock"
    left_behind = socket.socket(socket.AF_UNIX)
    left_behind.bind(str(path))
    left_behind.close()
    with Watching(reader(camera.url, preview_dir=str(path.parent))) as watching:
        watching.wait_until_open(timeout_s=BOUND_S)
        wait_for(lambda: called(path))
        pictures = [called(path) for _ in range(20)]
        mode = path.stat().st_mode & 0o777

    assert all(each[:3] == b"\xff\xd8\xff" and each[-2:] == b"\xff\xd9" for each in pictures)
    assert all(len(each) < 64_000 for each in pictures)
    assert 0o660 == mode
    assert [path] == [each for each in tmp_path.rglob("*") if not each.is_dir()]


def called(path: Path) -> bytes:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(BOUND_S)
        caller.connect(str(path))
        return b"".join(iter(lambda: caller.recv(65_536), b""))


def test_callers_who_never_read_hold_nobody_up(camera: Camera, tmp_path: Path) -> None:
    path = tmp_path / "face-1.sock"
    child = reader(camera.url, Known("ann"), preview_dir=str(tmp_path))
    with Watching(child) as watching:
        watching.wait_until_open(timeout_s=BOUND_S)
        idle = [socket.socket(socket.AF_UNIX) for _ in range(4)]
        for each in idle:
            each.connect(str(path))
        wait_for(lambda: called(path))
        camera.show(ANN)

        assert FaceVerdict.MATCH is verdict(child, "ann")
        for each in idle:
            each.close()


def test_a_folder_that_is_not_there_costs_the_preview_and_nothing_else(camera: Camera, tmp_path: Path) -> None:
    camera.show(ANN)
    child = reader(camera.url, Known("ann"), preview_dir=str(tmp_path / "none"))
    with Watching(child) as watching:
        watching.wait_until_open(timeout_s=BOUND_S)

        assert FaceVerdict.MATCH is verdict(child, "ann")


def test_a_box_without_models_says_which_and_what_to_do(camera: Camera, tmp_path: Path) -> None:
    """Broken, and tried again slowly: once they are installed it sees, without anybody restarting anything."""
    child = FaceReader(name=ReaderName("face-1"), now_ns=boot_ns, video=camera.url, models_dir=str(tmp_path / "models"))
    with Watching(child) as watching:
        watching.wait_until(lambda w: w.broken, timeout_s=BOUND_S)

    assert str(tmp_path / "models") in str(watching.broken)
    assert "edge-agent models install" in str(watching.broken)
    assert FaceVerdict.AWAY is verdict(child, "ann", 1.0)


def test_the_driver_is_found_by_its_name() -> None:
    offered = {"name": ReaderName("face-1"), "now_ns": boot_ns, "video": "/dev/video0", "match": "*"}

    assert isinstance(registry.build("face", offered, lab=False), FaceReader)


def test_settings_that_make_no_sense_are_the_technicians_to_mend() -> None:
    with pytest.raises(ReaderBroken, match="which camera"):
        FaceReader(name=ReaderName("face-1"), now_ns=boot_ns)
