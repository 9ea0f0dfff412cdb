"""The face worker used once: a template of a photograph, templates turned anew. No camera, no file, no key."""

import struct
import subprocess
import sys
from collections.abc import Sequence

import cv2
import pytest

from drivers.wire.lines import Captured, Enrol, Failed, Forget, Line, Message, Secret, Template, line_of, parse
from hardware_fakes.camera import Badge, drawn
from hardware_fakes.pretend_faces import face_id, template

BOUND_S = 30.0
OLD, NEW = b"o" * 32, b"n" * 32


def run(
    option: str, said: bytes, *, module: str = "hardware_fakes.pretend_faces"
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", module, option, "--models-dir=/nowhere"]
    return subprocess.run(command, input=said, capture_output=True, timeout=BOUND_S, check=False)


def answers(output: bytes) -> Sequence[Message]:
    return [parse(Line(text, is_whole=True)) for text in output.splitlines()]


def asked(picture: bytes) -> bytes:
    wish = Enrol(number=7, wearing="bare", within_ms=1000)
    bob = template("bob", OLD)
    known = Template(face_id=bob.face_id, wearing="bare", model=bob.model, vector=bob.vector)
    return b"".join(map(line_of, [Secret(seed=OLD), wish, known])) + b"\n" + picture


def photograph(*badges: Badge) -> bytes:
    return cv2.imencode(".png", drawn(badges, size=(640, 480)))[1].tobytes()


def test_a_photograph_becomes_a_template() -> None:
    done = run("--photo", asked(photograph(Badge(text="FACE:ann", module_px=7))))
    expected = template("ann", OLD)

    assert 0 == done.returncode, done.stderr
    assert [Captured(number=7, model=expected.model, vector=expected.vector, frames=1)] == answers(done.stdout)


@pytest.mark.parametrize(
    ("picture", "why"), [(b"", "no_picture"), (b"GIF89a no", "no_picture"), (photograph(), "no_face")]
)
def test_what_gives_no_template_says_why(picture: bytes, why: str) -> None:
    done = run("--photo", asked(picture))
    [taken] = answers(done.stdout)

    assert (0, 7, None, [why]) == (done.returncode, taken.number, taken.vector, taken.why)


def test_templates_turned_there_and_back_are_the_same_and_between_are_not() -> None:
    ann = template("ann", OLD)
    there = [
        Secret(seed=OLD),
        Secret(seed=NEW),
        Template(face_id=face_id("ann"), wearing="helmet", model="m", vector=ann.vector),
    ]
    [turned] = answers(run("--turn", b"".join(map(line_of, there))).stdout)
    [back] = answers(run("--turn", b"".join(map(line_of, [Secret(seed=NEW), Secret(seed=OLD), turned]))).stdout)

    assert (face_id("ann"), "helmet", "m") == (turned.face_id, turned.wearing, turned.model)
    assert cosine(turned.vector, ann.vector) < 0.5
    assert cosine(back.vector, ann.vector) > 0.999


def cosine(one: bytes, other: bytes) -> float:
    pairs = zip(struct.unpack("<128e", one), struct.unpack("<128e", other), strict=True)
    return sum(a * b for a, b in pairs)


@pytest.mark.parametrize("option", ["--photo", "--turn"])
@pytest.mark.parametrize("said", [b"", b"nonsense\n", line_of(Forget()), line_of(Secret(seed=OLD)) + b"x" * 9000])
def test_what_was_not_agreed_is_refused(option: str, said: bytes) -> None:
    done = run(option, said)

    assert (2, b"") == (done.returncode, done.stdout)
    assert done.stderr
    assert b"Traceback" not in done.stderr


def test_a_box_without_models_says_what_to_do() -> None:
    done = run("--photo", asked(b""), module="edge_agent.face_worker")
    [failed] = answers(done.stdout)

    assert isinstance(failed, Failed)
    assert "edge-agent models install" in failed.why
    assert 1 == done.returncode
