"""A wrong table is told by file, line and column; a right one is read as it stands."""

from pathlib import Path

import pytest

from models.pairs import TableWrong, read_pairs, read_people


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (tmp_path / name).write_bytes(b"read later")
    return tmp_path


def table(root: Path, *lines: str) -> Path:
    path = root / "table.csv"
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


def told(read, path: Path, root: Path) -> str:
    with pytest.raises(TableWrong) as wrong:
        read(path, root)
    return str(wrong.value)


def test_pairs_with_and_without_a_group(root: Path) -> None:
    bare = read_pairs(table(root, "a,b,same", "a.jpg,b.jpg,1", "", "a.jpg,c.jpg,0"), root)
    grouped = read_pairs(table(root, "same,group,note,a,b", "1,ea,x,a.jpg,b.jpg"), root)

    assert [(True, ""), (False, "")] == [(pair.is_same, pair.group) for pair in bare]
    assert [("ea", root / "a.jpg")] == [(pair.group, pair.a.path) for pair in grouped]


def test_a_table_from_a_spreadsheet_begins_with_a_mark_that_is_no_column(root: Path) -> None:
    path = root / "table.csv"
    path.write_bytes(b"\xef\xbb\xbfa,b,same\r\na.jpg,b.jpg,1\r\n")

    assert 1 == len(read_pairs(path, root))


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["a,b,same", "a.jpg,b.jpg,1", "a.jpg,no.jpg,1"], "line 3, column 'b': no such file"),
        (["a,b,same", "a.jpg,b.jpg,yes"], "line 2, column 'same': 'yes' is none of 0, 1"),
        (["a,b,same", "a.jpg,b.jpg,"], "line 2, column 'same': is empty"),
        (["a,b,same", "a.jpg"], "line 2, column 'b': is empty"),
        (["a,b,same", "a.jpg,b.jpg,1,ea"], "line 2: more cells than the head has columns"),
        (["a,b,same,group", "a.jpg,b.jpg,1,"], "line 2, column 'group': is empty"),
        (["a,b", "a.jpg,b.jpg"], "line 1: column 'same' is missing"),
        (["a,b,same"], "has no line below the head"),
        ([], "line 1: column 'a' is missing: it is empty"),
        (["a,b,same", '"a.jpg,b.jpg,1'], "is no CSV"),
        (["a,b,same", ".,b.jpg,1"], "line 2, column 'a': no such file"),
    ],
)
def test_wrong_pairs_are_told_by_line_and_column(root: Path, lines: list[str], says: str) -> None:
    said = told(read_pairs, table(root, *lines), root)

    assert said.startswith(f"{root / 'table.csv'}")
    assert says in said


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["a.jpg,Ann,boss"], "line 2, column 'role': 'boss' is none of gallery, probe, unknown"),
        (
            ["a.jpg,Ann,gallery", "b.jpg,Ann,gallery"],
            "line 3, column 'identity': 'Ann' is in the gallery already, at line 2",
        ),
        (
            ["a.jpg,Ann,gallery", "b.jpg,Bob,probe"],
            "line 3, column 'identity': 'Bob' is a probe and not in the gallery",
        ),
        (["a.jpg,Ann,gallery", "b.jpg,Ann,unknown"], "line 3, column 'identity': 'Ann' is unknown and in the gallery"),
        (["a.jpg,,gallery"], "line 2, column 'identity': is empty"),
    ],
)
def test_wrong_people_are_told_by_line_and_column(root: Path, lines: list[str], says: str) -> None:
    assert says in told(read_people, table(root, "image,identity,role", *lines), root)


def test_all_faults_are_told_at_once_up_to_twenty(root: Path) -> None:
    """Forty wrong lines are forty runs otherwise; a screen full is enough."""
    said = told(read_pairs, table(root, "a,b,same", *["a.jpg,b.jpg,2"] * 40), root).splitlines()

    assert 21 == len(said)
    assert "... and 20 more" == said[-1]


def test_a_table_that_is_none_is_told(root: Path) -> None:
    picture = root / "picture.csv"
    picture.write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF")

    assert "no text in UTF-8" in told(read_pairs, picture, root)
    assert "cannot be read: No such file" in told(read_pairs, root / "none.csv", root)
    assert "cannot be read: Is a directory" in told(read_pairs, root, root)
