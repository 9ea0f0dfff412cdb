"""A gate where a card wants a face, and one where a face is enough: the real daemon, models, and a camera by script."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any

import pytest

from drivers.contract import AnswerKind
from edge_agent.cli import main
from edge_agent.control.client import ask
from hardware_fakes.lab import Gate, Lab
from hardware_fakes.mosquitto import Mosquitto
from hardware_fakes.player import touch
from hardware_fakes.site import crew
from hardware_fakes.slot import Slot

pytestmark = [
    pytest.mark.models, pytest.mark.mosquitto, pytest.mark.usefixtures("real_mosquitto"), pytest.mark.timeout(300),
]  # fmt: skip

PEOPLE = crew(3, seed=5)
ANNA, BEN, CARL = PEOPLE
OPENS_S, LOOKS_S, GONE_S = 60.0, 20.0, 3.0
MODES = {"cam-1": "card+face", "cam-2": "face"}


class Stage:
    """What both cameras see, until the next scene is put on."""

    def __init__(self, photographs: Path, face_models: Path) -> None:
        from hardware_fakes.scene import Scene  # noqa: PLC0415 - numpy and OpenCV, an optional extra
        from hardware_fakes.stream import CameraServer  # noqa: PLC0415

        self._scene = Scene
        self._portraits = {file.stem: _portrait(file, face_models) for file in sorted(photographs.glob("*.jpg"))}
        self._now = Scene()
        self.camera = CameraServer(self, fps=12)

    def mood_at(self, t_s: float) -> Any:
        return self._now.mood_at(t_s)

    def jpeg_at(self, t_s: float) -> bytes:
        return self._now.jpeg_at(t_s)

    def empty(self) -> None:
        """Nobody there, and for so long that whoever was is forgotten."""
        self._put_on(self._scene())
        Event().wait(GONE_S)

    def comes(self, name: str) -> None:
        """Somebody comes up within a second, and stays."""
        portrait = self._portraits[name]
        self._put_on(self._scene().walks_up(portrait, from_s=0.0, to_s=1.0, stays_s=600, face_px=(40, 150)))

    def holds_photo(self, name: str) -> None:
        self._put_on(self._scene().held_photo(self._portraits[name], from_s=0.0, to_s=600, face_px=130))

    def _put_on(self, scene: Any) -> None:
        self._now = scene
        self.camera.begin()


def _portrait(file: Path, face_models: Path) -> Any:
    import cv2  # noqa: PLC0415

    from hardware_fakes.paint import Portrait  # noqa: PLC0415
    from models.shelf import Shelf  # noqa: PLC0415
    from models.sight import Sight  # noqa: PLC0415

    picture = cv2.imread(str(file))
    height, width = picture.shape[:2]
    face = max(Sight.of(Shelf(face_models)).find(picture), key=lambda each: each.width)
    box = (face.left / width, face.top / height, face.width / width, face.height / height)
    return Portrait.of(picture, face=box)


@dataclass
class FaceGate:
    lab: Lab
    stage: Stage
    photographs: Path

    def touch(self, holder: Any) -> AnswerKind | None:
        return touch(self.lab.gates[0], holder.card, patience_s=LOOKS_S)

    def cli(self, *words: str) -> int:
        return main([*words, "--socket", str(self.lab.socket)])

    def enrol(self, holder: Any, photograph: str) -> int:
        """From a photo, as the office does it."""
        photo = str(self.photographs / f"{photograph}.jpg")
        return self.cli("enroll", holder.ccus_id, "--face", "--photo", photo, "--notice-shown", "--json")

    def enrol_here(self, holder: Any, name: str) -> int:
        """Before the camera, as the foreman does it."""
        self.stage.comes(name)
        return self.cli("enroll", holder.ccus_id, "--face", "--reader", "cam-1", "--notice-shown", "--json")

    def reader(self, name: str) -> dict[str, Any]:
        return next((each for each in self.lab.status().get("readers", []) if each["name"] == name), {})

    def wait_until_open(self) -> None:
        self.lab.wait_for(
            lambda: all(self.reader(name).get("state") == "open" for name in MODES), what="cameras", timeout_s=OPENS_S
        )


@pytest.fixture
def gate(photographs: Path, face_models: Path) -> Iterator[FaceGate]:
    stage = Stage(photographs, face_models)
    with TemporaryDirectory(prefix="edge-", dir="/tmp") as name:
        folder = Path(name)
        (folder / "face.key").touch(mode=0o600)
        (folder / "face.key").write_bytes(bytes(range(32)))
        slot = Slot(folder / "gate-1.sock")
        card = Gate(name="gate-1", role="toggle", slot=slot, settings={"confirmed_by": "cam-1"})
        cameras = [
            ("[[reader]]", {
                "name": name, "driver": "face", "role": "toggle", "face_mode": mode, "camera_fps": 12.0,
                "video": f"{stage.camera.url}?{name}",
            })
            for name, mode in MODES.items()
        ]  # fmt: skip
        face = ("[face]", {"models_dir": str(face_models), "key_file": str(folder / "face.key"), "verify_s": 4.0})
        with (
            Mosquitto(folder / "broker", acl=False) as broker,
            Lab(
                folder, gates=[card], people=PEOPLE, broker=broker, driver="simulated", agent={"lab": True},
                site={"repeat_window_s": 1}, more=[face, *cameras],
            ) as lab,
        ):  # fmt: skip
            lab.start_receiver()
            lab.start_agent()
            yield FaceGate(lab, stage, photographs)
        slot.close()
    stage.camera.close()


def looks(lab: Lab) -> list[tuple[str, str, list[str]]]:
    """Method, verdict and reasons of each touch the office holds."""
    data = [json.loads(each.body)["data"] for each in lab.received()]
    return [
        (each["method"], (each["evidence"].get("face") or {}).get("verdict", ""), each.get("because", []))
        for each in data
    ]  # fmt: skip


def test_a_face_confirms_a_card_and_stops_nobody(gate: FaceGate) -> None:
    gate.stage.empty()
    gate.wait_until_open()
    assert 0 == gate.enrol_here(ANNA, "person_a_2")
    assert 0 == gate.enrol(BEN, "person_b_1")

    gate.stage.comes("person_a_1")
    assert AnswerKind.ENTERED == gate.touch(ANNA)
    assert AnswerKind.PENDING == gate.touch(BEN), "Ben's card in Anna's hand"
    gate.stage.empty()
    assert AnswerKind.PENDING == gate.touch(ANNA), "nobody before the camera"
    assert AnswerKind.ENTERED == gate.touch(CARL), "whose face was never enrolled"

    gate.lab.wait_for(lambda: len(looks(gate.lab)) >= 4, what="the office has them")
    said = [each for each in looks(gate.lab) if each[0] == "card"]
    assert [
        ("card", "match", []), ("card", "differs", ["face_differs"]), ("card", "unseen", ["face_unseen"]),
        ("card", "not_enrolled", ["face_not_enrolled"]),
    ] == said  # fmt: skip


def test_a_face_alone_enters_once_and_strangers_and_pictures_are_sent_to_the_card(gate: FaceGate) -> None:
    gate.stage.empty()
    gate.wait_until_open()
    assert 0 == gate.enrol(ANNA, "person_a_2")
    assert 0 == gate.enrol(BEN, "person_b_1")
    news = ask(gate.lab.socket, "watch", timeout_s=LOOKS_S)

    def heard(wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        return next(each for each in news if wanted(each))

    gate.stage.comes("person_b_2")
    came = heard(lambda each: each.get("method") == "face")
    assert ("cam-2", BEN.ccus_id, "entered") == (came["reader"], came["worker"], came["answer"])
    for comes in (lambda: gate.stage.comes("impostor_1"), lambda: gate.stage.holds_photo("person_a_2")):
        gate.stage.empty()
        comes()
        sent = heard(lambda each: each.get("method") == "face" or each.get("hint") == "show_card")
        assert "show_card" == sent.get("hint"), sent
    assert 1 == [each[0] for each in looks(gate.lab)].count("face")


def test_a_camera_process_that_is_killed_leaves_the_cards_alone(gate: FaceGate) -> None:
    """I11, and a face is never the only way in."""
    gate.stage.empty()
    gate.wait_until_open()
    assert 0 == gate.enrol(ANNA, "person_a_2")
    for pid in face_workers(gate.lab.pid("agent")):
        os.kill(pid, signal.SIGSEGV)
    gate.lab.wait_for(lambda: gate.reader("cam-1").get("state") != "open", what="the camera is lost", timeout_s=5)

    assert AnswerKind.ENTERED == gate.touch(ANNA)
    gate.lab.wait_for(lambda: ("card", "away", ["face_away"]) in looks(gate.lab), what="the office has it")
    gate.wait_until_open()
    gate.stage.empty()  # and so long that the card is new to its reader
    gate.stage.comes("person_a_1")
    assert AnswerKind.LEFT == gate.touch(ANNA)


def test_who_takes_consent_back_is_forgotten_at_once(gate: FaceGate) -> None:
    gate.stage.empty()
    gate.wait_until_open()
    assert 0 == gate.enrol(ANNA, "person_a_2")
    assert 0 == gate.cli("face", "withdraw", ANNA.ccus_id)
    gate.stage.comes("person_a_1")

    assert AnswerKind.ENTERED == gate.touch(ANNA)
    gate.lab.wait_for(
        lambda: ("card", "not_enrolled", ["face_not_enrolled"]) in looks(gate.lab), what="the office has it"
    )
    kept = {each.name for each in (gate.lab.spool.parent / "gallery").rglob("*") if each.is_file()}
    assert {"secret", "log"} == kept


def face_workers(agent: int) -> list[int]:
    """Process ids of the daemon's children that look at faces."""
    tasks = Path(f"/proc/{agent}/task").iterdir()
    pids = {int(pid) for task in tasks for pid in (task / "children").read_text().split()}
    return [pid for pid in pids if b"edge_agent.face_worker" in Path(f"/proc/{pid}/cmdline").read_bytes()]
