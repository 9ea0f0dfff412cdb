"""What a reader is: it yields sightings, shows answers, can be probed, and fails alone. Not how any device does it."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Event
from typing import Literal, NewType, Protocol

ReaderName = NewType("ReaderName", str)
"""The name a reader has in the configuration, such as `gate-1`: never the name its driver reports."""


class Medium(enum.StrEnum):
    """By what a worker was recognised."""

    CARD = "card"
    PHONE = "phone"
    QR = "qr"
    FACE = "face"


class AnswerKind(enum.StrEnum):
    """What the worker is told. Green (entered, left) only ever follows a commit."""

    ENTERED = "entered"
    LEFT = "left"
    TAPPED = "tapped"
    ALREADY = "already"
    PENDING = "pending"
    REFUSED = "refused"
    NOT_SAVED = "not_saved"
    ENROLLED = "enrolled"
    """The credential was given to a worker; no touch."""


class FaceVerdict(enum.StrEnum):
    """What a look at somebody's face said of whom they claim to be."""

    MATCH = "match"
    """The same person, and alive as far as was asked for."""
    DIFFERS = "differs"
    """A good look at somebody else."""
    UNSURE = "unsure"
    """No look was good enough, or it may be a picture."""
    UNSEEN = "unseen"
    """Nobody looked into the camera."""
    NOT_ENROLLED = "not_enrolled"
    """Their face is not known here."""
    AWAY = "away"
    """The camera, its process or its models cannot be used now."""


FaceMode = Literal["1:1", "1:N", "log"]
"""Against one claimed person; among all of today; against one, and nothing follows from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceLook:
    """One look at a face, as it was decided. Holds nothing a face could be made from."""

    verdict: FaceVerdict
    mode: FaceMode
    score_milli: int | None = None
    """The cosine, times 1000. For calibration and audit; never shown to a worker, and no percentage."""
    frames: int = 0
    liveness: Literal["passed", "failed", "unchecked"] = "unchecked"
    calibration: str = ""
    """Which row of which calibration table decided."""
    why: str = ""
    """What was in the way: `blurred`, `small`, `screen`, `replay` and so on; empty where nothing was."""


class HintKind(enum.StrEnum):
    """What a worker before the camera should do now."""

    SHOW_CARD = "show_card"
    COME_CLOSER = "come_closer"
    HOLD_STILL = "hold_still"
    LOOK_HERE = "look_here"
    ONE_AT_A_TIME = "one_at_a_time"
    UNCOVER = "uncover"
    """Mask or sunglasses."""
    MORE_LIGHT = "more_light"
    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """The camera has something to say to whoever stands before it. No touch; nothing is recorded."""

    reader: ReaderName
    kind: HintKind
    at_ns: int
    """CLOCK_BOOTTIME."""


Wearing = Literal["bare", "helmet", "mask"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceTemplate:
    """One enrolled look of somebody: numbers, turned by the site's secret; no picture."""

    face_id: bytes
    """16 random bytes: the token of their face credential."""
    wearing: Wearing
    model: str
    """Which model made it: templates of different models are never compared."""
    vector: bytes
    """128 float16, little-endian, of unit length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Hardware saw a credential. What it means is decided elsewhere."""

    reader: ReaderName
    medium: Medium
    token: bytes
    """
    What the credential says of itself, 1 to 256 bytes.

    A card: UID, IDm, or what its credential profile reads. A telephone: its number as `drivers.wire.phone` writes it;
    empty where the caller withheld it. A badge: the text of the QR code, UTF-8, up to 1024 bytes. A face: the 16
    random bytes that were given to it when it was enrolled.
    """
    technology: str
    """The kind of credential as far as the reader tells: `felica`, `mifare-classic-1k`, `iso14443-4`, `unknown`."""
    seen_ns: int
    """CLOCK_BOOTTIME in nanoseconds when the token had been read."""
    look: FaceLook | None = None
    """What a camera said of the face; None where no camera was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What to show at the reader."""

    kind: AnswerKind
    name: str = ""
    """The worker's name for a screen; empty where nobody is known. Never logged."""
    reason: str = ""
    """Why it is refused, waits or warns: a `Reason` of edge_agent.core.reason; empty where there is nothing to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardTime:
    """A device told the time."""

    source: Literal["gsm", "gps"]
    utc_ns: int
    at_ns: int
    """CLOCK_BOOTTIME at that moment."""
    err_ms: int
    """How far it may be off, either way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A device told where it is. There is none without a fix: never 0, 0."""

    latitude_deg: float
    longitude_deg: float
    accuracy_m: float
    """Radius within which it is, as far as the device tells."""
    at_ns: int
    """CLOCK_BOOTTIME at that moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a reader says of itself when asked: for `edge-agent status` and the self-test."""

    is_open: bool
    device: str
    """The device's own name, as the technician can find it again; empty while nothing is found."""
    detail: str = ""


class ReaderError(Exception):
    """A reader cannot be used now. The message says what, where and what to do."""


class ReaderLost(ReaderError):
    """It comes back by itself: unplugged, restarting, its service away. Reopen with backoff."""


class ReaderBroken(ReaderError):
    """A technician must act: wrong name, wrong permission, two devices for one name. Tried again slowly."""


class Reader(Protocol):
    """One configured reader. All methods are called from this reader's own thread, except `probe`."""

    @property
    def name(self) -> ReaderName:
        """The name from the configuration."""
        ...

    def sightings(self, stop: Event) -> Iterator[Sighting | None]:
        """
        Open the device and yield each sighting as it happens; None about once a second as a sign of life.

        Ends when `stop` is set, within a second. The device is closed when the iterator is closed.

        Raises:
            ReaderLost: The device is away; call again after a while.
            ReaderBroken: The device cannot be used before somebody mends something.

        """
        ...

    def show(self, answer: Answer) -> None:
        """
        Show the answer to the sighting just yielded, as far as the device has lamp, buzzer or screen.

        A card already taken away is no error.

        Raises:
            ReaderLost: The device is away.

        """
        ...

    def probe(self) -> Probe:
        """Return what is known now, without touching the device."""
        ...
