"""The steps by themselves: gate, track, fuse, match, turn, calibration."""

import functools
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pretend import GOOD, IDENTITY, MS, SEED, Seen, Template, bare_chip, direction, face_id, near, table

from models.calibration import TABLE, Calibration, Uncalibrated
from models.cover import cover_of
from models.decide import Rows, is_outlier, one_of_many
from models.face import Face, Look
from models.fuse import agreement, chosen, fused
from models.gate import ENROL, PROBE, enrolling, refusals, worth
from models.known import TEMPLATES_MAX, Known
from models.match import best_of, per_person
from models.track import TRACKS_MAX, Tracks, overlap
from models.turn import NoVector, between, matrix, of_bytes, to_bytes, turned

SHAPE = (480, 640, 3)
FACE = Seen(who=1).face()
OTHER_SEED = bytes(32)


def known_with(vectors, *, seed: bytes = SEED) -> Known:
    known = Known(IDENTITY)
    known.secret(seed)
    by = matrix_of_seed() if seed == SEED else matrix(seed)
    for who, vector in vectors:
        known.know(Template(face_id=face_id(who), vector=to_bytes(turned(vector, by))))
    return known


# ---- gate


@pytest.mark.parametrize("limits", [PROBE, ENROL])
def test_a_good_look_passes(limits) -> None:
    assert () == refusals(FACE, GOOD, limits, shape=SHAPE)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"width_px": 39}, "small"),
        ({"sharpness": 39}, "blurred"),
        ({"brightness": 39}, "dark"),
        ({"brightness": 221}, "bright"),
        ({"yaw": -0.26}, "turned"),
        ({"pitch": 0.8}, "turned"),
        ({"roll_deg": -26}, "tilted"),
        ({"length": 7.9}, "covered"),
        ({"score": 0.84}, "unsure_face"),
    ],
)
def test_each_flaw_has_its_word(change, why: str) -> None:
    assert (why,) == refusals(FACE, replace(GOOD, **change), PROBE, shape=SHAPE)


def test_noise_in_the_dark_is_dark_before_anything_is_said_of_its_sharpness() -> None:
    assert "dark" == refusals(FACE, replace(GOOD, brightness=11, sharpness=5), PROBE, shape=SHAPE)[0]


@pytest.mark.parametrize("name", ["width_px", "sharpness", "brightness", "yaw", "roll_deg", "pitch", "score", "length"])
def test_what_is_not_a_number_is_refused(name: str) -> None:
    assert refusals(FACE, replace(GOOD, **{name: float("nan")}), PROBE, shape=SHAPE)


def test_a_face_cut_off_by_the_edge_is_refused_and_a_template_may_not_even_touch_it() -> None:
    def at(left: float, top: float) -> Face:
        return Face(left=left, top=top, width=100, height=130, score=0.9, points=FACE.points)

    far, near_edge = [at(-11, 5), at(551, 5), at(5, -14), at(5, 364)], [at(-9, 5), at(5, 359)]

    assert [("cut_off",)] * 4 == [refusals(face, GOOD, PROBE, shape=SHAPE) for face in far]
    assert [()] * 2 == [refusals(face, GOOD, PROBE, shape=SHAPE) for face in near_edge]
    assert [("cut_off",)] * 2 == [refusals(face, GOOD, ENROL, shape=SHAPE) for face in near_edge]


def test_whoever_may_be_enrolled_may_be_compared() -> None:
    flaws = [replace(GOOD, yaw=yaw, sharpness=sharp) for yaw in (0, 0.2, 0.3) for sharp in (30, 60, 90)]

    for quality in flaws:
        if not refusals(FACE, quality, ENROL, shape=SHAPE):
            assert not refusals(FACE, quality, PROBE, shape=SHAPE)


def test_sunglasses_and_masks_are_seen_on_the_chip() -> None:
    bare, dark, masked = bare_chip(), bare_chip(), bare_chip()
    dark[44:60, 26:86] = 12
    masked[74:112] = 190

    assert () == refusals(FACE, GOOD, ENROL, shape=SHAPE, cover=cover_of(bare))
    assert ("covered",) == refusals(FACE, GOOD, PROBE, shape=SHAPE, cover=cover_of(dark))
    assert ("covered",) == refusals(FACE, GOOD, PROBE, shape=SHAPE, cover=cover_of(masked))
    assert () == refusals(FACE, GOOD, enrolling("mask"), shape=SHAPE, cover=cover_of(masked))
    assert ("covered",) == refusals(FACE, GOOD, enrolling("mask"), shape=SHAPE, cover=cover_of(dark))


