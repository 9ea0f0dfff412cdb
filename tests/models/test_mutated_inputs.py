"""Rubbish is refused in words or shows no face. A picture somebody hands in, or a bad file, never ends the process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.models

PROGRAM = Path(__file__).with_name("mutated.py")
ROOT = Path(__file__).parents[2]
LEASH = ROOT / "drivers" / "leash.py"
Came = dict[str, str]


@pytest.fixture(scope="module")
def came(face_models: Path, photographs: Path) -> Came:
    """What became of each case. The program may die of one: what is told then is that one."""
    ended = subprocess.run(
        [sys.executable, LEASH, str(os.getpid()), "0", sys.executable, PROGRAM, face_models, photographs],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    found = {line["case"]: line["came"] or f"died ({ended.returncode}): {ended.stderr[-500:]}" for line in lines}
    assert found, ended.stderr[-2000:]
    return found


def of(came: Came, *words: str) -> Came:
    return {case: what for case, what in came.items() if all(word in case for word in words)}


def test_two_hundred_wrong_inputs_are_refused_in_words_or_looked_at(came: Came) -> None:
    wrong = {
        case: what
        for case, what in came.items()
        if what not in {"face", "no face"} and len(what.partition("refused: ")[2]) < 10
    }

    assert not wrong
    assert 200 == len(came)


def test_half_a_photograph_is_refused(came: Came) -> None:
    """A decoder fills what is missing with grey and says nothing: half a face would be enrolled."""
    cut = of(came, "bytes", "cut at")

    assert 24 == len(cut)
    assert all(what.startswith("refused: ") for what in cut.values()), cut


def test_what_is_no_picture_is_refused(came: Came) -> None:
    kinds = of(came, "kind ")

    assert "face" == kinds.pop("kind photograph with a tail")
    assert 15 == len(kinds)
    assert all(what.startswith("refused: ") for what in kinds.values()), kinds


@pytest.mark.parametrize("form", ["grey", "16 bits", "alpha", "8k"])
def test_a_photograph_in_another_form_still_shows_a_face(came: Came, form: str) -> None:
    forms = of(came, "form", f" {form}")

    assert forms
    assert {"face"} == {what for case, what in forms.items() if not case.endswith("8 bits of noise")}


@pytest.mark.parametrize("form", ["1 px", "1 row", "8 bits of noise"])
def test_what_shows_nobody_has_no_face(came: Came, form: str) -> None:
    assert {"no face"} == set(of(came, "form", form).values())


def test_numbers_that_are_no_picture_are_refused(came: Came) -> None:
    arrays = of(came, "array ")

    assert ["face"] * 2 == [arrays.pop(f"array {each}") for each in ("turned strides", "alpha")]
    assert all(what.startswith("refused: ") for what in arrays.values()), arrays


@pytest.mark.parametrize("how", ["cut", "without its end", "another", "text"])
def test_a_file_that_is_not_the_model_is_refused(came: Came, how: str) -> None:
    models = {case: what for case, what in came.items() if case.startswith("model ") and case.endswith(f" {how}")}

    assert 3 == len(models)
    assert all(what.startswith("refused: ") for what in models.values()), models
