"""Who holds which card: any spreadsheet a site can produce gives a roster, or everything that is wrong with it."""

import hashlib
import hmac
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent import roster
from edge_agent.core.credential import credential_ref
from edge_agent.core.touch import CredentialRef, Worker, WorkerId
from edge_agent.roster import Roster, RosterError, load_roster
from edge_agent.words import Language

KEY = b"k" * 32
IDM = bytes.fromhex("01147A0BC3D2E1F0")
REF = credential_ref(KEY, IDM)
KENSETSU = Worker(id=WorkerId("12345678901234"), ccus="12345678901234", name="建設 太郎")
HEAD = "card,ccus_id,name\n"


def full_width(text):
    """As a Japanese keyboard writes it."""
    return "".join(chr(ord(char) + 0xFEE0) for char in text)


@pytest.fixture(autouse=True)
def _english(monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture
def load(tmp_path):
    def load(content):
        path = tmp_path / "roster.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return load_roster(path, partial(credential_ref, KEY))

    return load


def said(load, content):
    with pytest.raises(RosterError) as caught:
        load(content)
    return [each.text(Language.EN) for each in caught.value.mistakes]


def test_card_reference_is_half_of_the_keyed_hash():
    whole = hmac.new(KEY, IDM, hashlib.sha256).hexdigest()

    assert f"hmac:{whole[:32]}" == REF


def test_other_key_gives_another_reference():
    assert REF != credential_ref(b"other", IDM)


def test_known_card_has_its_worker(load):
    found = load(f"{HEAD}01147A0BC3D2E1F0,12345678901234,建設 太郎\n").holders[REF]

    assert KENSETSU == found


def test_unknown_card_is_a_person_nobody_has_named():
    card = CredentialRef("hmac:" + "0" * 32)

    assert card not in Roster().holders


def test_file_of_a_header_only_is_an_empty_roster(load):
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
def test_card_is_the_same_however_it_is_written(load, card):
    assert KENSETSU == load(f"{HEAD}{card},12345678901234,建設 太郎\n").holders[REF]


@pytest.mark.parametrize(
    "header",
    [
        "card,ccus_id,name",
        "カード,技能者ID,氏名",
        "カード,技能者ＩＤ,氏名",
        " Card , CCUS_ID ,Name,,",
    ],
)
def test_columns_have_english_or_japanese_names(load, header):
    assert KENSETSU == load(f"{header}\n{REF},12345678901234,建設 太郎\n").holders[REF]


def test_columns_may_stand_in_any_order_and_the_name_is_optional(load):
    assert KENSETSU == load(f"氏名,ccus_id,カード\n建設 太郎,12345678901234,{REF}\n").holders[REF]
    assert "" == load(f"ccus_id,card\n12345678901234,{REF}\n").holders[REF].name


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_file_may_come_from_any_spreadsheet(load, encoding, end):
    content = f"カード,技能者ID,氏名\n{REF},12345678901234,建設 太郎\n,,\n\n".replace("\n", end)

    assert {REF: KENSETSU} == load(content.encode(encoding)).holders


def test_two_cards_of_one_worker_are_good(load):
    found = load(f"{HEAD}0102,5,a\n0103,5,a\n")

    assert 2 == len(found)


def test_same_row_twice_is_good(load):
    assert 1 == len(load(f"{HEAD}0102,5,a\n01 02,5,a\n"))


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "+81", "-x", "'", "x" * 100_000, "O'Brien", "a\u3000b"])
def test_name_is_text_whatever_a_spreadsheet_would_make_of_it(load, name):
    assert name == load(f'{HEAD}{REF},5,"{name}"\n').holders[REF].name


def test_quoted_name_may_hold_a_comma(load):
    assert "a, b" == load(f'{HEAD}{REF},5,"a, b"\n').holders[REF].name


# ---------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("01G2,5,a", "row 2, card: not a card number in hex (character 3 is none)"),
        ("1.23E+10,5,a", "row 2, card: not a card number in hex (character 2 is none)"),
        ("012,5,a", "row 2, card: 3 hex digits are no whole bytes; was a leading 0 lost?"),
        ("::,5,a", "row 2, card: 0 hex digits are no whole bytes"),
        (f"{'00' * 257},5,a", "row 2, card: 257 bytes; a card has at most 256"),
        (",5,a", "row 2, card: is empty"),
        ("hmac:12,5,a", "row 2, card: hmac: must be followed by 32 hex digits"),
        ("0102,,a", "row 2, ccus_id: is empty"),
        ("0102", "row 2, ccus_id: is empty"),
        ("0102,1.2E+13,a", "row 2, ccus_id: must be digits only"),
        ("0102,12a,a", "row 2, ccus_id: must be digits only"),
        ("0102,٣,a", "row 2, ccus_id: must be digits only"),
        ("0102,123456789012345,a", "row 2, ccus_id: 15 digits; a worker's id has at most 14"),
        ("0102,5,a\x85b", "row 2, name: holds a control character"),
        ("0102,5,a\x07b", "row 2, name: holds a control character"),
        ('0102,5,"a\nb"', "row 2, name: holds a control character"),
        ('"0102\x00",5,a', "row 2, card: holds a control character"),
        ("0102,5,a,b", "row 2: 4 cells, the first row has 3; a comma too many?"),
        ('0102,5,"a"b', "row 2: not CSV: "),
        (f"0102,5,{'x' * 200_000}", "row 2: not CSV: field larger than field limit"),
    ],
)
def test_wrong_cell_is_told_with_row_and_column(load, row, says):
    (line,) = said(load, f"{HEAD}{row}\n")

    assert line.startswith(says)


