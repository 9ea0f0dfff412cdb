"""What the terminal says: recognised, confirmed, taken, advice. Words and numbers; decides nothing."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["match", "differs", "unsure", "unseen", "not_enrolled", "away"]
Mode = Literal["1:1", "1:N", "log"]
Alive = Literal["passed", "failed", "unchecked"]
Kind = Literal[
    "show_card",
    "come_closer",
    "hold_still",
    "look_here",
    "one_at_a_time",
    "uncover",
    "more_light",
    "turn_left",
    "turn_right",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """How one look was decided. The words are those of the drivers' `FaceLook`."""

    verdict: Verdict
    mode: Mode
    score_milli: int | None = None
    """The cosine times 1000, -1000 to 1000; None where nothing was compared. No percentage."""
    frames: int = 0
    """How many frames were fused."""
    liveness: Alive = "unchecked"
    calibration: str = ""
    """Which row of which table decided."""
    why: str = ""
    """What was in the way: a word of models.gate or of the liveness; empty where nothing was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """Somebody was found among all: once a visit. Seen at the time of the frame that was just looked at."""

    face_id: bytes
    look: Looked


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """The answer to `verify`: exactly one to each."""

    number: int
    look: Looked


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The answer to `enrol`."""

    number: int
    vector: bytes | None
    """128 float16, little-endian, turned; None: no template, and `why` says what was in the way."""
    model: str
    frames: int
    why: list[str]
    """With a vector: what must be known of it, such as `look_alike`: this person needs a card. At most 8 words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What whoever stands before the camera should do; at most once in two seconds of each kind."""

    kind: Kind


Outcome = Recognised | Confirmed | Taken | Advice
