"""What is written for a spreadsheet and read again changes nothing, runs nothing, and shows no number."""

import contextlib
import csv
import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from box import KEY
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from edge_agent.core.touch import Worker
from edge_agent.ledger.people import put_worker
from edge_agent.roster.entering import Roster, how_now
from edge_agent.roster.mistakes import RosterError
from edge_agent.roster.reading import Choice, parse_roster
from edge_agent.roster.values import TEXT
from edge_agent.roster.workbook import write_workbook
from edge_agent.roster.writing import cells, csv_bytes, heads
from edge_agent.words import Language
from hardware_fakes.clock import FakeClock

FILE = Path("x.csv")
FULL = (
    "技能者ID,識別番号,氏名,ふりがな,会社名,事業者ID,次数,一人親方,職種,レベル,被共済者番号,社会保険,言語,入場開始日,入場終了日,カード,電話\n"
    "1,,=1+1,+カナ,@山田組,12,一次,○,-とび,金,0012,有,vi,R8.4.1,,0102,090-1234-5678\n"
    "2,A-2,髙橋 花子,'quoted,佐藤組,,二次,×,'=x,,,無,,,2026-12-31,0103,090-1234-5678\n"
)
SITES = "現場番号,現場ID,現場名,契約額,開始日,元請\nS-1,77,新築,120000000,2026-04-01,元請建設\n"


@pytest.fixture
def filled(box, summary):
    summary(FULL)
    summary(SITES)
    summary("技能者ID,番号,状態\n1,0102,紛失\n")
    return box


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp932"])
@pytest.mark.parametrize("kind", ["workers", "companies", "credentials", "sites"])
def test_export_read_again_changes_nothing(filled, roster, kind, encoding, language):
    before = filled.everything()
    out = str(filled.folder / "out.csv")
    assert (0, "") == roster("export", "--kind", kind, "--encoding", encoding, "--headers", language, "--output", out)
    code, said = roster("import", out)

    assert 0 == code, said
    assert before == filled.everything()
    assert " added" not in said
    assert len(filled.table(kind.rstrip("s").replace("companie", "company"))) == int(said.split(":")[1].split()[0])


@pytest.mark.parametrize("language", ["ja", "en"])
def test_workbook_of_everything_read_again_changes_nothing(filled, roster, language):
    before = filled.everything()
    out = str(filled.folder / "out.xlsx")
    assert (0, "") == roster("export", "--kind", "all", "--format", "xlsx", "--headers", language, "--output", out)
    code, said = roster("import", out)

    assert 0 == code, said
    assert before == filled.everything()
    assert 4 == len(said.splitlines())


def test_no_cell_of_an_export_runs_in_a_spreadsheet(filled, roster):
    roster("export", "--output", str(filled.folder / "out.csv"))
    roster("export", "--format", "xlsx", "--output", str(filled.folder / "out.xlsx"))
    rows = list(csv.reader(io.StringIO((filled.folder / "out.csv").read_text("utf-8-sig"), newline="")))
    sheet = load_workbook(filled.folder / "out.xlsx").worksheets[0]

    assert not [cell for row in rows for cell in row if cell[:1] in {"=", "+", "-", "@"}]
    assert {"s", "n"} >= {cell.data_type for row in sheet.iter_rows() for cell in row}
    assert "'=1+1" in rows[1]


def test_export_is_japanese_with_a_mark_for_excel_unless_asked_otherwise(filled, roster):
    roster("export", "--output", str(filled.folder / "out.csv"))
    content = (filled.folder / "out.csv").read_bytes()

    assert content.startswith("\ufeff技能者ID,識別番号,氏名".encode())
    assert b"\r\n" in content


def test_name_that_shift_jis_cannot_write_is_told_and_nothing_is_written(box, roster, summary):
    summary("技能者ID,氏名\n1,Nguyễn Văn A\n2,山田\n")
    code, said = roster("export", "--encoding", "cp932", "--output", str(box.folder / "out.csv"))

    assert 1 == code
    assert "1 rows hold characters that cp932 does not have" in said
    assert not (box.folder / "out.csv").exists()


def test_workbook_needs_a_file_and_all_needs_a_workbook(roster):
    assert 2 == roster("export", "--format", "xlsx")[0]
    assert 2 == roster("export", "--kind", "all")[0]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.text(max_size=8) | st.text(alphabet="=+-@'ー,\"\n\t ｱ", max_size=4), min_size=1, max_size=6),
    language=st.sampled_from(Language),
    is_book=st.booleans(),
)
def test_whatever_text_is_in_the_ledger_an_export_changes_nothing_or_is_told(box, names, language, is_book):
    """
    Also text that came in another way than by a roster: with controls, halves of characters, formulas.
    """
    kept = [name for name in names if TEXT.holds(name)]
    lines = [vars_of(Worker(id=str(number), ccus=str(number), name=name)) for number, name in enumerate(kept, 1)]
    rows = [heads("workers", language), *cells("workers", lines, language)]
    if is_book:
        write_workbook(box.folder / "any.xlsx", [("作業員", rows[0], rows[1:])])
        content = (box.folder / "any.xlsx").read_bytes()
    else:
        content = csv_bytes(rows[0], rows[1:], encoding="utf-8-sig")
    roster = Roster(parse_roster(content, box.folder / "any"), key=KEY, how=how_now(FakeClock().stamp()))

    def work(tx):
        tx.execute("DELETE FROM worker")
        for line in lines:
            put_worker(tx, Worker(**line), origin="{}")
        return roster.plan(roster.known(tx.execute)).changes

    assert () == box.journal.write(work)