def test_all_mistakes_are_told_at_once(load):
    found = said(load, f"{HEAD}zz,xx,\x01\n0102,5,a\n0102,6,b\nzz,5,\n")

    assert ["row 2, card", "row 2, ccus_id", "row 2, name", "row 4, card", "row 5, card"] == [
        line.split(":")[0] for line in found
    ]
    assert found[3].startswith("row 4, card: the card of row 3 again, but with another worker")


def test_one_card_in_two_notations_is_still_one_card(load):
    (line,) = said(load, f"{HEAD}{IDM.hex()},5,a\n{REF},5,a\n{REF},6,b\n")

    assert line.startswith("row 4, card: the card of row 2 again")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("card,name\n", "the first row must name the columns card, ccus_id, name"),
        ("\n", "the first row must name the columns card, ccus_id, name"),
        ("card,ccus_id,company\n", "column 3 of the first row has an unknown name; remove it"),
        ("card,,ccus_id\n", "column 2 of the first row has an unknown name; remove it"),
        ("card,ccus_id,カード\n", "the column card is there twice"),
        ("card;ccus_id;name\n", "column 1 of the first row has an unknown name; remove it"),
        (b"", "is empty; is it the right file?"),
        (b"\x81\x20\x80\xff\n", "is neither UTF-8 nor Shift_JIS; save it as CSV UTF-8"),
        ("card,ccus_id\n".encode("utf-16"), "is neither UTF-8 nor Shift_JIS; save it as CSV UTF-8"),
    ],
)
def test_file_that_is_no_roster_is_told_plainly(load, content, says):
    (line,) = said(load, content)

    assert line.startswith(says)


def test_missing_file_is_told_with_its_path(tmp_path):
    with pytest.raises(RosterError) as caught:
        load_roster(tmp_path / "nowhere.csv", partial(credential_ref, KEY))

    assert f"{tmp_path / 'nowhere.csv'}: there is no such file" == str(caught.value)


def test_too_many_rows_are_refused(load, monkeypatch):
    monkeypatch.setattr(roster, "ROWS_MAX", 3)

    assert 3 == len(load(HEAD + "01,5,a\n02,5,a\n03,5,a\n"))
    assert ["has more than 3 rows"] == said(load, HEAD + "01,5,a\n02,5,a\n03,5,a\n04,5,a\n")


def test_too_large_file_is_refused(load, monkeypatch):
    monkeypatch.setattr(roster, "SIZE_MAX_B", 1 << 20)

    assert ["is larger than 1 MiB; is it the right file?"] == said(load, HEAD + "\n" * (1 << 20))


def test_message_of_many_mistakes_is_bounded_but_none_is_lost(load):
    with pytest.raises(RosterError) as caught:
        load(HEAD + "zz,5,a\n" * 5000)

    assert 5000 == len(caught.value.mistakes)
    assert 101 == len(str(caught.value).splitlines())
    assert str(caught.value).endswith("... and 4900 more")


def test_no_message_repeats_a_card_an_id_or_a_name(load):
    """
    What goes wrong is read over the phone and pasted into mails.
    """
    rows = "0102030405,123456789012345,SATO\n0102030405X,99,SATO\n010203,77,SATO\n010203,78,SATO\n010203,78,SATO,more\n"
    text = "\n".join(said(load, HEAD + rows))

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


@settings(max_examples=300, deadline=None)
@given(content=st.one_of(st.binary(max_size=200), csvish.map(lambda rows: (HEAD + rows).encode())))
def test_any_bytes_give_a_roster_or_its_mistakes(content, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)

    found = outcome(path)

    if isinstance(found, RosterError):
        assert found.mistakes
        assert str(found)
    else:
        assert all(worker.id.isdigit() and len(worker.id) <= 14 for worker in found.holders.values())


def outcome(path):
    try:
        return load_roster(path, partial(credential_ref, KEY))
    except RosterError as exc:
        return exc


@given(workers=st.dictionaries(st.binary(min_size=1, max_size=16), st.integers(0, 10**14 - 1), max_size=20))
def test_every_card_of_the_file_finds_its_worker(workers, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "every.csv"
    path.write_text(HEAD + "".join(f"{card.hex()},{number},\n" for card, number in workers.items()), encoding="utf-8")

    found = load_roster(path, partial(credential_ref, KEY))

    assert workers == {card: int(found.holders[credential_ref(KEY, card)].id) for card in workers}
