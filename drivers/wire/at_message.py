"""What a modem can say, as values: unasked, or before the final result of a command. Parses nothing."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """The telephone rings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerId:
    """Who calls, after a ring."""

    number: str
    """As the modem wrote it; empty where it has none."""
    kind: int
    validity: int | None
    """0: as told; 1: withheld by the caller; 2: the networks could not carry it. None: the modem does not say."""
    is_waiting: bool = False
    """Somebody calls while another call goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded:
    """The caller hung up, or the network did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """A command is done."""

    error: str
    """Empty: OK. Else `ERROR`, or such as `CME 10`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """The modem waits for the text of a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Whether a network has us."""

    of: Literal["voice", "data", "ims"]
    state: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """How well the network is heard."""

    dbm: int | None
    """None: not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sim:
    """What the SIM waits for: READY, SIM PIN, SIM PUK, ..."""

    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PinTries:
    """How often the SIM may still be given a PIN."""

    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Whose network it is; empty: nobody's."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockTime:
    """What time the modem has."""

    utc_s: int | None
    """Seconds since 1970; None where it has none, or leaves open of which time zone."""
    zone_min: int = 0
    """How far the local time is ahead of UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Everything else: an answer in plain words, an echo, noise."""

    text: str


Message = (
    Ring | CallerId | CallEnded | Final | Prompt | Registration | Signal | Sim | PinTries | Operator | ClockTime | Text
)