def vars_of(value):
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


@given(name=st.text(max_size=6) | st.text(alphabet="\ud800\x00\n\x7f", max_size=3))
def test_csv_of_any_name_gives_the_same_name_or_a_mistake(name):
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["ccus_id", "name"], ["1", name]])
    try:
        [table] = parse_roster(text.getvalue().encode("utf-8", "surrogatepass"), FILE).tables
    except RosterError:
        table = None

    # A name as an export writes it; a bare dash clears.
    plain = name.strip()
    assert table is None or table.rows[0][2] in {plain or None, plain[1:], ""}
    assert table is not None or not TEXT.holds(plain) or plain.startswith("#") or not name.isprintable()


# ---------------------------------------------------------------- workbooks as spreadsheets make them


def book(tmp_path, fill):
    made = Workbook()
    fill(made)
    made.save(tmp_path / "list.xlsx")
    return (tmp_path / "list.xlsx").read_bytes()


def read(content, **choice):
    return parse_roster(content, FILE, Choice(**choice))


def mistakes(content, **choice):
    with pytest.raises(RosterError) as caught:
        read(content, **choice)
    return [each.text(Language.EN) for each in caught.value.mistakes]


def test_cells_are_taken_as_excel_stores_them(tmp_path):
    def fill(made):
        sheet = made.active
        sheet.append(["技能者ID", "氏名", "入場開始日", "入場終了日", "社会保険", "社員番号", "レベル"])
        sheet.append([12345678901234, "建設 太郎", datetime(2026, 11, 24), date(2026, 12, 31), True, 1001.0, 4])  # noqa: DTZ001
        sheet.append([12345678901235.0, "x", "令和8年11月24日", None, "○", "A-1", "金"])

    [table] = read(book(tmp_path, fill)).tables

    assert [
        [2, "12345678901234", "建設 太郎", "2026-11-24", "2026-12-31", True, "1001", "gold"],
        [3, "12345678901235", "x", "2026-11-24", None, True, "A-1", "gold"],
    ] == table.rows


def test_number_that_excel_has_mutilated_is_told(tmp_path):
    def fill(made):
        made.active.append(["技能者ID", "カード", "電話", "氏名"])
        made.active.append([1234567890123456, 102030405060708, 9012345678, "=A1"])
        made.active.append([1, 1020304, "090-1234-5678", "#REF!"])

    told = mistakes(book(tmp_path, fill))

    assert [
        "sheet Sheet, row 2, ccus_id: 16 digits; there are at most 14",
        "sheet Sheet, row 2, card: 15 hex digits are no whole bytes; was a leading 0 lost? format the column as text",
        (
            "sheet Sheet, row 2, phone: was typed as a number, leading zeros are lost;"
            " format the column as text and type it again"
        ),
        (
            "sheet Sheet, row 2, name: holds an error of the spreadsheet, or a formula without a result;"
            " save it in the spreadsheet again"
        ),
    ] == told[:4]
    assert ["row 3, card", "row 3, name"] == [line.split(": ")[0].removeprefix("sheet Sheet, ") for line in told[4:]]


def test_each_sheet_of_a_workbook_is_told_from_the_others_and_notes_are_left_out(tmp_path):
    def fill(made):
        made.active.title = "作業員"
        made.active.append(["技能者ID", "会社名"])
        made.active.append(["1", "山田組"])
        made.create_sheet("会社").append(["会社名", "次数"])
        made["会社"].append(["山田組", "一次"])
        made.create_sheet("メモ").append(["来週の予定"])
        made.create_sheet("隠し").append(["技能者ID"])
        made["隠し"].append(["9"])
        made["隠し"].sheet_state = "hidden"

    content = book(tmp_path, fill)
    found = read(content)

    assert ["作業員", "作業員", "会社"] == [table.sheet for table in found.tables]
    assert ["会社"] == [table.sheet for table in read(content, sheet="会社").tables]
    assert ["has no such sheet; there are: 作業員, 会社, メモ"] == mistakes(content, sheet="x")


def test_workbook_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("edge_agent.roster.workbook.UNPACKED_MAX_B", 1 << 20)
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"\0" * (2 << 20))

    assert ["is too large once it is unpacked; is it the right file?"] == mistakes(
        (tmp_path / "bomb.xlsx").read_bytes()
    )


def test_cells_far_to_the_right_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("edge_agent.roster.workbook.CELLS_MAX", 10_000)

    def fill(made):
        made.active.append(["技能者ID"])
        made.active["XFD2"] = "1"

    assert ["is too large once it is unpacked; is it the right file?"] == mistakes(book(tmp_path, fill))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6000), st.integers(0, 255)), max_size=8), st.integers(0, 7000))
def test_damaged_workbook_gives_records_or_mistakes(flips, end):
    content = bytearray(GOOD)
    for place, byte in flips:
        content[place % len(content)] = byte
    # Anything else than a RosterError fails.
    with contextlib.suppress(RosterError):
        read(bytes(content[: max(4, end)] if end < len(content) else content))


def _good():
    made = Workbook()
    made.active.append(["技能者ID", "氏名"])
    made.active.append([1, "a"])
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


GOOD = _good()
