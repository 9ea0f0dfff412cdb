"""The worst kind of attack counts; without errors no more is claimed than n allows."""

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_agent.cli import main
from edge_agent.cli.model_actions.eval_pad import _text, as_json
from models.face import Face
from models.pad import Pad
from models.species import Found, Rate, Report, evaluated, pictures_in, word_of
from tests.models.living import HEAD, camera, drawn, face_of, hall, held_up, seen

POINTS = seen(HEAD, at=(320, 150), eyes_px=40)


def found(living: int, attacks: int = 0, faceless: int = 0) -> Found:
    return Found(words=Counter({"": living, "paper": attacks, "no_face": faceless}))


def test_the_worst_species_counts_and_not_the_mean() -> None:
    report = Report(
        bonafide=found(95, 5), attacks={"print": found(1, 99), "phone": found(3, 7), "tablet": found(0, 50)}
    )

    said = as_json(report, ())

    assert {"species": "phone", "share": 0.3, "errors": 3, "n": 10, "at_most_95": None} == said["apcer_max"]
    assert (0.01, 0.05) == (said["apcer"]["print"]["share"], said["bpcer"]["share"])


def test_without_an_error_no_more_is_claimed_than_three_in_n() -> None:
    assert [0.03, 1.0, None, None] == [Rate(errors=e, n=n).at_most for e, n in ((0, 100), (0, 2), (1, 100), (0, 0))]


def test_pictures_without_a_face_are_neither() -> None:
    """Attacks in which no face is found would make the rate look good."""
    rate = found(1, 3, faceless=96).taken_for_living

    assert (0.25, 4) == (rate.share, rate.n)
    assert 96 == found(1, 3, faceless=96).unanswered.errors


def test_nothing_tried_is_no_rate() -> None:
    said = as_json(Report(bonafide=found(0), attacks={"print": found(0)}), ())

    assert (None, None, None) == (said["apcer_max"], said["bpcer"]["share"], said["apcer"]["print"]["share"])
    assert "nothing was tried" in _text(said)


def test_the_text_says_n_the_worst_and_what_is_missing() -> None:
    text = _text(as_json(Report(bonafide=found(100), attacks={"print": found(2, 8)}), ()))

    assert "0.0% (0 of 100, so at most 3.0% (95 %))" in text
    assert "the worst (print): 20.0% (2 of 10)" in text
    assert "no network against pictures is installed" in text


class Says:
    inputs = ("input",)

    def run(self, **_):
        return [np.array([[0.0, 0.0]], dtype=np.float32)]


def test_where_a_network_doubts_a_picture_does_not_pass() -> None:
    assert ["", "pad_model"] == [
        word_of(camera(drawn(hall(), POINTS)), [face_of(POINTS)], pad)
        for pad in (Pad({}), Pad({"pad-antispoof": Says()}))
    ]


def test_folders_of_pictures_are_counted_by_species(tmp_path: Path) -> None:
    sheets = [held_up(hall(i), tilt_deg=3, size=1, shines=False, frame_px=8) for i in range(3)]
    heads = {tmp_path / "live" / f"{i}.png": (drawn(hall(i), POINTS), POINTS) for i in range(2)}
    attacks = {tmp_path / "attacks" / "print" / "deeper" / f"{i}.png": each for i, each in enumerate(sheets)}
    where: dict[bytes, Face] = {}
    for path, (picture, points) in {**heads, **attacks}.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), camera(picture))
        where[camera(picture).tobytes()] = face_of(points)
    (tmp_path / "live" / "notes.txt").write_text("no picture")
    (tmp_path / "live" / "torn.png").write_bytes(b"no picture either")
    (tmp_path / "live" / "empty.png").write_bytes(b"")
    (tmp_path / "attacks" / "phone").mkdir()

    report = evaluated(
        tmp_path / "live", tmp_path / "attacks", find=lambda picture: [where[picture.tobytes()]], pad=Pad({})
    )

    assert 2 == report.bonafide.taken_for_living.errors == report.bonafide.taken_for_living.n
    assert ("print", 3, 0) == (
        report.worst,
        report.attacks["print"].taken_for_living.n,
        report.attacks["print"].taken_for_living.errors,
    )
    assert report.attacks["phone"].taken_for_living.share is None


@pytest.mark.parametrize("suffix", [".JPG", ".png"])
def test_pictures_are_read_whatever_their_suffix_looks_like(tmp_path: Path, suffix: str) -> None:
    cv2.imwrite(str(tmp_path / f"a{suffix}"), camera(hall()))

    assert 1 == len(list(pictures_in(tmp_path)))


def test_attacks_of_no_kind_are_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Else nothing would be tried, and that would look like nothing that passed."""
    words = ["models", "eval-pad", "--bonafide", str(tmp_path), "--attacks", str(tmp_path)]

    assert 2 == main([*words, "--models-dir", str(tmp_path)])
    assert "holds no folders" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["models", "eval-pad", "--bonafide", str(tmp_path), "--attacks", str(tmp_path / "none")]

    assert 2 == main([*words, "--models-dir", str(tmp_path)])
    assert "no such folder" in capsys.readouterr().err
