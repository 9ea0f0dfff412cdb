"""A report counts what happened: on faces that are drawn as numbers, so that every figure can be told by hand."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.album import NO_FACE, album_of, subject
from models.evaluate import Shipped
from models.face import Chip, Face, Quality, Vector
from models.pairs import TableWrong, read_pairs, read_people
from models.report import Report, report_of

SIDE_PX = 8
# One face is one grey value, as an angle: cosines of two pictures are those of their differences.
DEGREES_PER_GREY = 1.0
BLANK = 255
QUALITY = Quality(
    width_px=8, sharpness=99, brightness=99, contrast=9, yaw=0, roll_deg=0, pitch=0.5, score=1, length=0
)  # fmt: skip


class FakeSight:
    """Sees a face in every picture that is not white; its direction turns with the grey."""

    identity = "fake/none"

    def find(self, picture: np.ndarray) -> list[Face]:
        return [] if picture.mean() > 254 else [face_at(0, 0, SIDE_PX)]

    def measure(self, picture: np.ndarray, face: Face) -> tuple[Face, Chip, Quality]:
        chip = np.full((112, 112, 3), picture[0, 0], dtype=np.uint8)
        return face, chip, QUALITY

    def embed(self, chip: Chip) -> tuple[Vector, float]:
        angle = np.radians(float(chip[0, 0, 0]) * DEGREES_PER_GREY)
        vector = np.zeros(128, dtype=np.float32)
        vector[:2] = np.cos(angle), np.sin(angle)
        return vector, 10.0


def face_at(left: float, top: float, side: float) -> Face:
    return Face(left=left, top=top, width=side, height=side, score=1.0, points=np.zeros((5, 2), dtype=np.float32))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for grey in (0, 10, 20, 90, 100, 180, BLANK):
        cv2.imwrite(str(tmp_path / f"{grey}.png"), np.full((SIDE_PX, SIDE_PX, 3), grey, dtype=np.uint8))
    return tmp_path


def clock() -> Callable[[], int]:
    """Each look takes 2 ms."""
    ticks = iter(range(0, 10**9, 1_000_000 * 2))
    return lambda: next(ticks)


def report(root: Path, *, pairs: list[str] = (), people: list[str] = ()) -> Report:
    (root / "pairs.csv").write_text("\n".join(["a,b,same,group", *pairs]))
    (root / "people.csv").write_text("\n".join(["image,identity,role", *people]))
    return report_of(
        FakeSight(),
        read_pairs(root / "pairs.csv", root) if pairs else [],
        read_people(root / "people.csv", root) if people else [],
        shipped=Shipped(row="row", threshold=0.5),
        now_ns=clock(),
    )


def test_a_picture_without_a_face_is_no_comparison_but_a_rejection(root: Path) -> None:
    """FMR and FNMR are of comparisons, FAR and FRR of people who stood there: the failure must show in these."""
    pairs = ["0.png,10.png,1,x", f"{BLANK}.png,10.png,1,x", "0.png,90.png,0,x", f"0.png,{BLANK}.png,0,x"]

    found = report(root, pairs=pairs)

    assert found.overall is not None
    assert found.overall.at_shipped is not None
    shipped = found.overall.at_shipped
    assert {str(root / f"{BLANK}.png"): NO_FACE} == found.pictures.failures
    assert (1, 4) == (found.pictures.failed.errors, found.pictures.count)
    assert 2 == found.overall.not_compared
    assert [(0, 1), (0, 1), (0, 2), (1, 2)] == [
        (rate.errors, rate.trials) for rate in (shipped.fmr, shipped.fnmr, shipped.far, shipped.frr)
    ]


def test_groups_are_told_apart(root: Path) -> None:
    found = report(root, pairs=["0.png,10.png,1,x", "0.png,90.png,0,x", "0.png,10.png,0,y", "0.png,90.png,1,y"])

    assert ["x", "y"] == list(found.groups)
    assert [0.0, 1.0] == [found.groups[name].eer for name in ("x", "y")]


def test_without_a_genuine_pair_numbers_are_none_with_a_reason(root: Path) -> None:
    found = report(root, pairs=["0.png,90.png,0,x"]).overall

    assert found is not None
    assert (None, None, None) == (found.eer, found.accuracy_ten_folds, found.accuracy)
    assert "no genuine pair could be compared" == found.why_not["eer"] == found.why_not["at_fmr 0.001"]
    assert {"0.01", "0.001", "0.0001"} == set(found.at_fmr)


def test_every_number_that_is_missing_has_its_reason(root: Path) -> None:
    found = report(root, pairs=["0.png,90.png,0,x", "0.png,10.png,1,x"]).overall

    assert found is not None
    assert (
        "10 folds need 10 pairs of each kind; there are 1 genuine and 1 impostor" == found.why_not["accuracy_ten_folds"]
    )
    assert "1000 impostor pairs are needed; there are 1" == found.why_not["at_fmr 0.001"]
    assert "eer" not in found.why_not


def test_who_is_found_first_is_counted(root: Path) -> None:
    """Of three searches one brings up the wrong one, and one has no face: both are misses."""
    people = [
        "0.png,Ann,gallery",
        "90.png,Bob,gallery",
        "10.png,Ann,probe",
        "100.png,Ann,probe",
        f"{BLANK}.png,Bob,probe",
    ]

    found = report(root, people=people).identification

    assert found is not None
    assert (2, 0) == (found.gallery, found.failed_to_enrol)
    assert pytest.approx(1 / 3) == found.rank_1
    assert "an FPIR of 1% needs 100 pictures of unknowns; there are 0" == found.why_not["dir_at_fpir"]


def test_who_cannot_be_enrolled_is_missed(root: Path) -> None:
    people = [f"{BLANK}.png,Ann,gallery", "90.png,Bob,gallery", "0.png,Ann,probe", "100.png,Bob,probe"]

    found = report(root, people=people).identification

    assert found is not None
    assert (1, 1, 0.5) == (found.gallery, found.failed_to_enrol, found.rank_1)


def test_strangers_set_the_threshold_of_the_open_set(root: Path) -> None:
    """100 strangers, one of them a twin of Ann: one may be brought up, so the threshold lies above the others."""
    strangers = ["180.png,s0,unknown"] * 99 + ["10.png,twin,unknown"]
    people = ["0.png,Ann,gallery", "90.png,Bob,gallery", "20.png,Ann,probe", "180.png,Bob,probe", *strangers]

    found = report(root, people=people).identification

    assert found is not None
    assert found.fpir is not None
    assert (1, 100) == (found.fpir.errors, found.fpir.trials)
    assert 0.5 == found.dir_at_fpir


def test_nobody_in_the_gallery_is_no_crash(root: Path) -> None:
    found = report(root, people=[f"{BLANK}.png,Ann,gallery", "0.png,Ann,probe", "90.png,s,unknown"]).identification

    assert found is not None
    assert (0, 0.0, None) == (found.gallery, found.rank_1, found.dir_at_fpir)
    assert "nobody could be enrolled" == found.why_not["dir_at_fpir"]


def test_every_picture_is_looked_at_once_and_timed(root: Path) -> None:
    left: list[int] = []
    pairs = root / "pairs.csv"
    pairs.write_text("a,b,same\n0.png,10.png,1\n10.png,0.png,1\n0.png,90.png,0\n")

    album = album_of(
        FakeSight(),
        [side for pair in read_pairs(pairs, root) for side in (pair.a, pair.b)],
        now_ns=clock(),
        moved=left.append,
    )

    assert [2, 1, 0] == left
    assert [2_000_000] * 3 == album.spent_ns
    assert (2.0, 500.0) == (report(root, pairs=["0.png,10.png,1,x"]).pictures.median_ms,
                            report(root, pairs=["0.png,10.png,1,x"]).pictures.per_s)  # fmt: skip


def test_files_that_are_no_pictures_are_told_by_line_all_at_once(root: Path) -> None:
    (root / "10.png").write_bytes(b"no picture")
    (root / "90.png").write_bytes(b"")

    with pytest.raises(TableWrong) as wrong:
        report(root, pairs=["0.png,10.png,1,x", "0.png,90.png,1,x"])

    assert ["line 2, column 'b'", "line 3, column 'b'"] == [
        part for line in str(wrong.value).splitlines() for part in [", ".join(line.split(": ")[0].split(", ")[1:])]
    ]


@pytest.mark.parametrize(
    ("faces", "wanted", "why"),
    [
        ([face_at(0, 0, 90), face_at(80, 80, 90)], 1, "in LFW the person named is in the middle"),
        ([face_at(0, 0, 120), face_at(120, 120, 10)], 0, "not a small one that happens to be there"),
        ([face_at(10, 10, 50)], 0, "the only one"),
    ],
)
def test_a_photograph_is_of_the_largest_face_near_its_middle(faces: list[Face], wanted: int, why: str) -> None:
    assert faces[wanted] is subject(faces, np.zeros((250, 250, 3), dtype=np.uint8)), why


def test_two_who_score_the_same_are_not_told_apart(root: Path) -> None:
    people = ["0.png,Ann,gallery", "0.png,Bob,gallery", "10.png,Ann,probe", "10.png,Bob,probe"]

    found = report(root, people=people).identification

    assert found is not None
    assert 0.0 == found.rank_1
