"""Networks get the cut they learned with; the middle of three looks counts, and of two networks the one that doubts."""

import numpy as np
import pytest

from models.pad import KINDS, LOOKS_MIN, Doubt, Pad, kept_inside, mirrored, softmax
from tests.models.living import HEAD, face_of, seen

PICTURE = np.random.default_rng(0).integers(0, 255, (480, 640, 3), dtype=np.uint8)
FACE = face_of(seen(HEAD, eyes_px=40))


class Said:
    """A network that says what it is told to, and keeps what it was asked."""

    inputs = ("picture",)

    def __init__(self, *answers) -> None:
        self.answers = list(answers)
        self.asked: list[np.ndarray] = []

    def run(self, **inputs):
        self.asked.append(inputs["picture"])
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [np.array([answer], dtype=np.float32)]


def doubt_of(*living: float) -> Doubt:
    doubt = Doubt(Pad({"pad-antispoof": Said(*([np.log(p), np.log(1 - p)] for p in living))}))
    for _ in living:
        doubt.saw_look(PICTURE, FACE)
    return doubt


def test_without_a_network_nothing_is_said() -> None:
    doubt = Doubt(Pad({}))
    doubt.saw_look(PICTURE, FACE)

    assert (False, True, "", False) == (doubt.is_asked, doubt.is_ready, doubt.why, doubt.is_sure)
    assert Pad({}).living(PICTURE, FACE) is None


def test_fewer_than_three_looks_decide_nothing() -> None:
    doubt = doubt_of(*[0.01] * (LOOKS_MIN - 1))

    assert (False, "", False) == (doubt.is_ready, doubt.why, doubt.is_sure)


@pytest.mark.parametrize(
    ("living", "why", "is_sure"),
    [
        ((0.9, 0.9, 0.01), "", True),
        ((0.01, 0.9, 0.01), "pad_model", False),
        ((0.5, 0.9, 0.01), "", False),
    ],
)
def test_the_middle_of_the_looks_decides(living: tuple[float, ...], why: str, *, is_sure: bool) -> None:
    doubt = doubt_of(*living)

    assert (why, is_sure) == (doubt.why, doubt.is_sure)


def test_of_two_networks_the_one_that_doubts_counts() -> None:
    """Never OR: a print that fools one of them would be in."""
    pad = Pad({"pad-antispoof": Said([9, -9]), "pad-minifasnet-2.7": Said([0, -5, 0])})

    assert 0.01 > (pad.living(PICTURE, FACE) or 0)


def test_an_answer_that_is_no_number_is_no_life() -> None:
    assert 0 == Pad({"pad-antispoof": Said([np.nan, 0])}).living(PICTURE, FACE)


@pytest.mark.parametrize("reach", [2.7, 4.0])
def test_minifasnet_is_asked_in_bgr_from_0_to_255_and_its_second_class_lives(reach: float) -> None:
    net, blue = Said([0, 3, 0]), np.zeros_like(PICTURE)
    blue[..., 0] = 255
    living = Pad({f"pad-minifasnet-{reach}": net}).living(blue, FACE)

    assert pytest.approx(0.909, abs=0.001) == living
    assert (1, 3, 80, 80) == net.asked[0].shape
    assert [255, 0, 0] == net.asked[0].mean(axis=(0, 2, 3)).tolist()


def test_antispoof_is_asked_in_rgb_from_0_to_1_and_its_first_class_lives() -> None:
    net, blue = Said([2, 0]), np.zeros_like(PICTURE)
    blue[..., 0] = 255
    living = Pad({"pad-antispoof": net}).living(blue, FACE)

    assert pytest.approx(0.881, abs=0.001) == living
    assert (1, 3, 128, 128) == net.asked[0].shape
    assert [0, 0, 1] == net.asked[0].mean(axis=(0, 2, 3)).tolist()


def test_the_cut_is_moved_into_the_picture_or_mirrored_at_its_edge() -> None:
    corner = face_of(seen(HEAD, at=(60, 60), eyes_px=40))
    side = max(corner.width, corner.height)

    inside, square = kept_inside(PICTURE, corner, 2.7), mirrored(PICTURE, corner, 1.5)

    assert np.shares_memory(inside, PICTURE)
    assert 2.7 * corner.height == pytest.approx(len(inside), abs=2)
    assert (int(1.5 * side),) * 2 == square.shape[:2]
    assert square.any(axis=2).mean() > 0.99


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("at", [(0, 0), (639, 479), (320, 240)])
def test_a_face_anywhere_gives_a_cut_of_the_right_size(name: str, at: tuple[int, int]) -> None:
    for eyes_px in (3, 40, 300):
        face = face_of(seen(HEAD, at=at, eyes_px=eyes_px))
        living = Pad({name: Said([1, 1, 1] if "mini" in name else [1, 1])}).living(PICTURE, face)

        assert living is not None


def test_probabilities_sum_to_one_however_large_the_logits() -> None:
    assert 1 == pytest.approx(softmax(np.array([[1000.0, 999.0]], dtype=np.float32)).sum())
