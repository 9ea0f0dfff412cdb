"""Everything said to a modem, with time in our hands: set-up, PIN, network, clock, hanging up, messages, deafness."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.calls import Call
from drivers.contract import Answer, AnswerKind, HeardTime, ReaderBroken, ReaderLost
from drivers.modem_pin import Pin
from drivers.modem_session import NITZ_ERR_MS, POLL_NS, ModemSession
from drivers.phone_answers import DAY_NS, PER_NUMBER_NS, STALE_NS, WAITING_MAX, PhoneAnswers
from hardware_fakes.modem import ModemBrain, Network, say

S = 1_000_000_000
WORKER, WORKER_TOLD = "09012345678", "+819012345678"
PENDING = Answer(kind=AnswerKind.PENDING)
MORNING_S = 1_795_473_660
"""2026-11-24T07:41:00+09:00."""
FORBIDDEN = ("ATA", "ATD", "ATO", "ATZ", "AT+CHLD")


class Line:
    """A session and a modem, stepped by the test."""

    def __init__(self, network: Network | None = None, *, pin: Pin | None = None, **options) -> None:
        self.brain = ModemBrain(network)
        self.pin = pin or Pin("line-1", "")
        self.heard_time: list[HeardTime] = []
        self.options = {"hang_up": "hang_up", "answers": None, "hear_time": self.heard_time.append} | options
        self.now_ns = 0
        self.told: list[Call] = []
        self.open()

    def open(self) -> None:
        self.session = ModemSession("line-1", pin=self.pin, **self.options)

    def step(self, said: bytes = b"") -> list[Call]:
        """Let everything be said that is to be said now."""
        told = self.session.receive(said, self.now_ns)
        while out := self.session.to_send(self.now_ns):
            told += self.session.receive(self.brain.hear(out), self.now_ns)
        self.told += told
        return told

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 2)):
            self.now_ns += S // 2
            self.step()

    def ready(self) -> "Line":
        self.step()
        assert self.session.is_ready
        return self

    def call(self, number: str = WORKER) -> list[Call]:
        self.brain.caller = number
        return self.step(self.brain.ring())

    def polls(self, question: str = "AT+CSQ") -> int:
        return self.brain.heard.count(question)


def polling() -> tuple[Line, bytes]:
    """Return a line that has just been asked the first question of a poll."""
    line = Line().ready()
    line.now_ns += POLL_NS
    out = line.session.to_send(line.now_ns)
    assert b"AT+CSQ\r" == out
    return line, out


def pin_file(folder: Path, pin: str) -> Pin:
    (folder / "pin").write_text(f"{pin}\n", encoding="ascii")
    return Pin("line-1", str(folder / "pin"))


# ---------------------------------------------------------------- set-up


def test_the_modem_is_told_never_to_answer_before_calls_are_waited_for() -> None:
    line = Line().ready()

    assert line.brain.heard.index("ATS0=0") < line.brain.heard.index("AT+CLIP=1")
    assert line.brain.clip
    assert not line.brain.echo


def test_a_modem_that_may_answer_by_itself_is_not_used() -> None:
    """A call that is answered is paid for by the worker."""
    with pytest.raises(ReaderBroken, match="line-1: the modem cannot be told not to answer"):
        Line(Network(refuses={"ATS0"})).step()


def test_a_modem_without_caller_id_is_the_technicians_to_exchange() -> None:
    with pytest.raises(ReaderBroken, match="cannot tell who calls"):
        Line(Network(refuses={"AT+CLIP"})).step()


def test_a_modem_that_knows_only_what_is_needed_is_good_enough() -> None:
    extras = {"AT+CCWA", "AT+CREG", "AT+CTZU", "AT+CMGF", "AT+CRC", "AT+CMEE", "AT+CGMM", "AT+CIREG?", "AT+CCLK?"}
    line = Line(Network(refuses=extras)).ready()
    line.run(60)

    assert [WORKER_TOLD] == [call.number for call in line.call()]


def test_a_modem_that_does_not_hear_us_is_lost_with_advice() -> None:
    line = Line()
    line.brain.is_deaf = True
    with pytest.raises(ReaderLost, match=r"line-1: the modem does not answer; .*ModemManager.*Cut its power"):
        line.run(30)


def test_a_modem_that_goes_deaf_later_is_noticed_within_two_minutes() -> None:
    line = Line().ready()
    line.run(10)
    line.brain.is_deaf = True
    with pytest.raises(ReaderLost):
        line.run(120)


def test_a_modem_that_always_echoes_is_understood_all_the_same() -> None:
    line = sms_line(refuses={"ATE0"})
    called(line)

    assert line.brain.echo
    assert [WORKER_TOLD] == [call.number for call in line.told]
    assert [WORKER_TOLD] == [number for number, _ in line.brain.sms]


def test_a_modem_that_takes_five_seconds_for_each_reply_is_waited_for_and_calls_are_not() -> None:
    line, late = Line(), []
    for second in range(600):
        line.now_ns = second * S
        due = b"".join(said for at_s, said in late if at_s <= second)
        late = [each for each in late if each[0] > second]
        line.told += line.session.receive(due, line.now_ns)
        if out := line.session.to_send(line.now_ns):
            late.append((second + 2 if not line.session.is_ready else second + 5, line.brain.hear(out)))
        if second == 300:
            line.brain.caller = WORKER
            line.told += line.session.receive(line.brain.ring(), line.now_ns)
            assert [WORKER_TOLD] == [call.number for call in line.told]

    assert "NTT DOCOMO, -71 dBm" == str(line.session.state)


def test_one_reply_lost_on_the_way_is_no_loss_of_the_modem() -> None:
    line = Line().ready()
    line.run(40)
    line.brain.is_deaf = True
    line.run(8)
    line.brain.is_deaf = False
    line.run(120)

    assert [WORKER_TOLD] == [call.number for call in line.call()]


def test_no_command_ever_heard_could_answer_or_dial(tmp_path: Path) -> None:
    """Over everything this driver does: set-up, PIN, polls, calls, hanging up, messages, errors."""
    line = Line(Network(sim="SIM PIN"), pin=pin_file(tmp_path, "1234"), answers=PhoneAnswers(a_day=9)).ready()
    for refused in (set(), {"AT+CHUP"}):
        line.brain.network.refuses = refused
        [call] = line.call()
        line.session.answer(call, PENDING)
        line.run(100)

    assert line.brain.sms
    assert not [heard for heard in line.brain.heard if heard.upper().startswith(FORBIDDEN) or ";" in heard]
    assert {"ATE0", "ATS0=0", "ATH", "AT"} == {heard for heard in line.brain.heard if not heard.startswith("AT+")}


# ---------------------------------------------------------------- SIM


@pytest.mark.parametrize("later", [False, True])
def test_a_missing_sim_is_told_with_advice(*, later: bool) -> None:
    line = Line(Network(sim="READY" if later else ""))
    if later:
        line.run(50)
        line.brain.network.sim = ""
    with pytest.raises(ReaderBroken, match=r"line-1: .*SIM.*\(CME 10\); put it in"):
        line.run(60)


@pytest.mark.parametrize("answers", [{"AT+CPIN?": "+CME ERROR: 14"}, {"AT+CLIP=1": "+CME ERROR: 14"}])
def test_a_sim_that_is_still_starting_is_waited_for(answers: dict[str, str]) -> None:
    line = Line()
    obey = line.brain._obey
    line.brain._obey = lambda said: say(answers[said]) if said in answers else obey(said)
    with pytest.raises(ReaderLost, match="CME 14"):
        line.step()
    answers.clear()
    line.open()

    line.ready()


def test_a_locked_sim_without_a_pin_is_told_with_advice() -> None:
    with pytest.raises(ReaderBroken, match="wants a PIN: set modem_pin_file"):
        Line(Network(sim="SIM PIN")).step()


def test_the_pin_of_the_file_unlocks_the_sim(tmp_path: Path) -> None:
    line = Line(Network(sim="SIM PIN"), pin=pin_file(tmp_path, "1234")).ready()

    assert 1 == line.polls('AT+CPIN="1234"')


def test_the_right_pin_is_given_again_whenever_the_modem_lost_its_power(tmp_path: Path) -> None:
    line = Line(Network(sim="SIM PIN"), pin=pin_file(tmp_path, "1234")).ready()
    line.brain.network.sim = "SIM PIN"
    with pytest.raises(ReaderLost, match="started anew"):
        line.run(60)
    line.open()

    line.ready()


@pytest.mark.parametrize("tells_tries", [False, True])
def test_a_wrong_pin_is_tried_once_however_often_the_modem_is_opened(tmp_path: Path, *, tells_tries: bool) -> None:
    """Three wrong ones lock the SIM, and somebody must find the letter with the PUK."""
    line = Line(Network(sim="SIM PIN", tells_tries=tells_tries), pin=pin_file(tmp_path, "9999"))
    with pytest.raises(ReaderBroken, match="refused the PIN"):
        line.step()
    for _ in range(5):
        line.open()
        with pytest.raises(ReaderBroken, match="refused this PIN before") as again:
            line.step()

    assert 1 == line.polls('AT+CPIN="9999"')
    assert 2 == line.brain.network.tries
    assert "9999" not in str(again.value)


@pytest.mark.parametrize("tells_tries", [False, True])
def test_a_corrected_pin_is_tried_without_a_restart(tmp_path: Path, *, tells_tries: bool) -> None:
    line = Line(Network(sim="SIM PIN", tells_tries=tells_tries), pin=pin_file(tmp_path, "9999"))
    with pytest.raises(ReaderBroken):
        line.step()
    (tmp_path / "pin").write_text("1234", encoding="ascii")
    line.open()

    line.ready()


@pytest.mark.parametrize("tells_tries", [False, True])
def test_the_last_try_is_never_used(tmp_path: Path, *, tells_tries: bool) -> None:
    line = Line(Network(sim="SIM PIN", tells_tries=tells_tries), pin=pin_file(tmp_path, "9990"))
    for pin in ("9990", "9991", "9992", "9993"):
        (tmp_path / "pin").write_text(pin, encoding="ascii")
        line.open()
        with pytest.raises(ReaderBroken):
            line.step()

    assert 1 == line.brain.network.tries


def test_after_a_restart_a_pin_is_not_tried_where_a_try_is_missing_already(tmp_path: Path) -> None:
    """An agent that is started again and again must not lock the SIM by that."""
    line = Line(Network(sim="SIM PIN", tries=2), pin=pin_file(tmp_path, "9999"))
    with pytest.raises(ReaderBroken, match="a try of the PIN has been used already, 2 left"):
        line.step()

    assert 2 == line.brain.network.tries


@pytest.mark.parametrize("content", ["", "abcd", "123", "123456789", '1";D1'])
def test_a_file_that_holds_no_pin_is_never_tried(tmp_path: Path, content: str) -> None:
    line = Line(Network(sim="SIM PIN"), pin=pin_file(tmp_path, content))
    with pytest.raises(ReaderBroken, match="holds no PIN"):
        line.step()

    assert 3 == line.brain.network.tries


def test_a_sim_that_wants_its_puk_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(ReaderBroken, match="wants SIM PUK: put it into a telephone"):
        Line(Network(sim="SIM PUK"), pin=pin_file(tmp_path, "1234")).step()


def test_a_modem_that_lost_its_power_is_set_up_again_before_the_next_caller() -> None:
    line = Line().ready()
    line.run(5)
    line.step(line.brain.restart())
    line.run(1)

    assert line.brain.clip
    assert [WORKER_TOLD] == [call.number for call in line.call()]


# ---------------------------------------------------------------- network and time


def test_how_the_network_is_heard_is_told() -> None:
    line = Line().ready()
    line.run(1)

    assert "NTT DOCOMO, -71 dBm" == str(line.session.state)
    assert "LAB-LTE1" == line.session.state.model


@pytest.mark.parametrize(
    ("registered", "csq", "words"),
    [
        (2, 99, "no network yet: searching; is the antenna on?"),
        (0, 99, "no network (no signal)"),
        (3, 21, "the network refuses the SIM"),
        (8, 21, "emergency calls only"),
        (6, 21, "short messages only"),
    ],
)
def test_why_no_calls_come_is_told_and_the_line_stays_open(registered: int, csq: int, words: str) -> None:
    line = Line(Network(registered=registered, csq=csq)).ready()
    line.run(1)

    assert words in str(line.session.state)
    assert line.session.is_ready


def test_lte_without_telephony_is_told() -> None:
    line = Line(Network(has_lte_telephony=False)).ready()
    line.run(1)

    assert "no telephony over LTE: calls will not come" in str(line.session.state)


def test_a_modem_registered_late_is_told_as_soon_as_it_is() -> None:
    line = Line(Network(registered=2)).ready()
    line.run(1)
    assert not line.session.state.is_registered
    line.step(say('+CREG: 1,"1A2B","01C3D4E5",7'))

    assert line.session.state.is_registered


def test_the_networks_time_is_told_with_an_honest_error() -> None:
    line = Line().ready()
    line.run(1)
    [heard] = line.heard_time

    assert ("gsm", MORNING_S * S + S // 2) == (heard.source, heard.utc_ns)
    assert heard.at_ns <= line.now_ns
    assert NITZ_ERR_MS <= heard.err_ms < NITZ_ERR_MS + 2000


@pytest.mark.parametrize(
    "clock",
    [
        "80/01/06,00:00:12+00",
        "04/01/01,00:00:00+00",
        "70/01/01,00:00:00+36",
        "26/11/24,07:41:00",
        "25/12/31,00:00:00+00",
        "",
    ],
)
def test_a_clock_nobody_set_is_not_believed(clock: str) -> None:
    line = Line(Network(clock=clock)).ready()
    line.run(100)

    assert [] == line.heard_time


def test_no_clock_is_believed_before_a_network_has_the_modem() -> None:
    line = Line(Network(registered=2)).ready()
    line.run(100)
    assert [] == line.heard_time
    line.brain.network.registered = 1
    line.run(60)

    assert line.heard_time


def test_a_modem_that_tells_utc_with_the_local_zone_is_asked_otherwise() -> None:
    """Nine hours wrong would put every touch on another day."""
    line = Line(Network(clock="26/11/23,22:41:00+36", qlts="2026/11/24,07:41:00+36,0")).ready()
    line.run(1)

    assert [MORNING_S] == [heard.utc_ns // S for heard in line.heard_time]


def test_the_network_is_asked_every_minute_and_no_call_is_missed_meanwhile() -> None:
    line = Line().ready()
    line.run(600)

    assert 600 * S // POLL_NS <= line.polls() <= 600 * S // POLL_NS + 2


def test_a_call_in_the_middle_of_a_poll_is_told_at_once() -> None:
    line, out = polling()
    line.brain.caller = WORKER
    told = line.session.receive(line.brain.ring() + line.brain.hear(out), line.now_ns)

    assert [WORKER_TOLD] == [call.number for call in told]
    assert -71 == line.session.state.dbm


def test_a_reply_is_understood_though_a_call_comes_in_its_middle() -> None:
    line, _out = polling()
    line.brain.caller = WORKER
    told = line.session.receive(say("+CSQ: 5,99") + line.brain.ring() + say("OK"), line.now_ns)

    assert [WORKER_TOLD] == [call.number for call in told]
    assert -103 == line.session.state.dbm


# ---------------------------------------------------------------- hanging up


@pytest.mark.parametrize("refuses", [set(), {"AT+CHUP"}])
def test_a_recorded_call_is_cut(refuses: set[str]) -> None:
    line = Line(Network(refuses=refuses)).ready()
    [call] = line.call()
    assert line.brain.is_ringing
    line.session.answer(call, PENDING)
    line.step()

    assert not line.brain.is_ringing
    assert [WORKER_TOLD, "+819022222222"] == [call.number for call in [call, *line.call("09022222222")]]


def test_a_call_that_could_not_be_saved_goes_on_ringing() -> None:
    """A line that is cut means: on disk."""
    line = Line().ready()
    [call] = line.call()
    line.session.answer(call, Answer(kind=AnswerKind.NOT_SAVED))
    line.step()

    assert line.brain.is_ringing


def test_a_line_may_be_left_to_ring_out() -> None:
    line = Line(hang_up="ring_out").ready()
    [call] = line.call()
    line.session.answer(call, PENDING)
    line.step()
    assert line.brain.is_ringing
    line.step(say("NO CARRIER"))

    assert not {"AT+CHUP", "ATH"} & set(line.brain.heard)


def test_a_modem_that_cannot_hang_up_still_tells_one_call() -> None:
    line = Line(Network(refuses={"AT+CHUP", "ATH"})).ready()
    [call] = line.call()
    line.session.answer(call, PENDING)
    for _ in range(4):
        line.run(5)
        line.step(line.brain.ring())

    assert [call] == line.told


def test_the_next_caller_is_not_cut_for_the_one_before() -> None:
    line = Line().ready()
    [call] = line.call()
    line.step(say("NO CARRIER"))
    line.call("09022222222")
    line.session.answer(call, PENDING)
    line.step()

    assert line.brain.is_ringing


def test_a_call_is_cut_between_two_questions_of_a_poll() -> None:
    line, out = polling()
    line.brain.heard.clear()
    line.brain.caller = WORKER
    [call] = line.session.receive(line.brain.ring(), line.now_ns)
    line.session.answer(call, PENDING)
    line.step(line.brain.hear(out))

    assert not line.brain.is_ringing
    assert line.brain.heard.index("AT+CHUP") < line.brain.heard.index("AT+CREG?")


def test_while_it_rings_nothing_else_is_begun() -> None:
    """A message may take a minute, in which no line could be cut."""
    line = Line(hang_up="ring_out").ready()
    line.call()
    asked = line.polls()
    for _ in range(12):
        line.run(5)
        line.step(line.brain.ring())
    assert asked == line.polls()
    line.run(10)

    assert asked < line.polls()


# ---------------------------------------------------------------- short messages


def sms_line(**network) -> Line:
    line = Line(Network(**network), answers=PhoneAnswers(a_day=10)).ready()
    line.run(1)
    return line


def called(line: Line, number: str = WORKER, kind: AnswerKind = AnswerKind.PENDING) -> None:
    [call] = line.call(number)
    line.session.answer(call, Answer(kind=kind))
    line.run(2)
    line.brain.caller = None
    line.run(8.5)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (AnswerKind.PENDING, "7:41 きろくしました / 7:41 recorded"),
        (AnswerKind.ENTERED, "入場 7:41 きろくしました / Entry 7:41 recorded"),
        (AnswerKind.LEFT, "退場 7:41 きろくしました / Exit 7:41 recorded"),
    ],
)
def test_a_recorded_call_is_answered_by_a_short_message_where_wanted(kind: AnswerKind, text: str) -> None:
    line = sms_line()
    called(line, kind=kind)

    assert [(WORKER_TOLD, text)] == line.brain.sms


def test_by_default_no_message_is_sent() -> None:
    line = Line().ready()
    called(line)

    assert [] == line.brain.sms


@pytest.mark.parametrize("kind", [AnswerKind.NOT_SAVED, AnswerKind.REFUSED, AnswerKind.ALREADY])
def test_only_what_was_newly_recorded_is_answered(kind: AnswerKind) -> None:
    line = sms_line()
    called(line, kind=kind)

    assert [] == line.brain.sms


@pytest.mark.parametrize("number", ["", "0312345678", "+84912345678", "0120123456"])
def test_no_message_goes_where_nobody_reads_it_or_it_costs_more(number: str) -> None:
    line = sms_line()
    called(line, number)

    assert [] == line.brain.sms


def test_who_calls_again_and_again_is_answered_once() -> None:
    line = sms_line()
    for _ in range(5):
        called(line)

    assert 1 == len(line.brain.sms)


def test_the_day_has_its_limit_for_all_and_for_one() -> None:
    answers, now_ns = PhoneAnswers(a_day=10), 0
    wanted = [answers.want(WORKER_TOLD, AnswerKind.PENDING, "", n * PER_NUMBER_NS) for n in range(6)]
    answers._waiting.clear()
    others = [answers.want(f"+8190{n:08}", AnswerKind.PENDING, "", 5 * PER_NUMBER_NS) for n in range(8)]

    assert [True] * 4 + [False] * 2 == wanted
    assert 6 == sum(others)
    assert not answers.want("+819099999999", AnswerKind.PENDING, "", now_ns + DAY_NS - 1)
    answers._waiting.clear()
    assert answers.want("+819099999999", AnswerKind.PENDING, "", 2 * DAY_NS)


def test_a_rush_keeps_no_more_messages_than_it_may() -> None:
    answers = PhoneAnswers(a_day=1000)
    wanted = [answers.want(f"+8190{n:08}", AnswerKind.PENDING, "", 0) for n in range(50)]

    assert WAITING_MAX == sum(wanted)


def test_a_message_that_waited_too_long_is_dropped_and_counted() -> None:
    answers = PhoneAnswers(a_day=9)
    answers.want(WORKER_TOLD, AnswerKind.PENDING, "", 0)

    assert answers.next(STALE_NS) is None
    assert 1 == answers.failed


def test_a_message_the_network_refuses_is_counted_and_holds_up_nothing() -> None:
    line = sms_line(takes_sms=False)
    called(line)
    answers = line.options["answers"]

    assert 1 == answers.failed
    assert 1 == line.polls("AT+CHUP")
    assert ["+819022222222"] == [call.number for call in line.call("09022222222")]


def test_a_message_the_modem_never_finishes_is_given_up_and_calls_are_told_meanwhile() -> None:
    line = sms_line()
    line.brain.hear = lambda data: b"\r\n> " if b"CMGS" in data else ModemBrain.hear(line.brain, data)
    [call] = line.call()
    line.session.answer(call, PENDING)
    line.step()
    line.session.receive(say("NO CARRIER"), line.now_ns)
    line.run(2)
    assert ["+819022222222"] == [call.number for call in line.call("09022222222")]
    line.run(130)

    assert 1 == line.options["answers"].failed
    assert line.polls("AT+CHUP")


# ---------------------------------------------------------------- anything


SAID = [
    *("RING", '+CLIP: "09012345678",129,,,,0', '+CLIP: "",128,,,,1', '+CCWA: "09022222222",129,1,,0', "NO CARRIER"),
    *("OK", "ERROR", "^RSSI:19", "RDY", "+CPIN: SIM PIN"),
]
NOISE = st.sampled_from([b"> ", *map(say, SAID)]) | st.binary(max_size=30)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NOISE, st.floats(0, 20), st.booleans()), max_size=40))
def test_whatever_a_modem_says_it_is_served_or_lost_and_never_answered(speech: list) -> None:
    line = Line(answers=PhoneAnswers(a_day=9))
    try:
        for said, wait_s, is_answered in speech:
            line.now_ns += round(wait_s * S)
            for call in line.step(said):
                if is_answered:
                    line.session.answer(call, PENDING)
        line.run(20)
    except (ReaderLost, ReaderBroken):
        pass
    ids = [call.id for call in line.told]

    assert len(ids) == len(set(ids))
    assert not [heard for heard in line.brain.heard if heard.startswith(FORBIDDEN)]
