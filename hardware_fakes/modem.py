"""A modem played by the test, at the other end of a pty: its SIM, its network, and whoever calls. Rings when told."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

from hardware_fakes.pty_port import PtyPort

_ABORT, _SEND = b"\x1b", b"\x1a"


@dataclass(kw_only=True)
class Network:
    """What the modem finds around it, and in itself. The test changes it as it goes."""

    sim: str = "READY"
    """What AT+CPIN? says; empty: no SIM."""
    pin: str = "1234"
    tries: int = 3
    tells_tries: bool = True
    registered: int = 1
    """As in +CREG: 1 at home, 2 searching, 3 refused, 5 roaming, 8 emergency calls only."""
    has_lte_telephony: bool = True
    csq: int = 21
    operator: str = "NTT DOCOMO"
    clock: str = "26/11/24,07:41:00+36"
    """What AT+CCLK? says."""
    qlts: str | None = None
    """What AT+QLTS=2 says; None: it is no modem that knows it."""
    takes_sms: bool = True
    refuses: set[str] = field(default_factory=set)
    """Commands answered by ERROR."""


class ModemBrain:
    """What a modem says to what it hears; bytes in, bytes out."""

    def __init__(self, network: Network | None = None) -> None:
        self.network = network or Network()
        self.heard: list[str] = []
        """Every command that came, in order."""
        self.sms: list[tuple[str, str]] = []
        """Messages sent: number and text."""
        self.is_deaf = False
        self.echo = True
        self.clip = False
        self.caller: str | None = None
        """Who is ringing; empty: somebody who hides the number."""
        self._line = b""
        self._body: bytes | None = None

    @property
    def is_ringing(self) -> bool:
        """Whether a call has neither been cut nor ended."""
        return self.caller is not None

    def hear(self, data: bytes) -> bytes:
        """Take what the program sent; return what the modem says to it."""
        if self.is_deaf:
            return b""
        said = data if self.echo and self._body is None else b""
        for byte in data:
            said += self._hear(bytes((byte,)))
        return said

    def restart(self) -> bytes:
        """Lose power for a moment: every setting is gone."""
        self.echo, self.clip, self._line, self._body = True, False, b"", None
        return say("RDY")

    def ring(self, *, clip: str | None = None) -> bytes:
        """Return one ring of the call there is, with the caller's number if that was asked for."""
        if self.caller is None:
            return b""
        told = clip_line(self.caller) if clip is None else clip
        return say("RING") + (say(told) if self.clip and told else b"")

    def _hear(self, byte: bytes) -> bytes:
        if self._body is not None:
            if byte not in {_ABORT, _SEND}:
                self._body += byte
                return b""
            body, self._body = self._body, None
            return self._sent(body) if byte == _SEND else say("OK")
        if byte != b"\r":
            self._line += byte if byte not in {b"\n", _ABORT} else b""
            return b""
        line, self._line = self._line.decode("ascii", "replace"), b""
        return self._obey(line) if line else b""

    def _obey(self, line: str) -> bytes:
        self.heard.append(line)
        network = self.network
        name, _, value = line.partition("=")
        if name in network.refuses or line in network.refuses:
            return say("ERROR")
        if line in {"ATE0", "ATE1"}:
            self.echo = line == "ATE1"
        elif name == "AT+CLIP":
            self.clip = value == "1"
        elif line in {"ATH", "AT+CHUP"}:
            self.caller = None
        elif name == "AT+CPIN":
            return self._unlock(value.strip('"'))
        elif name == "AT+CMGS":
            self._body = b""
            return b"\r\n> "
        elif name == "AT+QLTS" and network.qlts is None:
            return say("ERROR")
        elif line in _QUESTIONS:
            return self._tell(line)
        return say("OK")

    def _tell(self, line: str) -> bytes:
        network = self.network
        if line == "AT+CPIN?" and not network.sim:
            return say("+CME ERROR: 10")
        if line in {"AT+CPINR", "AT+QPINC?"} and not network.tells_tries:
            return say("ERROR")
        return say(
            {
                "AT+CGMM": "LAB-LTE1",
                "AT+CSQ": f"+CSQ: {network.csq},99",
                "AT+CREG?": f"+CREG: 1,{network.registered}",
                "AT+CEREG?": f"+CEREG: 0,{network.registered}",
                "AT+CIREG?": f"+CIREG: 0,{int(network.has_lte_telephony)}",
                "AT+COPS?": f'+COPS: 0,0,"{network.operator}",7',
                "AT+CCLK?": f'+CCLK: "{network.clock}"',
                "AT+QLTS=2": f'+QLTS: "{network.qlts}"',
                "AT+CPIN?": f"+CPIN: {network.sim}",
                "AT+CPINR": f"+CPINR: SIM PIN,{network.tries},3",
                "AT+QPINC?": f'+QPINC: "SC",{network.tries},10',
            }[line]
        ) + say("OK")

    def _unlock(self, pin: str) -> bytes:
        if pin == self.network.pin and self.network.sim == "SIM PIN":
            self.network.sim, self.network.tries = "READY", 3
            return say("OK")
        self.network.tries -= 1
        if self.network.tries <= 0:
            self.network.sim = "SIM PUK"
        return say("+CME ERROR: 16")

    def _sent(self, body: bytes) -> bytes:
        if not self.network.takes_sms:
            return say("+CMS ERROR: 38")
        self.sms.append(_read_pdu(bytes.fromhex(body.decode("ascii"))))
        return say(f"+CMGS: {len(self.sms)}") + say("OK")


