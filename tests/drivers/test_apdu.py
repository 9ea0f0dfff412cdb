"""Scripts are typed by technicians and answers come from torn cards: neither may surprise the daemon."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.wire.apdu import (
    ApduRefused,
    CredentialProfile,
    NoAnswer,
    Response,
    ScriptError,
    Step,
    TokenUnusable,
    parse_hex,
    parse_script,
    run,
    technology,
)
from hardware_fakes.card import Card, contactless_atr, storage_atr

UID = "FF CA 00 00 00 -> 9000 take"
commands = st.binary(min_size=4, max_size=40)
statuses = st.text("0123456789ABCDEFX", min_size=4, max_size=4)


@given(command=commands, status=statuses, takes=st.booleans())
def test_step_reads_what_it_writes(*, command: bytes, status: str, takes: bool) -> None:
    step = Step(command=command, status=status, takes=takes)

    assert step == Step.parse(str(step))
    assert step == Step.parse(str(step).lower().replace(" ", "  "))


@given(st.text())
@example("->")
@example("FF CA 00 00 00 -> 9000 take take")
@example("FF CA 00 00 0\u0660 -> 9000")
def test_any_text_is_a_step_or_an_error_that_quotes_it(text: str) -> None:
    complaint, command = "", b""
    try:
        command = Step.parse(text).command
    except ScriptError as exc:
        complaint = str(exc)

    assert len(command) >= 4 or repr(text) in complaint


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("FF CA 00 00 00", "no '->'"),
        ("FF CA 00 00 00 -> 90", "a status word of four digits"),
        ("FF CA 00 00 00 -> 9000 keep", "not 'keep'"),
        ("FF CG 00 00 00 -> 9000", "'G' is not a hexadecimal digit"),
        ("FF CA 00 00 0 -> 9000", "half a byte"),
        ("FF CA 00 -> 9000", "at least 4 bytes"),
    ],
)
def test_wrong_step_says_what_and_where(text: str, complaint: str) -> None:
    with pytest.raises(ScriptError) as caught:
        parse_script([UID, text])

    assert str(caught.value).startswith(f"step 2: {text!r}: ")
    assert complaint in str(caught.value)


def test_script_that_takes_nothing_is_an_error() -> None:
    with pytest.raises(ScriptError, match="no step says 'take'"):
        parse_script(["FF CA 00 00 00 -> 9000"])


@given(st.text())
def test_any_text_is_hex_or_an_error(text: str) -> None:
    try:
        parsed = parse_hex(text)
    except ScriptError:
        return

    assert "".join(text.split()).lower() == parsed.hex()


@given(st.binary(max_size=300))
@example(b"")
@example(b"\x90")
def test_any_answer_is_split_or_has_no_status_word(raw: bytes) -> None:
    """A torn card is success with an empty answer in PC/SC: it must never pass for a card."""
    try:
        response = Response.parse(raw)
    except NoAnswer:
        assert len(raw) < 2
    else:
        assert raw == response.data + response.sw.to_bytes(2, "big")


@given(status=statuses, sw=st.integers(0, 0xFFFF))
def test_x_accepts_any_digit_and_others_only_themselves(status: str, sw: int) -> None:
    expected = all(a in ("X", b) for a, b in zip(status, f"{sw:04X}", strict=True))

    assert expected == Step(command=bytes(4), status=status, takes=True).accepts(sw)


def test_token_is_what_the_taking_steps_read_in_order() -> None:
    script = parse_script(["00 A4 04 00 00 -> 90xx", "00 B0 00 00 02 -> 9000 take", "00 B0 00 02 02 -> 9000 take"])
    answers = {"00a4040000": "abcd9012", "00b0000002": "11229000", "00b0000202": "33449000"}

    token = run(script, lambda command: bytes.fromhex(answers[command.hex()]))

    assert bytes.fromhex("11223344") == token


def test_refusal_names_the_step_and_not_what_the_card_said() -> None:
    card = Card.felica(b"SECRETID", {bytes.fromhex("00B0000010"): b"SECRET\x6a\x82"})

    with pytest.raises(ApduRefused) as caught:
        run(parse_script([UID, "00 B0 00 00 10 -> 9000 take"]), lambda command: card.answer(command) or b"")

    assert "step 2: the card answered 6A82, the script wants 9000" == str(caught.value)


@given(st.integers(0, 600))
@example(0)
@example(256)
@example(257)
def test_token_has_1_to_256_bytes(length: int) -> None:
    try:
        token = run(parse_script([UID]), lambda _: bytes(length) + b"\x90\x00")
    except TokenUnusable:
        assert not 1 <= length <= 256
    else:
        assert length == len(token)


@pytest.mark.parametrize(
    ("atr", "kind"),
    [
        (Card.felica(bytes(8)).atr, "felica"),
        (Card.iso14443_4(bytes(7)).atr, "iso14443-4"),
        (storage_atr(standard=0x03, name=0x0003), "mifare-ultralight"),
        (storage_atr(standard=0x11, name=0xF012), "felica"),
        (storage_atr(standard=0x11, name=0x7777), "felica"),
        (storage_atr(standard=0x03, name=0x7777), "iso14443-3a"),
        (storage_atr(standard=0x77, name=0x7777), "unknown"),
        # What readers of several makers give for a MIFARE Classic 1K.
        (bytes.fromhex("3B8F8001804F0CA000000306030001000000006A"), "mifare-classic-1k"),
        (contactless_atr(b""), "iso14443-4"),
        (contactless_atr(bytes.fromhex("804F0CA000000306")), "unknown"),
        # A contact card: not what a gate reader should see.
        (bytes.fromhex("3B65000020630301"), "unknown"),
        (b"", "unknown"),
    ],
)
def test_technology_follows_pcsc_part_3(atr: bytes, kind: str) -> None:
    assert kind == technology(atr)


@given(st.binary(max_size=40) | st.binary(max_size=20).map(lambda rest: b"\x3b\x8f\x80\x01\x80\x4f\x0c" + rest))
def test_any_atr_has_a_technology(atr: bytes) -> None:
    assert technology(atr)


def test_atr_pattern_takes_x_for_a_digit_and_star_for_the_rest() -> None:
    felica, classic = Card.felica(bytes(8)).atr, Card.mifare_classic(bytes(4)).atr
    profile = CredentialProfile(name="f", atr="3B 8F 80 01 80 4F 0C A0 00 00 03 06 11 00 3x*").compile()

    assert profile.fits(felica)
    assert not profile.fits(classic)


@given(st.text(max_size=20), st.binary(max_size=20))
def test_any_atr_pattern_compiles_or_is_an_error_that_names_the_profile(pattern: str, atr: bytes) -> None:
    complaint, fits = "", None
    try:
        fits = CredentialProfile(name="worker", atr=pattern).compile().fits(atr)
    except ScriptError as exc:
        complaint = str(exc)

    assert fits is not None or "profile 'worker'" in complaint