@pytest.mark.parametrize("value", [0, 255])
def test_a_chip_with_nothing_in_it_is_covered(value: int) -> None:
    chip = np.full((112, 112, 3), value, dtype=np.uint8)

    assert ("covered",) == refusals(FACE, GOOD, PROBE, shape=SHAPE, cover=cover_of(chip))


def test_a_helmet_shortens_the_embedding_and_is_welcome() -> None:
    helmet = replace(GOOD, length=8.5)

    assert ("covered",) == refusals(FACE, helmet, enrolling("bare"), shape=SHAPE)
    assert () == refusals(FACE, helmet, enrolling("helmet"), shape=SHAPE)


# ---- track


def moved(x: float, *, width: float = 100) -> Face:
    return Face(left=x, top=100, width=width, height=1.3 * width, score=0.9, points=FACE.points)


def test_a_face_that_moves_is_one_track() -> None:
    tracks = Tracks()
    numbers = {tracks.saw([moved(10.0 * n)], n * 100 * MS)[0].number for n in range(40)}

    assert {1} == numbers


def test_a_face_somewhere_else_or_after_half_a_second_is_another_track() -> None:
    tracks = Tracks()
    first = tracks.saw([moved(0)], 0)[0].number
    elsewhere = tracks.saw([moved(300)], 100 * MS)[0].number
    later = tracks.saw([moved(300)], 700 * MS)[0].number

    assert 3 == len({first, elsewhere, later})


def test_two_faces_that_pass_keep_their_tracks_while_they_are_apart() -> None:
    tracks = Tracks()
    for n in range(5):
        seen = tracks.saw([moved(20.0 * n, width=120), moved(500 - 20.0 * n)], n * 100 * MS)

    assert [1, 2] == [track.number for track in seen]
    assert [120, 100] == [track.face.width for track in seen]


def test_a_jump_makes_a_track_doubtful() -> None:
    tracks = Tracks()
    tracks.saw([moved(0)], 0)
    calm = tracks.saw([moved(5)], 100 * MS)[0].breaks
    jumped = tracks.saw([moved(60)], 200 * MS)[0].breaks

    assert (0, 1) == (calm, jumped)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(st.tuples(st.floats(0, 600), st.floats(1, 300)), max_size=15), max_size=15))
def test_tracks_are_bounded_and_no_face_has_two(frames) -> None:
    tracks = Tracks()
    for n, faces in enumerate(frames):
        seen = tracks.saw([moved(x, width=width) for x, width in faces], n * 100 * MS)

        assert len({id(track.face) for track in seen}) == len(seen) == min(len(faces), TRACKS_MAX)
        assert len(tracks._tracks) <= 2 * TRACKS_MAX


def test_overlap_is_of_the_union() -> None:
    assert 1.0 == overlap(moved(0), moved(0))
    assert 0.0 == overlap(moved(0), moved(100))
    assert pytest.approx(1 / 3) == overlap(moved(0), moved(50))


# ---- fuse


def look(vector, *, quality=GOOD, at_ns: int = 0) -> Look:
    chip = np.zeros((112, 112, 3), dtype=np.uint8)
    return Look(face=FACE, chip=chip, vector=vector, quality=quality, seen_ns=at_ns)


def test_three_noisy_looks_are_nearer_to_the_face_than_one() -> None:
    looks = [near(direction(1), 0.7, n) for n in range(3)]

    assert float(fused(looks) @ direction(1)) > 0.82
    assert pytest.approx(1) == float(np.linalg.norm(fused(looks)))


def test_nothing_has_no_direction() -> None:
    with pytest.raises(ValueError, match="no direction"):
        fused([])
    with pytest.raises(ValueError, match="no direction"):
        fused([direction(1), -direction(1)])


def test_a_look_that_does_not_agree_is_left_out() -> None:
    good = [look(near(direction(1), 0.9, n)) for n in range(3)]
    picked = chosen([good[0], look(direction(2)), *good[1:]])

    assert [id(each) for each in good] == [id(each) for each in picked]
    assert agreement([each.vector for each in picked]) >= 0.5


