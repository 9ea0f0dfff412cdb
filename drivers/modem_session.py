"""Everything that is said to one modem, from its start to its loss: bytes and times in, bytes and calls out. No port.

Calls are told as they come, whatever is being asked at the moment: a ring is nobody's reply.
"""

from collections.abc import Callable
from typing import Literal

from drivers.calls import Call, Calls
from drivers.contract import Answer, AnswerKind, HeardTime, ReaderBroken, ReaderLost
from drivers.dialogue import PATIENCE_S, Ask, Dialogue, Reply, Talk
from drivers.modem_pin import READY, Pin
from drivers.modem_state import ModemState
from drivers.phone_answers import PhoneAnswers, ShortMessage
from drivers.wire.at import Lines
from drivers.wire.at_message import Text
from drivers.wire.sms import pdu

_NS_PER_S = 1_000_000_000
POLL_NS = 45 * _NS_PER_S
NITZ_ERR_MS = 120_000
"""A network's word on the time is expected to be right within a couple of minutes (3GPP TS 22.042, 4)."""
_HELLO_PATIENCE_S = 3.0
_SIM_PATIENCE_S = 20.0
_SMS_PATIENCE_S = 60.0
_NO_SIM = {"CME 10", "CME 13", "CME 15"}
_NEVER = {"ERROR", "CME 3", "CME 4"}
"""The modem cannot do that at all; every other error goes by."""
_NO_ANSWERING = "cannot be told not to answer calls by itself; use another modem"
_NO_CALLER_ID = "cannot tell who calls (AT+CLIP); use another modem"
_RESTARTED = {Text(text="RDY"), Text(text="PB DONE"), Text(text="+CFUN: 1"), Text(text="START")}
"""What modems say when they have lost their power and found it again: their settings are gone."""
DEAF = (
    "does not answer; is this its AT port, and its speed? does ModemManager hold it? Cut its power for ten seconds;"
    " see: edge-agent help phone"
)


