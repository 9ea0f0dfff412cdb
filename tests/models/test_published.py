"""The published models, installed from the registry: they compute what their sources compute, on real faces, too."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.errors import ModelAltered, ModelError
from models.install import verify
from models.manifest import shipped
from models.quantise import ranges_of, to_int8
from models.session import Session
from models.shelf import Made, Shelf
from models.verify import mind_int8

pytestmark = pytest.mark.models
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def shelf(face_models: Path) -> Shelf:
    return Shelf(face_models)


@pytest.fixture(scope="module")
def faces(photographs: Path) -> np.ndarray:
    """The middle of each portrait, as large as a chip: not aligned, so good for likeness to oneself only."""
    chips = []
    for path in sorted(photographs.glob("*.jpg")):
        picture = cv2.imread(str(path))
        side = min(picture.shape[:2])
        left = (picture.shape[1] - side) // 2
        chips.append(cv2.resize(picture[:side, left : left + side], (112, 112), interpolation=cv2.INTER_AREA))
    return np.stack(chips)[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32)


@pytest.fixture(scope="module")
def int8(shelf: Shelf) -> bytes:
    return to_int8(shelf.model("sface", "fp32-1").read(), ranges_of("sface", "int8-1"))


@pytest.mark.parametrize("name", ["yunet", "centerface", "sface"])
def test_each_model_computes_what_it_computed_when_it_was_installed(shelf, name) -> None:
    verify(shelf, name, "fp32-1")


def test_six_photographs_are_there(photographs) -> None:
    names = {"impostor_1", "impostor_2", "person_a_1", "person_a_2", "person_b_1", "person_b_2"}

    assert names == {path.stem for path in photographs.glob("*.jpg")}


def test_every_photograph_has_a_face(shelf, photographs) -> None:
    session = Session(shelf.model("yunet"))
    for path in sorted(photographs.glob("*.jpg")):
        picture = cv2.resize(cv2.imread(str(path)), (320, 384), interpolation=cv2.INTER_AREA)
        pixels = picture.transpose(2, 0, 1)[None].astype(np.float32)

        found = dict(zip(session.outputs, session.run(input=pixels), strict=True))

        assert 0.8 < max(np.sqrt(found[f"cls_{n}"] * found[f"obj_{n}"]).max() for n in (8, 16, 32)), path.name


def test_centerface_takes_any_size(shelf) -> None:
    outputs = Session(shelf.model("centerface")).run(**{"input.1": np.zeros((1, 3, 160, 192), np.float32)})

    assert [(1, 1, 40, 48), (1, 2, 40, 48), (1, 2, 40, 48), (1, 10, 40, 48)] == [each.shape for each in outputs]


def test_a_face_and_its_mirror_image_are_one_run(shelf, faces) -> None:
    session = Session(shelf.model("sface", "fp32-1"))
    both = np.stack([faces[0], faces[0][..., ::-1]])

    [found] = session.run(data=both)

    alone = [session.run(data=each[None])[0][0] for each in both]
    np.testing.assert_allclose(found, np.stack(alone), rtol=1e-3, atol=1e-4)


def test_int8_is_like_fp32_on_faces(shelf, int8, faces) -> None:
    """Measured on 320 aligned faces: mean 0.9955, least 0.991."""
    ours, theirs = Session(int8).run(data=faces)[0], Session(shelf.model("sface", "fp32-1")).run(data=faces)[0]

    cosines = (ours * theirs).sum(1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)
    assert 0.97 < cosines.min()
    mind_int8(int8, shelf.model("sface", "fp32-1").read(), shipped().entry("sface"))


def test_int8_that_saturates_is_refused(shelf) -> None:
    """As processors do that add products in 16 bits."""
    halved = {name: (low / 8, high / 8) for name, (low, high) in ranges_of("sface", "int8-1").items()}
    fp32 = shelf.model("sface", "fp32-1").read()

    with pytest.raises(ModelError, match="too unlike on this processor"):
        mind_int8(to_int8(fp32, halved), fp32, shipped().entry("sface"))


def test_one_bit_is_enough_to_be_refused(shelf, tmp_path) -> None:
    content = shelf.model("sface", "fp32-1").read()
    copy = Shelf(tmp_path)
    with copy.locked():
        copy.place([Made(name="sface", recipe="fp32-1", content=content)])
    model = copy.model("sface", "fp32-1")
    for place in (0, 1000, len(content) // 2, len(content) - 1):
        with model.path.open("r+b") as file:
            file.seek(place)
            file.write(bytes([content[place] ^ 1]))
        with pytest.raises(ModelAltered, match="not used"):
            Session(model)
        with model.path.open("r+b") as file:
            file.seek(place)
            file.write(content[place : place + 1])
    assert content == model.read()


def test_a_shelf_with_another_models_file_is_refused(shelf, tmp_path) -> None:
    copy = Shelf(tmp_path)
    with copy.locked():
        copy.place([Made(name="sface", recipe="fp32-1", content=shelf.model("yunet").read())])

    with pytest.raises(ModelError, match="another model"):
        Session(copy.model("sface"))


DAMAGE = """
import json, random, sys
import numpy as np
from pathlib import Path
from models.errors import ModelError
from models.session import Session

content, rng, told = Path(sys.argv[1]).read_bytes(), random.Random(1), {"ran": 0, "refused": 0}
for i in range(60):
    changed = bytearray(content)
    if i % 2:
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    else:
        del changed[rng.randrange(len(changed)):]
    try:
        Session(bytes(changed)).run(input=np.zeros((1, 3, 64, 64), np.float32))
        told["ran"] += 1
    except ModelError:
        told["refused"] += 1
print(json.dumps(told))
"""


def test_a_damaged_detector_crashes_nobody_even_unchecked(shelf) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DAMAGE, str(shelf.model("yunet").path)],
        capture_output=True, text=True, timeout=60, check=False, cwd=ROOT,
    )  # fmt: skip

    assert 0 == done.returncode, done.stderr[-2000:]
    assert 30 <= json.loads(done.stdout)["refused"]
