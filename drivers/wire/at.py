"""What a modem says, line by line, and how a command is written. Decides nothing; knows no port and no clock.

Commands after ITU-T V.250 and 3GPP TS 27.007. However the bytes are cut into reads, the same messages come out.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Literal

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

LINE_MAX_B = 512
"""A longer line is noise, and forgotten."""
_FIELD = re.compile(r'\s*(?:"([^"]*)"|([^,"]*))\s*(?:,|$)')
_COMMAND = re.compile(
    r"AT(?:E0|H|S0=0"
    r"|\+(?:CCLK|CCWA|CEREG|CGMM|CHUP|CIREG|CLIP|CMEE|CMGF|CMGS|COPS|CPIN|CPINR|CRC|CREG|CSQ|CTZU|QLTS|QPINC)"
    r'(?:\?|=[0-9]{1,3}|="[0-9]{4,8}")?)?',
    re.ASCII,
)
"""Every command there is. None answers a call, none dials: neither A nor D is among them, nor a `;` before another."""


class Lines:
    """The bytes of one modem, put together to messages."""

    def __init__(self) -> None:
        self._line = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """Return the messages that are complete with these bytes."""
        return list(self._messages(data))

    def _messages(self, data: bytes) -> Iterator[Message]:
        for byte in data:
            if byte in b"\r\n":
                line, self._line = bytes(self._line), bytearray()
                if line.strip() and len(line) <= LINE_MAX_B:
                    yield parse(line)
            elif byte == ord(">") and not self._line.strip():
                # The one thing a modem says without ending the line.
                self._line.clear()
                yield Prompt()
            elif len(self._line) <= LINE_MAX_B:
                self._line.append(byte)


def parse(line: bytes) -> Message:
    """Return what one line says; Text for everything not understood."""
    text = line.decode("latin-1").strip("\0 \t")
    if found := _WORDS.get(text):
        return found
    head, colon, rest = text.partition(":")
    if colon and (parser := _HEADS.get(head)):
        return parser(rest.strip()) or Text(text=text)
    return Text(text=text)


def command(text: str) -> bytes:
    """
    Return the bytes of a command.

    Raises:
        ValueError: It is not one of those we may send: no command that could answer a call or dial is.

    """
    if not _COMMAND.fullmatch(text):
        raise ValueError(f"not a command of ours: {re.split('[=?]', text, maxsplit=1)[0]!r}")
    return text.encode("ascii") + b"\r"


def _fields(rest: str) -> list[str]:
    found, at = [], 0
    while at <= len(rest) and (match := _FIELD.match(rest, at)):
        found.append((match[1] if match[1] is not None else match[2]).strip())
        if not match[0].endswith(","):
            break
        at = match.end()
    return found


def _number(fields: list[str], index: int) -> int | None:
    text = fields[index] if index < len(fields) else ""
    return int(text) if re.fullmatch("-?[0-9]{1,6}", text, re.ASCII) else None


_KIND_LEAST = 128


def _caller(rest: str) -> Message | None:
    fields = _fields(rest)
    kind = _number(fields, 1)
    if kind is None or kind < _KIND_LEAST:
        # The answer to AT+CLIP? has the settings there.
        return None
    return CallerId(number=fields[0], kind=kind, validity=_number(fields, 5))


def _waiting(rest: str) -> Message | None:
    fields = _fields(rest)
    kind = _number(fields, 1)
    if kind is None or kind < _KIND_LEAST:
        return None
    return CallerId(number=fields[0], kind=kind, validity=_number(fields, 4), is_waiting=True)


def _registration(of: Literal["voice", "data", "ims"]) -> "Callable[[str], Message | None]":
    def parse_it(rest: str) -> Message | None:
        # Asked: setting, state, place. Unasked: state, place; and a place is in quotes, or of four digits and more.
        second = rest.split(",")[1] if "," in rest else ""
        state = _number(_fields(rest), 1 if re.fullmatch(" *[0-9]{1,2} *", second, re.ASCII) else 0)
        return None if state is None else Registration(of=of, state=state)

    return parse_it


def _signal(rest: str) -> Message | None:
    rssi = _number(_fields(rest), 0)
    if rssi is None:
        return None
    return Signal(dbm=-113 + 2 * rssi if 0 <= rssi <= 31 else None)  # noqa: PLR2004 - 3GPP TS 27.007, 8.5


def _tries(rest: str) -> Message | None:
    # +CPINR: SIM PIN,3,3   +QPINC: "SC",3,10
    fields = _fields(rest)
    left = _number(fields, 1)
    return PinTries(left=left) if left is not None and fields[0] in {"SIM PIN", "SC"} else None


def _operator(rest: str) -> Message | None:
    fields = _fields(rest)
    return Operator(name=fields[2] if len(fields) > 2 else "")  # noqa: PLR2004 - mode, format, name


_CLOCK = re.compile(r'"?([0-9]{2,4})/([0-9]+)/([0-9]+),([0-9]+):([0-9]+):([0-9]+)(?:([+-][0-9]{1,2})(?:,[0-9])?)?"?')
_QUARTERS_MAX = 56


def _clock(rest: str) -> Message | None:
    match = _CLOCK.fullmatch(rest, 0)
    if match is None:
        return ClockTime(utc_s=None)
    quarters = int(match[7]) if match[7] else None
    if quarters is None or abs(quarters) > _QUARTERS_MAX:
        return ClockTime(utc_s=None)
    year = int(match[1]) if len(match[1]) > 2 else int(match[1]) + (1900 if int(match[1]) >= 70 else 2000)  # noqa: PLR2004 - 80 is 1980: where GPS time begins, and clocks nobody set
    zone = timezone(timedelta(minutes=15 * quarters))
    try:
        told = datetime(year, *(int(match[part]) for part in range(2, 7)), tzinfo=zone)  # type: ignore[misc, arg-type]  # five numbers: month to second
    except ValueError:
        return ClockTime(utc_s=None)
    return ClockTime(utc_s=int(told.timestamp()), zone_min=15 * quarters)


_ERRORS = {
    "SIM not inserted": "10",
    "SIM PIN required": "11",
    "SIM PUK required": "12",
    "SIM failure": "13",
    "SIM busy": "14",
    "incorrect password": "16",
}


def _failed(kind: str) -> "Callable[[str], Message | None]":
    return lambda rest: Final(error=f"{kind} {_ERRORS.get(rest, rest)[:40]}")


_WORDS: dict[str, Message] = {
    "OK": Final(error=""),
    "ERROR": Final(error="ERROR"),
    "COMMAND NOT SUPPORT": Final(error="ERROR"),
    "RING": Ring(),
    "NO CARRIER": CallEnded(),
    "BUSY": CallEnded(),
    "NO ANSWER": CallEnded(),
    # SIMCom
    "VOICE CALL: END": CallEnded(),
}
_HEADS: "dict[str, Callable[[str], Message | None]]" = {
    "+CRING": lambda _: Ring(),
    "+CLIP": _caller,
    "+CCWA": _waiting,
    # SIMCom, Huawei
    "MISSED_CALL": lambda _: CallEnded(),
    "VOICE CALL": lambda rest: CallEnded() if rest.startswith("END") else None,
    "^CEND": lambda _: CallEnded(),
    "+CREG": _registration("voice"),
    "+CEREG": _registration("data"),
    "+CIREG": _registration("ims"),
    "+CSQ": _signal,
    "+CPIN": lambda rest: Sim(state=rest),
    "+CPINR": _tries,
    "+QPINC": _tries,
    "+COPS": _operator,
    "+CCLK": _clock,
    "+QLTS": _clock,
    "+CME ERROR": _failed("CME"),
    "+CMS ERROR": _failed("CMS"),
}
