"""Any spreadsheet a site can produce gives records, or everything that is wrong with it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.core.credential import credential_ref
from edge_agent.roster import sheet
from edge_agent.roster.mistakes import RosterError
from edge_agent.roster.reading import Choice, parse_roster, read_roster
from edge_agent.roster.records import given as said_of
from edge_agent.roster.records import records
from edge_agent.roster.tokens import ref_of
from edge_agent.words import Language

KEY = b"k" * 32
IDM = bytes.fromhex("01147A0BC3D2E1F0")
REF = credential_ref(KEY, IDM)
HEAD = "card,ccus_id,name\n"
FILE = Path("list.csv")


def full_width(text):
    """As a Japanese keyboard writes it."""
    return "".join(chr(ord(char) + 0xFEE0) for char in text)


@pytest.fixture(autouse=True)
def _english(monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def load(content, **choice):
    return parse_roster(content.encode() if isinstance(content, str) else content, FILE, Choice(**choice))


def rows(found, kind="workers"):
    return [said_of(table, row) for table in found.of(kind) for row in table.rows]


def cards(found):
    return [ref_of(KEY, "card", row["card"]) for row in rows(found)]


def said(content):
    with pytest.raises(RosterError) as caught:
        load(content)
    return [each.text(Language.EN) for each in caught.value.mistakes]


def test_worker_with_card_is_one_row():
    found = load(f"{HEAD}01147A0BC3D2E1F0,12345678901234,建設 太郎\n")

    assert [{"card": "01147a0bc3d2e1f0", "ccus": "12345678901234", "name": "建設 太郎"}] == rows(found)


def test_file_of_a_header_only_says_nothing():
    assert 0 == len(load(HEAD))


@pytest.mark.parametrize(
    "card",
    [
        "01147A0BC3D2E1F0",
        "01147a0bc3d2e1f0",
        "01:14:7A:0B:C3:D2:E1:F0",
        "01-14-7A-0B-C3-D2-E1-F0",
        " 01 14 7A 0B C3 D2 E1 F0 ",
        full_width("01147A0BC3D2E1F0"),
        REF,
        REF.upper(),
    ],
)
def test_card_is_the_same_however_it_is_written(card):
    assert [REF] == cards(load(f"{HEAD}{card},12345678901234,建設 太郎\n"))


@pytest.mark.parametrize(
    "header",
    [
        "card,ccus_id,name",
        "カード,技能者ID,氏名",
        "カード,技能者ＩＤ,氏名",
        " Card , CCUS_ID ,Name,,",
        '"カード\n番号","技能者\nID","氏　名"',
    ],
)
def test_columns_have_english_or_japanese_names(header):
    assert [REF] == cards(load(f"{header}\n{REF},12345678901234,建設 太郎\n"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_file_may_come_from_any_spreadsheet(encoding, end, delimiter):
    content = f"カード,技能者ID,氏名\n{REF},12345678901234,建設 太郎\n,,\n\n".replace("\n", end).replace(",", delimiter)
    found = load(content.encode(encoding))

    assert [{"card": REF, "ccus": "12345678901234", "name": "建設 太郎"}] == rows(found)


def test_usual_list_tells_of_workers_companies_and_credentials_at_once():
    head = "氏名,ふりがな,技能者ID,会社名,職種,カード,電話,次数\n"
    found = load(f"{head}建設 太郎,けんせつ,1,山田組,とび,0102,090-1234-5678,一次\n土木 花子,,2,山田組,,,,一次\n")

    assert [{"name": "山田組", "tier": 1}] == rows(found, "companies")
    assert ["山田組"] * 2 == [row["company"] for row in rows(found)]
    assert ("0102", "+819012345678") == (rows(found)[0]["card"], rows(found)[0]["phone"])


def test_empty_cell_says_nothing_and_a_dash_clears():
    [row] = rows(load("ccus_id,name,kana,job,valid_to\n5,-,ー,,－\n"))

    assert {"ccus": "5", "name": "", "kana": "", "valid_to": ""} == row


def test_dash_where_a_number_would_stand_is_none():
    [row] = rows(load("ccus_id,own_number,card,phone\n-,A-1,-,―\n"))

    assert {"own": "A-1"} == row


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("技能者ID,氏名,会社名", "workers"),
        ("会社名,次数,事業者ID", "companies"),
        ("id,name,tier", "companies"),
        ("技能者ID,種別,番号,状態", "credentials"),
        ("現場ID,現場名,契約額", "sites"),
        ("site,name,place", "sites"),
    ],
)
def test_columns_tell_what_a_sheet_lists(header, kind):
    values = {
        "技能者ID": "1",
        "番号": "0102",
        "種別": "カード",
        "状態": "有効",
        "契約額": "1",
        "次数": "1",
        "tier": "1",
    }
    row = ",".join(values.get(each, "1") for each in header.split(","))

    assert 1 == len(rows(load(f"{header}\n{row}\n"), kind))


@pytest.mark.parametrize("name", ["'", "x" * 1000, "O'Brien", "a\u3000b", "'x", "1.5"])
def test_name_is_text_whatever_a_spreadsheet_would_make_of_it(name):
    assert [name] == [row["name"] for row in rows(load(f'{HEAD}{REF},5,"{name}"\n'))]


def test_quoted_name_may_hold_a_comma():
    assert "a, b" == rows(load(f'{HEAD}{REF},5,"a, b"\n'))[0]["name"]


# ---------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("01G2,5,a", "row 2, card: not a card number in hex (character 3 is none)"),
        ("1.23E+10,5,a", "row 2, card: not a card number in hex (character 2 is none)"),
        ("012,5,a", "row 2, card: 3 hex digits are no whole bytes; was a leading 0 lost?"),
        ("::,5,a", "row 2, card: 0 hex digits are no whole bytes"),
        (f"{'00' * 257},5,a", "row 2, card: 257 bytes; a card has at most 256"),
        ("hmac:12,5,a", "row 2, card: hmac: must be followed by 32 hex digits"),
        ("0102,,a", "row 2: says of nobody in particular: fill one of ccus_id"),
        ("0102", "row 2: says of nobody in particular"),
        ("0102,1.2E+13,a", "row 2, ccus_id: must be digits only"),
        ("0102,12a,a", "row 2, ccus_id: must be digits only"),
        ("0102,٣,a", "row 2, ccus_id: must be digits only"),
        ("0102,123456789012345,a", "row 2, ccus_id: 15 digits; there are at most 14"),
        ("0102,5,a\x85b", "row 2, name: holds a control character"),
        ("0102,5,a\x07b", "row 2, name: holds a control character"),
        ('0102,5,"a\nb"', "row 2, name: holds a control character"),
        ('"0102\x00",5,a', "row 2, card: holds a control character"),
        ("0102,5,a,b", "row 2: 4 cells, the first row has 3; a comma too many?"),
        ('0102,5,"a"b', "row 2: not CSV: "),
        (f"0102,5,{'x' * 200_000}", "row 2: not CSV: field larger than field limit"),
    ],
)
def test_wrong_cell_is_told_with_row_and_column(row, says):
    (line,) = said(f"{HEAD}{row}\n")

    assert line.startswith(says)


def test_all_mistakes_are_told_at_once():
    found = said(f"{HEAD}zz,xx,\x01\n0102,5,a\n0102,,b\nzz,5,\n")

    assert ["row 2, card", "row 2, ccus_id", "row 2, name", "row 4", "row 5, card"] == [
        line.split(":")[0] for line in found
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("card,name\n", "the first row must name the columns; missing: one of id, ccus_id, own_number"),
        ("\n", "the first row must name the columns"),
        ("card,ccus_id,weather\n", "column 3 of the first row has an unknown name; remove it"),
        ("card,ccus_id,nane\n", "column 3 of the first row has an unknown name; did you mean name?"),
        ("card,,ccus_id\n", "column 2 of the first row has an unknown name; remove it"),
        ("card,ccus_id,カード\n", "the column card is there twice"),
        (b"", "is empty; is it the right file?"),
        (b"\x81\x20\x80\xff\n", "is neither UTF-8 nor Shift_JIS; save it as CSV UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "is an old .xls"),
        (b"PK\x03\x04nonsense", "is no XLSX, or a damaged one"),
        ("card,ccus_id\n".encode("utf-16"), "is neither UTF-8 nor Shift_JIS; save it as CSV UTF-8"),
    ],
)
def test_file_that_is_no_roster_is_told_plainly(content, says, tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(RosterError) as caught:
        read_roster(path)
    [line] = [each.text(Language.EN) for each in caught.value.mistakes]

    assert line.startswith(says)


@pytest.mark.parametrize("row", ["5", "5,,"])
def test_credential_without_a_number_is_told(row):
    assert ["row 2, number: is empty"] == said(f"技能者ID,番号,状態\n{row}\n")


def test_row_that_names_nobody_is_told():
    [line] = said("技能者ID,社員番号,氏名\n,,a\n")

    assert (
        "row 2: says of nobody in particular: fill one of ccus_id, own_number, or add a column id with your own numbers"
        == line
    )


def test_mistakes_are_told_in_japanese():
    with pytest.raises(RosterError) as caught:
        load("技能者ID,入場開始日\nx,昨日\n")

    assert [
        "2行目、技能者ID: 数字だけにしてください。列の書式を文字列にしてください",
        "2行目、入場開始日: 日付ではありません。例: 2026-11-24、令和8年11月24日",
    ] == [each.text(Language.JA) for each in caught.value.mistakes]


def test_missing_file_is_told_with_its_path(tmp_path):
    with pytest.raises(RosterError) as caught:
        read_roster(tmp_path / "nowhere.csv")

    assert f"{tmp_path / 'nowhere.csv'}: there is no such file" == str(caught.value)


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr(sheet, "ROWS_MAX", 3)

    assert 3 == len(load(HEAD + "01,5,a\n02,5,a\n03,5,a\n"))
    assert ["has more than 3 rows"] == said(HEAD + "01,5,a\n02,5,a\n03,5,a\n04,5,a\n")


def test_too_large_file_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(sheet, "SIZE_MAX_B", 1 << 20)
    (tmp_path / "list.csv").write_bytes(HEAD.encode() + b"\n" * (1 << 20))
    with pytest.raises(RosterError, match="is larger than 1 MiB"):
        read_roster(tmp_path / "list.csv")


def test_message_of_many_mistakes_is_bounded_but_none_is_lost():
    with pytest.raises(RosterError) as caught:
        load(HEAD + "zz,5,a\n" * 5000)

    assert 5000 == len(caught.value.mistakes)
    assert 101 == len(str(caught.value).splitlines())
    assert str(caught.value).endswith("... and 4900 more")


def test_no_message_repeats_a_card_an_id_or_a_name():
    """
    What goes wrong is read over the phone and pasted into mails.
    """
    rows = "0102030405,123456789012345,SATO\n0102030405X,99,SATO\n010203,x77,SATO\n010203,78,SATO,more\n"
    text = "\n".join([*said(HEAD + rows), *said("0102030405,77,SATO\n")])

    assert not [secret for secret in ("0102030405", "010203", "12345678", "SATO", "99", "77") if secret in text]


csvish = st.lists(
    st.lists(
        st.one_of(
            st.sampled_from(["0102", "hmac:" + "a" * 32, "5", "", '"', "12345678901234", "名"]), st.text(max_size=6)
        ),
        max_size=4,
    ).map(",".join),
    max_size=8,
).map("\n".join)


@settings(max_examples=400, deadline=None)
@given(
    content=st.one_of(
        st.binary(max_size=200),
        st.binary(max_size=200).map(lambda noise: b"PK\x03\x04" + noise),
        csvish.map(lambda rows: (HEAD + rows).encode(errors="surrogatepass")),
        csvish.map(lambda rows: ("技能者ID;種別;番号;状態\n" + rows.replace(",", ";")).encode(errors="surrogatepass")),
    )
)
def test_any_bytes_give_records_or_mistakes(content):
    """
    And what they give is what the agent takes.
    """
    try:
        found = load(content)
    except RosterError as exc:
        found = exc
    if isinstance(found, RosterError):
        assert found.mistakes
        assert str(found)
    else:
        records({"source": found.source, "tables": [vars_of(table) for table in found.tables]})


def vars_of(table):
    return {name: getattr(table, name) for name in ("kind", "sheet", "fields", "rows")}


@given(workers=st.dictionaries(st.binary(min_size=1, max_size=16), st.integers(0, 10**14 - 1), max_size=20))
def test_every_card_of_the_file_finds_its_worker(workers):
    found = load(HEAD + "".join(f"{card.hex()},{number},\n" for card, number in workers.items()))

    assert workers == {bytes.fromhex(row["card"]): int(row["ccus"]) for row in rows(found)}