def test_of_many_that_agree_the_best_are_taken() -> None:
    looks = [look(near(direction(1), 0.95, n), quality=replace(GOOD, yaw=0.04 * n)) for n in range(6)]

    assert looks[:3] == list(chosen(looks))
    assert worth(GOOD) > worth(replace(GOOD, yaw=0.2)) > 0


def test_of_looks_that_all_disagree_one_is_taken() -> None:
    assert 1 == len(chosen([look(direction(n)) for n in range(4)]))
    assert () == tuple(chosen([]))


# ---- match


def test_a_person_counts_by_the_best_template_and_the_lead_is_over_another_person() -> None:
    templates = np.stack([direction(1), near(direction(1), 0.9, 1), near(direction(1), 0.6, 2)])
    scores = per_person(direction(1), templates, np.array([0, 0, 1]), people=2)
    best = best_of(scores)

    assert pytest.approx([1.0, 0.6], abs=1e-5) == scores.tolist()
    assert best is not None
    assert (0, pytest.approx(0.4, abs=1e-5)) == (best.person, best.lead)


def test_among_nobody_nobody_is_best() -> None:
    assert best_of(np.zeros(0, dtype=np.float32)) is None


def test_more_than_3000_templates_are_not_taken_and_counted() -> None:
    known = known_with([])
    vector = to_bytes(direction(1))
    for who in range(TEMPLATES_MAX + 5):
        known.know(Template(face_id=face_id(who), vector=vector))

    assert (TEMPLATES_MAX, 5) == (known.tally().templates, known.tally().refused)
    assert not known.is_known(face_id(TEMPLATES_MAX + 1))


def test_of_one_person_eight_templates_are_taken() -> None:
    known = known_with([(1, direction(n)) for n in range(20)])

    assert (1, 8, 12) == (known.tally().people, known.tally().templates, known.tally().refused)


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=300) | st.binary(min_size=256, max_size=256))
def test_bytes_that_are_no_template_are_refused_and_never_compared(data: bytes) -> None:
    known = known_with([])
    known.know(Template(face_id=face_id(1), vector=data))

    assert known.tally().refused + known.tally().templates == 1
    assert not known.people or abs(float(np.linalg.norm(known.others(None)[0])) - 1) < 1e-5


def test_before_the_secret_nothing_is_known() -> None:
    known = Known(IDENTITY)
    known.know(Template(face_id=face_id(1), vector=to_bytes(direction(1))))

    assert (0, 1) == (known.people, known.tally().refused)


# ---- decide


def looks_at(who: int) -> list:
    return [near(direction(who), 0.85, 100 + n) for n in range(3)]


DECIDING = Rows.of(table(), IDENTITY)


def test_why_nobody_is_recognised_is_said() -> None:
    few = [(who, direction(who)) for who in range(1, 5)]
    twins = [*few, (9, near(direction(1), 0.5, 3))]
    crowd = [(who, direction(who)) for who in range(301)]
    mixed = [direction(1), direction(1), direction(1), direction(2)]

    assert face_id(1) == one_of_many(looks_at(1), known_with(few), DECIDING).face_id
    assert "stranger" == one_of_many(looks_at(9), known_with(few), DECIDING).why
    assert "stranger" == one_of_many(looks_at(9), known_with([]), DECIDING).why
    assert "too_few_frames" == one_of_many(looks_at(1)[:2], known_with(few), DECIDING).why
    assert "too_many" == one_of_many(looks_at(1), known_with(crowd), DECIDING).why
    assert "look_alike" == one_of_many(looks_at(1), known_with(twins), DECIDING).why
    assert "frames_differ" == one_of_many(mixed, known_with(few), DECIDING).why
    between_two = [near(fused([direction(1), direction(2)]), 0.95, n) for n in range(3)]
    assert "ambiguous" == one_of_many(between_two, known_with(few), DECIDING).why


def test_of_few_nobody_can_say_what_is_usual() -> None:
    assert not is_outlier(direction(1), np.stack([direction(1)] * 19))