class ModemSession:
    """One modem, from opening its port to losing it."""

    def __init__(
        self,
        owner: str,
        *,
        pin: Pin,
        hang_up: Literal["ring_out", "hang_up"],
        answers: PhoneAnswers | None,
        hear_time: Callable[[HeardTime], None],
    ) -> None:
        self._owner = owner
        self._pin = pin
        self._hangs_up = hang_up == "hang_up"
        self._answers = answers
        self._hear_time = hear_time
        self._lines = Lines()
        self._calls = Calls()
        self._dialogue = Dialogue()
        self._to_send = b""
        self._now_ns = 0
        self._poll_due_ns = 0
        self._local_s: tuple[int, int] | None = None
        """The network's local time in seconds, and when on our clock that was."""
        self._told: list[Call] = []
        self.state = ModemState()
        self.is_ready = False
        """Whether calls are told."""
        self._dialogue.begin(self._set_up())

    def receive(self, data: bytes, now_ns: int) -> list[Call]:
        """
        Take what the modem sent, or that time went by; return the calls that are told by that.

        Raises:
            ReaderLost: It does not answer.
            ReaderBroken: Its SIM is missing or locked, or it cannot be set up.

        """
        self._now_ns = now_ns
        for message in self._lines.feed(data):
            self.state.take(message)
            if message in _RESTARTED:
                self._poll_due_ns = now_ns
            self._told += self._calls.take(message, now_ns)
            self._to_send += self._dialogue.take(message)
        self._told += self._calls.tick(now_ns)
        if self._dialogue.is_deaf:
            raise ReaderLost(f"{self._owner}: the modem {DEAF}")
        told, self._told = self._told, []
        return told

    def to_send(self, now_ns: int) -> bytes:
        """Return what is to be sent to the modem now."""
        self._now_ns = now_ns
        if self.is_ready and self._dialogue.is_idle and not self._calls.is_ringing:
            self._begin_what_is_due()
        found, self._to_send = self._to_send, b""
        return found + self._dialogue.to_send(now_ns)

    def answer(self, call: Call, answer: Answer) -> None:
        """Let the caller know: the line is cut when the call is on disk, and as far as wanted a message is sent."""
        if answer.kind is AnswerKind.NOT_SAVED:
            # Rule: a line that is cut means: on disk. It goes on ringing, and the worker knows.
            return
        if self._hangs_up:
            self._dialogue.begin(self._hang_up(call), is_urgent=True)
        if self._answers and call.number:
            self._answers.want(call.number, answer.kind, self._time_of_day(), self._now_ns)

    def _begin_what_is_due(self) -> None:
        message = self._answers.next(self._now_ns) if self._answers else None
        if self._answers and message:
            self._dialogue.begin(self._send(self._answers, message))
        elif self._now_ns >= self._poll_due_ns:
            self._poll_due_ns = self._now_ns + POLL_NS
            self._dialogue.begin(self._poll())

    # ---------------------------------------------------------------- conversations

    def _set_up(self) -> Talk:
        yield from self._need("AT", patience_s=_HELLO_PATIENCE_S)
        yield Ask(command="ATE0")
        # Rule: nothing here answers a call, and neither may the modem by itself: the worker would pay.
        yield from self._need("ATS0=0", _NO_ANSWERING)
        yield Ask(command="AT+CMEE=1")
        model = yield Ask(command="AT+CGMM")
        self.state.model = " ".join(model.words)[:40]
        yield from self._unlock()
        yield Ask(command="AT+CRC=0")
        yield from self._need("AT+CLIP=1", _NO_CALLER_ID)
        # Wished for; a modem that knows one of them not is good enough.
        for wish in ("AT+CCWA=1", "AT+CREG=1", "AT+CTZU=1", "AT+CMGF=0"):
            yield Ask(command=wish)
        self.is_ready = True

    def _need(self, command: str, otherwise: str = "", *, patience_s: float = PATIENCE_S) -> Talk:
        reply = yield Ask(command=command, patience_s=patience_s)
        if reply.error == "none":
            # The first may be lost to a modem that is just finding out how fast we speak.
            reply = yield Ask(command=command, patience_s=patience_s)
        if reply.error in _NEVER and not self.is_ready:
            raise ReaderBroken(f"{self._owner}: the modem {otherwise or f'refuses {command}'}")
        if reply.error not in {"", "none"}:
            raise ReaderLost(f"{self._owner}: the modem is starting, its SIM too ({command}: {reply.error})")

    def _unlock(self) -> Talk:
        self.state.sim = ""
        reply = yield Ask(command="AT+CPIN?", patience_s=_SIM_PATIENCE_S)
        self._check_sim(reply)
        if self.state.sim not in READY:
            yield from self._pin.enter(self.state)

    def _check_sim(self, reply: Reply) -> None:
        if reply.error in _NO_SIM or self.state.sim == "NOT INSERTED":
            raise ReaderBroken(f"{self._owner}: no SIM, or not readable ({reply.error}); put it in, modem off")
        if reply.error or not self.state.sim or self.state.sim == "NOT READY":
            raise ReaderLost(f"{self._owner}: the SIM is not ready yet ({reply.error or self.state.sim})")

    def _poll(self) -> Talk:
        for question in ("AT+CSQ", "AT+CREG?", "AT+CEREG?", "AT+CIREG?", "AT+COPS?"):
            yield Ask(command=question)
        yield from self._ask_time()
        reply = yield Ask(command="AT+CPIN?", patience_s=_SIM_PATIENCE_S)
        if reply.error != "none":
            self._check_sim(reply)
        if self.state.sim not in READY:
            raise ReaderLost(f"{self._owner}: the modem started anew; is its power good?")
        # Once more, and for good: a modem that lost its power for a moment has forgotten them.
        yield Ask(command="ATE0")
        yield from self._need("ATS0=0", _NO_ANSWERING)
        yield from self._need("AT+CLIP=1", _NO_CALLER_ID)

    def _ask_time(self) -> Talk:
        # Quectel's +CCLK may be UTC with the local zone beside it, nine hours off in Japan; its +QLTS is not.
        for question in ("AT+QLTS=2", "AT+CCLK?"):
            self.state.clock = None
            asked_ns = self._now_ns
            reply = yield Ask(command=question)
            if not reply.error:
                self._tell_time(asked_ns)
                return

    def _tell_time(self, asked_ns: int) -> None:
        told = self.state.network_time()
        if told and told.utc_s is not None:
            self._local_s = told.utc_s + 60 * told.zone_min, self._now_ns
            took_ms = (self._now_ns - asked_ns) // 1_000_000
            half_s = _NS_PER_S // 2
            self._hear_time(
                HeardTime(
                    source="gsm",
                    utc_ns=told.utc_s * _NS_PER_S + half_s,
                    at_ns=self._now_ns,
                    err_ms=NITZ_ERR_MS + took_ms + 500,
                )
            )

    def _hang_up(self, call: Call) -> Talk:
        for command in ("AT+CHUP", "ATH"):
            if not self._calls.rings(call):
                return
            reply = yield Ask(command=command)
            if not reply.error:
                if self._calls.rings(call):
                    self._told += self._calls.hung_up(self._now_ns)
                return

    def _send(self, answers: PhoneAnswers, message: ShortMessage) -> Talk:
        length, body = pdu(message.number, message.text)
        reply = yield Ask(command=f"AT+CMGS={length}", body=body, patience_s=_SMS_PATIENCE_S)
        answers.failed += bool(reply.error)

    def _time_of_day(self) -> str:
        if self._local_s is None:
            return ""
        local_s, at_ns = self._local_s
        minutes = (local_s + (self._now_ns - at_ns) // _NS_PER_S) // 60 % (24 * 60)
        return f"{minutes // 60}:{minutes % 60:02}"
