"""The benchmark measures every step of the real models, and says why others were not asked."""

from pathlib import Path

import numpy as np
import pytest

from models.bench import canvas, figures, photograph, took
from models.peers import opencv
from models.pictures import PictureUnusable
from models.shelf import Shelf
from models.sight import Sight


def test_a_step_that_takes_longer_is_seen_to() -> None:
    table = np.random.default_rng(1).random((400, 400))

    times = took({"one": lambda: table @ table, "twenty": lambda: [table @ table for _ in range(20)]}, rounds=5)

    assert 0 < times["one"].best_ms <= times["one"].median_ms
    assert times["twenty"].cpu_ms > 5 * times["one"].cpu_ms


def test_a_file_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "face.jpg").write_text("no picture")

    with pytest.raises(PictureUnusable, match=r"face\.jpg: no picture"):
        photograph(tmp_path / "face.jpg")


@pytest.mark.parametrize("size", [(90, 40), (40, 90)])
def test_a_photograph_fits_into_the_canvas_whole(size: tuple[int, int]) -> None:
    white = np.full((size[1], size[0], 3), 255, dtype=np.uint8)

    picture = canvas(640, 480, white)

    assert picture.shape == (480, 640, 3)
    assert (picture[240, 320] == 255).all()


@pytest.mark.models
def test_every_step_of_the_real_models_is_measured(face_models: Path, photographs: Path) -> None:
    shelf = Shelf(face_models)
    shown = canvas(320, 240, photograph(photographs / "person_b_1.jpg"))
    peers = {"OpenCV": opencv(shelf.model("yunet").path, shelf.model("sface").path), "other": "not installed"}

    row = figures(Sight.of(shelf), shown, rounds=2, peers=peers)

    assert row.has_face
    assert set(row.steps) > {"find", "landmarks", "align", "quality", "embed", "full"}
    assert all(step.best_ms > 0 for step in row.steps.values())
    assert row.steps["full"].cpu_ms > row.steps["align"].cpu_ms
    assert 0 < row.watching_percent
    assert row.peers["other"] == "not installed"