# ---- turn


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_turning_changes_no_cosine_beyond_what_float16_keeps(one: int, other: int) -> None:
    by = matrix_of_seed()
    before = float(direction(one) @ direction(other))
    after = float(of_bytes(to_bytes(turned(direction(one), by))) @ of_bytes(to_bytes(turned(direction(other), by))))

    assert after == pytest.approx(before, abs=2e-3)


@functools.cache
def matrix_of_seed():
    return matrix(SEED)


def test_two_secrets_make_templates_that_cannot_be_linked() -> None:
    one, other = matrix_of_seed(), matrix(OTHER_SEED)
    cosines = [float(turned(direction(n), one) @ turned(direction(n), other)) for n in range(500)]

    assert max(np.abs(cosines)) < 0.4
    assert abs(float(np.mean(cosines))) < 0.03


def test_a_matrix_is_orthonormal_and_the_same_for_ever() -> None:
    """The first numbers are written down: templates at rest are worthless if they ever change."""
    made = matrix_of_seed()

    assert np.abs(made @ made.T - np.eye(128)).max() < 1e-12
    assert [-0.019132047289, 0.020483670047, 0.051077794976, -0.028247544413] == pytest.approx(made[0, :4], abs=1e-9)


def test_templates_are_carried_from_one_secret_to_another() -> None:
    one, other = matrix_of_seed(), matrix(OTHER_SEED)
    carried = turned(turned(direction(1), one), between(one, other))

    assert pytest.approx(1, abs=1e-5) == float(carried @ turned(direction(1), other))


@pytest.mark.parametrize("data", [b"", bytes(256), bytes(255), b"\xff" * 256, np.full(128, 1, "<f2").tobytes()])
def test_what_is_no_vector_is_refused(data: bytes) -> None:
    with pytest.raises(NoVector):
        of_bytes(data)


# ---- calibration


def test_the_shipped_table_is_sound_and_has_every_row_a_terminal_needs() -> None:
    calibration = Calibration.load()
    identities = {key[0] for key in calibration._rows}

    assert identities
    for identity in identities:
        rows = Rows.of(calibration, identity)
        assert rows.many.threshold > rows.fused.threshold > rows.fused.differs_below
        assert rows.many.people_max > rows.fused.people_max


def test_a_model_nobody_measured_is_refused_with_what_to_do() -> None:
    with pytest.raises(Uncalibrated, match=r"no calibration for the model 'else/1'.*models eval"):
        table().row("else/1", 3, 3, "1:1")


@pytest.mark.parametrize(("frames", "row"), [(1, "1x1"), (2, "1x3"), (3, "1x3"), (9, "1x3")])
def test_a_count_nobody_measured_takes_the_next_greater(frames: int, row: str) -> None:
    assert f"t:1:1:{row}" == table().row(IDENTITY, 1, frames, "1:1").id


def test_nobody_knows_how_a_template_was_made_so_the_strictest_row_decides() -> None:
    rows = dict(table()._rows)
    key = (IDENTITY, 3, 1, "1:1")
    rows[key] = replace(rows[key], threshold=0.44)

    assert 0.44 == Calibration(rows).strictest(IDENTITY, 1, "1:1").threshold


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"threshold = .*", "threshold = 1.475"),
        (r"differs_below = .*", "differs_below = 0.99"),
        (r'mode = "1:N"', 'mode = "any"'),
        (r"n_probe = 3", "n_probe = 2"),
        (r"margin = .*", ""),
        (r"people_max = .*", "people_max = true"),
        (r"version = ", "edition = "),
        (r"\[\[row\]\]", "[[row"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(tmp_path, old: str, new: str) -> None:
    path = tmp_path / "calibration.toml"
    spoilt, count = re.subn(old, new, TABLE.read_text(encoding="utf-8"))
    path.write_text(spoilt, encoding="utf-8")

    assert count
    with pytest.raises(Uncalibrated, match="calibration"):
        Calibration.load(path)


def test_two_rows_for_one_thing_are_refused(tmp_path) -> None:
    """Which of them decides would be chance."""
    path = tmp_path / "calibration.toml"
    text = TABLE.read_text(encoding="utf-8")
    path.write_text(text + text[text.index("[[row]]") :], encoding="utf-8")

    with pytest.raises(Uncalibrated, match="twice"):
        Calibration.load(path)
