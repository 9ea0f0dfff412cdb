"""`edge-agent models eval` with the published models and six photographs: figures, tables, exit codes."""

import json
from pathlib import Path

import pytest

from edge_agent.cli import main

pytestmark = pytest.mark.models

PEOPLE = {
    "person_a_1": "a",
    "person_a_2": "a",
    "person_b_1": "b",
    "person_b_2": "b",
    "impostor_1": "c",
    "impostor_2": "d",
}


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    names = list(PEOPLE)
    lines = [f"{a}.jpg,{b}.jpg,{int(PEOPLE[a] == PEOPLE[b])}" for i, a in enumerate(names) for b in names[i + 1 :]]
    path = tmp_path / "pairs.csv"
    path.write_text("\n".join(["a,b,same", *lines]))
    return path


@pytest.fixture
def identify(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    rows = [
        "person_a_1,a,gallery",
        "person_b_1,b,gallery",
        "person_a_2,a,probe",
        "person_b_2,b,probe",
        "impostor_1,c,unknown",
    ]
    path.write_text("\n".join(["image,identity,role", *(row.replace(",", ".jpg,", 1) for row in rows)]))
    return path


def asked(*words: object) -> int:
    return main(["models", "eval", *map(str, words)])


def test_six_photographs_are_told_apart(
    face_models: Path, photographs: Path, pairs: Path, identify: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = asked(
        "--pairs", pairs, "--identify", identify, "--root", photographs, "--models-dir", face_models, "--json"
    )  # fmt: skip

    told = json.loads(capsys.readouterr().out)
    assert 0 == code
    assert told["model"].endswith("/int8-1/cf")
    assert (6, 0) == (told["pictures"]["count"], told["pictures"]["failed"]["errors"])
    assert (2, 13, 0.0) == tuple(told["overall"][name] for name in ("genuine", "impostor", "eer"))
    assert {"errors": 0, "trials": 13, "value": 0.0, "at_most": 3 / 13} == told["overall"]["at_shipped"]["fmr"]
    assert told["overall"]["at_fmr"]["0.001"] is None
    assert "1000 impostor pairs are needed; there are 13" == told["overall"]["why_not"]["at_fmr 0.001"]
    assert (1.0, 2) == (told["identification"]["rank_1"], told["identification"]["gallery"])


def test_the_table_is_for_people(
    face_models: Path, photographs: Path, pairs: Path, identify: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = asked("--pairs", pairs, "--identify", identify, "--root", photographs, "--models-dir", face_models)

    said = capsys.readouterr().out
    assert 0 == code
    assert "one to one" in said
    assert "rank-1" in said
    assert "<= 23.08%" in said


@pytest.mark.parametrize("mode", ["detector", "mirror"])
def test_what_is_not_shipped_claims_no_shipped_threshold(
    face_models: Path, photographs: Path, pairs: Path, mode: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = asked("--pairs", pairs, "--root", photographs, "--models-dir", face_models, "--mode", mode, "--json")

    told = json.loads(capsys.readouterr().out)
    assert 0 == code
    assert told["overall"]["at_shipped"] is None
    assert "the calibration has no row for this model" == told["overall"]["why_not"]["at_shipped"]


def test_a_wrong_table_is_wrong_use(
    face_models: Path, photographs: Path, pairs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs.write_text("a,b,same\nperson_a_1.jpg,nobody.jpg,1\n")

    assert 2 == asked("--pairs", pairs, "--root", photographs, "--models-dir", face_models)
    assert "line 2, column 'b': no such file" in capsys.readouterr().err


def test_a_file_that_is_no_picture_is_wrong_use(
    face_models: Path, pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.jpg").write_bytes(b"no picture")
    pairs.write_text("a,b,same\nx.jpg,x.jpg,1\n")

    assert 2 == asked("--pairs", pairs, "--models-dir", face_models)
    assert "line 2, column 'a'" in capsys.readouterr().err


def test_nothing_to_measure_is_wrong_use(face_models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert 2 == asked("--models-dir", face_models)
    assert "--pairs or --identify" in capsys.readouterr().err


def test_without_models_it_fails_and_says_what_to_do(
    photographs: Path, pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 1 == asked("--pairs", pairs, "--root", photographs, "--models-dir", tmp_path / "none")
    assert "edge-agent models install" in capsys.readouterr().err


def test_without_any_face_it_fails(
    face_models: Path, pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import cv2  # noqa: PLC0415 - only here
    import numpy as np  # noqa: PLC0415

    cv2.imwrite(str(tmp_path / "x.png"), np.full((90, 90, 3), 90, np.uint8))
    pairs.write_text("a,b,same\nx.png,x.png,1\n")

    assert 1 == asked("--pairs", pairs, "--models-dir", face_models)
    assert "no picture has a face" in capsys.readouterr().err
