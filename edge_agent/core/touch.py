"""What a touch is: who, when, how surely. Not what it means: that is core.attendance."""

import enum
from dataclasses import dataclass
from typing import NewType

Seq = NewType("Seq", int)
"""A number of an event within its epoch: 1, 2, 3, ... without a gap."""
CredentialRef = NewType("CredentialRef", str)
"""A credential as it may leave the box: `hmac:` and the keyed hash of its token. Never the token."""
WorkerId = NewType("WorkerId", str)
"""技能者ID, or the prime's own number of a worker who has none."""
PersonKey = NewType("PersonKey", str)
"""Whose presence is kept: a worker's id where the credential is known, else its reference."""

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000


class Trust(enum.StrEnum):
    """How far wall time can be believed, from not at all to best."""

    NONE = "none"
    RTC = "rtc"
    """A battery keeps it, and nobody has checked: good enough for a date, until somebody knows better."""
    GSM = "gsm"
    """The telephone network told it: within two minutes."""
    HOST = "host"
    """Somebody said in the configuration that the host keeps this machine's time."""
    SERVER = "server"
    """The receiver told it, within the time a question and its answer took."""
    GPS = "gps"
    NTP = "ntp"

    @property
    def rank(self) -> int:
        """How good, from 0: of two words on the time the one with the higher rank is right."""
        return _RANKS[self]


_RANKS = {trust: rank for rank, trust in enumerate(Trust)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """When, by every clock there is. Order and durations come from the boot clock, dates from the wall clock."""

    boot: str
    """The kernel's id of this boot."""
    boot_ns: int
    """CLOCK_BOOTTIME: nanoseconds since the boot, also through suspend."""
    utc_ns: int
    """Wall time: nanoseconds since 1970 in UTC."""
    trust: Trust
    err_ms: int | None = None
    """The clock's own estimate of its error; None where there is none."""

    def at(self, boot_ns: int) -> "Stamp":
        """Return the stamp of another moment of this boot."""
        utc_ns = self.utc_ns + boot_ns - self.boot_ns
        return Stamp(boot=self.boot, boot_ns=boot_ns, utc_ns=utc_ns, trust=self.trust, err_ms=self.err_ms)

    @property
    def is_dated(self) -> bool:
        """Whether wall time can be believed at all."""
        return self.trust is not Trust.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """What time it was at one moment of a boot, by the word of a source."""

    boot: str
    boot_ns: int
    utc_ns: int
    trust: Trust
    """Whose word."""
    err_ms: int
    """How far it may be off, either way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Somebody the roster knows. What it does not tell is empty, or None."""

    id: WorkerId
    ccus: str = ""
    """技能者ID; empty where there is none."""
    name: str = ""
    kana: str = ""
    company: str = ""
    """Company id."""
    job: str = ""
    """職種."""
    level: str = ""
    """Card colour: white, blue, silver, gold."""
    kentaikyo: str = ""
    """被共済者番号."""
    is_insured: bool | None = None
    """社会保険."""
    language: str = ""
    valid_from: str = ""
    """ISO dates between which the worker belongs to the site."""
    valid_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whoever showed the credential: a worker of the roster, or a credential nobody has named yet."""

    credential: CredentialRef | None
    """None: a caller who withheld the number, or an entry by hand."""
    worker: Worker | None = None
    is_shared: bool = False
    """Whether the credential is that of several workers, so that it tells nobody's coming or going."""

    @property
    def key(self) -> PersonKey | None:
        """The key under which presence is kept; None where it tells of nobody in particular."""
        if self.worker:
            return PersonKey(self.worker.id)
        return None if self.is_shared or self.credential is None else PersonKey(self.credential)
