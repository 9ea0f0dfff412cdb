"""What modems say is understood however it is cut, and nothing that could answer or dial can be said to them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.wire import at
from drivers.wire.at import Lines
from drivers.wire.at_message import (
    CallEnded,
    CallerId,
    ClockTime,
    Final,
    Message,
    Operator,
    PinTries,
    Prompt,
    Registration,
    Ring,
    Signal,
    Sim,
    Text,
)
from drivers.wire.sms import pdu

MORNING_S = 1_795_473_660
"""2026-11-24T07:41:00+09:00."""


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("OK", Final(error="")),
        ("ERROR", Final(error="ERROR")),
        ("+CME ERROR: 10", Final(error="CME 10")),
        ("+CME ERROR: SIM not inserted", Final(error="CME 10")),
        ("+CMS ERROR: 38", Final(error="CMS 38")),
        ("RING", Ring()),
        ("+CRING: VOICE", Ring()),
        ("NO CARRIER", CallEnded()),
        ("VOICE CALL: END: 000012", CallEnded()),
        ("MISSED_CALL: 07:41AM 09012345678", CallEnded()),
        ("^CEND:1,0,104,16", CallEnded()),
        ('+CLIP: "09012345678",129,"",128,"",0', CallerId(number="09012345678", kind=129, validity=0)),
        ('+CLIP: "+819012345678",145,,,,0', CallerId(number="+819012345678", kind=145, validity=0)),
        ('+CLIP: "9012345678",161,,,"Abe, T",0', CallerId(number="9012345678", kind=161, validity=0)),
        ("+CLIP: 82882690,129,,,,0", CallerId(number="82882690", kind=129, validity=0)),
        ('+CLIP: "",128,,,,1', CallerId(number="", kind=128, validity=1)),
        ('+CLIP: "",128,,,,2', CallerId(number="", kind=128, validity=2)),
        ('+CLIP: "09012345678",129', CallerId(number="09012345678", kind=129, validity=None)),
        ('+CCWA: "09012345678",129,1,,0', CallerId(number="09012345678", kind=129, validity=0, is_waiting=True)),
        ("+CREG: 0,1", Registration(of="voice", state=1)),
        ("+CREG: 5", Registration(of="voice", state=5)),
        ('+CREG: 1,"1A2B","01C3D4E5",7', Registration(of="voice", state=1)),
        ('+CREG: 2,8,"1A2B","01C3D4E5",7', Registration(of="voice", state=8)),
        ("+CREG: 1,1A2B,3C4D", Registration(of="voice", state=1)),
        ("+CEREG: 0,2", Registration(of="data", state=2)),
        ("+CIREG: 0,1,4", Registration(of="ims", state=1)),
        ("+CSQ: 21,99", Signal(dbm=-71)),
        ("+CSQ: 99,99", Signal(dbm=None)),
        ("+CPIN: SIM PIN", Sim(state="SIM PIN")),
        ("+CPINR: SIM PIN,2,3", PinTries(left=2)),
        ('+QPINC: "SC",3,10', PinTries(left=3)),
        ('+COPS: 0,0,"NTT DOCOMO",7', Operator(name="NTT DOCOMO")),
        ("+COPS: 0", Operator(name="")),
        ('+CCLK: "26/11/24,07:41:00+36"', ClockTime(utc_s=MORNING_S, zone_min=540)),
        ('+CCLK: "26/11/23,22:41:00+00"', ClockTime(utc_s=MORNING_S, zone_min=0)),
        ('+CCLK: "26/11/23,17:41:00-20"', ClockTime(utc_s=MORNING_S, zone_min=-300)),
        ('+QLTS: "2026/11/24,07:41:00+36,0"', ClockTime(utc_s=MORNING_S, zone_min=540)),
        ('+CCLK: "80/01/06,00:00:00+00"', ClockTime(utc_s=315_964_800, zone_min=0)),
        ('+CCLK: "26/11/24,07:41:00"', ClockTime(utc_s=None)),
        ('+CCLK: "26/13/24,07:41:00+36"', ClockTime(utc_s=None)),
        ('+CCLK: "26/11/24,07:41:00+96"', ClockTime(utc_s=None)),
        ('+QLTS: ""', ClockTime(utc_s=None)),
        ("^RSSI:19", Text(text="^RSSI:19")),
        ("AT+CLIP=1", Text(text="AT+CLIP=1")),
        ("+CLIP: 1,1", Text(text="+CLIP: 1,1")),
        ("+CLIP:", Text(text="+CLIP:")),
    ],
)
def test_a_line_says_what_the_standard_means_by_it(line: str, meant: Message) -> None:
    assert [meant] == Lines().feed(f"\r\n{line}\r\n".encode())


def test_the_prompt_is_understood_though_its_line_never_ends() -> None:
    lines = Lines()

    assert [Prompt()] == lines.feed(b"\r\n> ")
    assert [Text(text="+CMGS: 1"), Final(error="")] == lines.feed(b"\r\n+CMGS: 1\r\n\r\nOK\r\n")


def test_a_line_without_an_end_is_forgotten_and_the_next_is_read() -> None:
    """A modem at the wrong speed sends noise without an end: it must not fill the memory."""
    lines = Lines()

    assert [] == lines.feed(b"x" * 1_000_000)
    assert len(lines._line) <= at.LINE_MAX_B + 1
    assert [Ring()] == lines.feed(b"\r\nRING\r\n")


SPEECH = st.lists(
    st.sampled_from(
        [b"RING", b'+CLIP: "09012345678",129,,,,0', b"OK", b"NO CARRIER", b"^RSSI:19", b"> ", b"+CREG: 0,1", b"AT+CSQ"]
    )
    | st.binary(max_size=20),
    max_size=12,
).map(lambda lines: b"".join(b"\r\n" + line + b"\r\n" for line in lines))


@given(SPEECH, st.data())
def test_however_the_bytes_are_cut_the_same_messages_come_out(speech: bytes, data: st.DataObject) -> None:
    whole = Lines().feed(speech)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(speech)), max_size=12)))
    pieces = [speech[a:b] for a, b in zip([0, *cuts], [*cuts, len(speech)], strict=True)]
    lines = Lines()

    assert whole == [message for piece in pieces for message in lines.feed(piece)]


@given(st.sampled_from(sorted(at._HEADS)), st.text(max_size=60))
def test_no_line_whatever_it_holds_is_more_than_a_message(head: str, rest: str) -> None:
    assert at.parse(f"{head}: {rest}".encode("latin-1", "replace"))


@pytest.mark.parametrize(
    "text",
    [
        *("ATA", "ata", "A/", "ATE0A", "ATHA", "ATS0=1", "ATO", "ATZ", "AT+CSQ\rATA", "AT+CLIP=1;A"),
        *("ATD09012345678;", "ATDT1", "ATDL", "AT+CSQ;D1", 'AT+CPIN="1234";D1', "AT+CHUP?D"),
        *("AT+CHLD=2", "AT+CKPD=1", "AT+CVHU=0", "AT+CFUN=0"),
    ],
)
def test_no_command_that_could_answer_or_dial_can_be_said(text: str) -> None:
    """The worker pays for a call that is answered."""
    with pytest.raises(ValueError, match="not a command of ours"):
        at.command(text)


@given(st.from_regex(r"AT[ -~]{0,20}", fullmatch=True))
def test_of_all_commands_only_harmless_ones_can_be_said(text: str) -> None:
    try:
        said = at.command(text)
    except ValueError:
        return
    assert said.startswith((b"AT+", b"ATE0\r", b"ATH\r", b"ATS0=0\r", b"AT\r"))
    assert b";" not in said


def test_a_message_in_japanese_is_written_as_the_standard_says() -> None:
    """By hand after 3GPP TS 23.040: SUBMIT, international number, UCS2."""
    assert (23, "0001000C9118092143658700080A30AD30ED30AF00200041") == pdu("+819012345678", "キロク A")