class FakeModem(PtyPort):
    """A modem that can be called, muted and unplugged."""

    def __init__(self, path: Path, network: Network | None = None) -> None:
        self.brain = ModemBrain(network)
        self.is_slow = False
        """Whether it sends one byte at a time."""
        self._lock = threading.Lock()
        self._line = threading.Lock()
        super().__init__(path)

    def say(self, data: bytes) -> None:
        """Send to the program, a message at a time: an answer and a call never run into each other."""
        with self._line:
            for piece in [bytes((byte,)) for byte in data] if self.is_slow else [data]:
                super().say(piece)

    def heard(self, data: bytes) -> None:
        """Do what the program asks."""
        with self._lock:
            said = self.brain.hear(data)
        if said:
            self.say(said)

    def call(self, number: str | None) -> None:
        """Let somebody call, and ring once; None: the number is withheld."""
        self.brain.caller = number or ""
        self.ring()

    def ring(self) -> None:
        """Ring once more, if the call has not been cut."""
        self.say(self.brain.ring())

    def waiting_call(self, number: str) -> None:
        """Let somebody else call while it rings."""
        self.say(say(f'+CCWA: "{number}",129,1,,0'))

    def hang_up(self) -> None:
        """Let the caller hang up."""
        self.brain.caller = None
        self.say(say("NO CARRIER"))

    def noise(self, text: str) -> None:
        """Say something nobody asked for."""
        self.say(say(text))

    def restart(self) -> None:
        """Lose power for a moment."""
        self.say(self.brain.restart())


def say(line: str) -> bytes:
    """Return a line as modems write it."""
    return b"\r\n" + line.encode("latin-1", "replace") + b"\r\n"


def clip_line(number: str) -> str:
    """Return how a modem tells of a caller; of one without a number: that it is withheld."""
    kind = 145 if number.startswith("+") else 129
    return f'+CLIP: "{number}",{kind},,,,0' if number else '+CLIP: "",128,,,,1'


def _read_pdu(pdu: bytes) -> tuple[str, str]:
    digits = pdu[3]
    end = 5 + (digits + 1) // 2
    number = "".join(f"{byte & 15:x}{byte >> 4:x}" for byte in pdu[5:end])[:digits]
    return f"+{number}", pdu[end + 3 :].decode("utf-16-be")


_QUESTIONS = {
    "AT+CGMM", "AT+CSQ", "AT+CREG?", "AT+CEREG?", "AT+CIREG?", "AT+COPS?", "AT+CCLK?", "AT+QLTS=2", "AT+CPIN?",
    "AT+CPINR", "AT+QPINC?",
}  # fmt: skip
