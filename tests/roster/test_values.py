"""Values in the spellings people use: each is understood, and what is written is read as the same again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.roster.choices import LANGUAGE, LEVEL, MARK, SORT, STATE, TRUTH
from edge_agent.roster.mistakes import Wrong
from edge_agent.roster.tokens import CARD, PHONE
from edge_agent.roster.values import DATE, DIGITS, KANA, NUMBER, TEXT, TIER, YEN, Numeric, read_cell
from edge_agent.words import Language

SPELLINGS = [
    (DATE, "2026-11-24", ["2026-11-24", "2026/11/24", "2026.11.24", "2026/1１/24", "20261124", "2026年11月24日",
                          "令和8年11月24日", "R8.11.24", "r08/11/24", "Ｒ８．１１．２４", "令和 8年 11月 24日",
                          "2026-11-24 00:00:00", "2026/11/24 0:00"]),
    (DATE, "2019-05-01", ["令和元年5月1日", "平成31年5月1日", "H31.5.1"]),
    (DATE, "1969-02-28", ["昭和44年2月28日", "S44.2.28"]),
    (DATE, "2024-02-29", ["R6.2.29"]),
    (TRUTH, True, ["○", "◯", "〇", "有", "済", "あり", "TRUE", "yes", "1", "Ｙ", "加入", "登録済"]),
    (TRUTH, False, ["×", "✕", "無", "未", "なし", "FALSE", "no", "0", "未加入"]),
    (MARK, True, ["○"]),
    (LEVEL, "white", ["白", "1", "レベル1", "レベル１", "white", "Level 1".replace(" ", "")]),
    (LEVEL, "silver", ["銀", "3", "L3"]),
    (LEVEL, "gold", ["金", "4", "ゴールド"]),
    (TIER, 0, ["元請", "0", "元請け"]),
    (TIER, 1, ["一次", "1次", "１", "一次下請", "第1次", "1st"]),
    (TIER, 3, ["三次", "3"]),
    (YEN, 120_000_000, ["120,000,000", "¥120,000,000", "120000000円", "１２０，０００，０００円", "￥120000000"]),
    (DIGITS, "12345678901234", ["12345678901234", "１２３４５６７８９０１２３４", "1234-5678-9012-34"]),
    (DIGITS, "00000000000012", ["00000000000012"]),
    (PHONE, "+819012345678", ["090-1234-5678", "０９０－１２３４－５６７８", "(090)1234-5678", "+81 90 1234 5678"]),
    (KANA, "ケンセツ タロウ", ["ｹﾝｾﾂ ﾀﾛｳ", "ケンセツ タロウ"]),
    (KANA, "けんせつ", ["けんせつ"]),
    (LANGUAGE, "vi", ["ベトナム語", "vi", "Vietnamese"]),
    (SORT, "phone", ["電話", "phone"]),
    (STATE, "replaced", ["交換済", "再発行済"]),
]  # fmt: skip
WRONG = [
    (
        DATE,
        ["昨日", "2026-13-01", "2026-02-29", "R6.2.30", "26/11/24", "46350", "2026-11-24 08:00", "令和2026年1月1日"],
    ),
    (TRUTH, ["?", "多分"]),
    (LEVEL, ["5", "赤"]),
    (TIER, ["十一次下", "-1", "99"]),
    (YEN, ["1.5億", "12万", "-5", "1" * 20]),
    (DIGITS, ["1.2E+13", "12a", "٣", "123456789012345"]),
    (PHONE, ["9012345678", "090-abcd", "1", "0"]),
    (LANGUAGE, ["de"]),
    (TEXT, ["a\nb", "a\x00", "\ud800", "#REF!", "x" * 1001, "\uffff"]),
    (NUMBER, ["x" * 65]),
]


@pytest.mark.parametrize(("kind", "value", "cell"), [(k, v, c) for k, v, cells in SPELLINGS for c in cells])
def test_every_spelling_is_understood(kind, value, cell):
    assert value == read_cell(kind, cell)
    assert kind.holds(value)


@pytest.mark.parametrize(("kind", "cell"), [(k, c) for k, cells in WRONG for c in cells])
def test_anything_else_is_told(kind, cell):
    with pytest.raises(Wrong):
        read_cell(kind, cell)


@pytest.mark.parametrize(("kind", "cell"), [(CARD, "0102"), (PHONE, "9012345678"), (NUMBER, "1234567890123456")])
def test_number_that_a_spreadsheet_has_mutilated_is_told(kind, cell):
    """
    0102030405 typed into Excel is 102030405: another card.
    """
    with pytest.raises(Wrong):
        read_cell(kind, Numeric(cell))


@pytest.mark.parametrize("kind", [DATE, TRUTH, MARK, LEVEL, TIER, YEN, DIGITS, LANGUAGE, SORT, STATE])
@pytest.mark.parametrize("language", Language)
def test_what_is_written_is_read_as_the_same(kind, language):
    for value in {value for known, value, _ in SPELLINGS if known is kind}:
        assert value == read_cell(kind, kind.write(value, language))


@given(st.text(max_size=12) | st.text(alphabet="'=+-@＝－ー#N/A\t x", max_size=5), st.sampled_from([TEXT, NUMBER]))
def test_any_text_the_ledger_may_hold_is_written_so_that_it_is_read_as_the_same(text, kind):
    if not text or not kind.holds(text):
        return

    cell = kind.write(text, Language.JA)

    assert text == read_cell(kind, cell)
    assert cell[0] not in "=+-@＝＋－＠"
