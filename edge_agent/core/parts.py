"""What the events' data are made of: who, how, where, under which number. Knows no event."""

import re
from typing import Annotated, Literal

import msgspec

from edge_agent.core.wire import HASH_LEN, EpochId, HashText, Rfc3339, SeqNumber, Text, Wire

# What strings of an event look like. msgspec would match each pattern by itself, which costs half of all decoding;
# decode_event matches them together. The published schema has them all the same.
SHAPES = {
    "source": "/gw/[a-z0-9][a-z0-9-]{0,62}",
    "epoch": "[0-9a-f]{16}",
    "prev": f"[0-9a-f]{{{2 * HASH_LEN}}}",
    "credential": "hmac:[0-9a-f]{32}",
    "day": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
}
MAY_BE_ABSENT = {"credential", "day"}
ALL_SHAPES = re.compile(" ".join(f"({shape}){'?' * (name in MAY_BE_ABSENT)}" for name, shape in SHAPES.items()))


def shaped(name: str) -> msgspec.Meta:
    """Return the published pattern of this kind of string."""
    return msgspec.Meta(extra_json_schema={"pattern": f"^{SHAPES[name]}$"})


class PersonData(Wire, frozen=True, kw_only=True):
    """Who, as far as the box knows."""

    ccus: Annotated[str, msgspec.Meta(max_length=32, description="技能者ID")] | None = None
    own: Annotated[str, msgspec.Meta(max_length=32, description="The prime's own number")] | None = None
    """Absent where it is the 技能者ID."""
    company: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    """For whom, at that time."""

    @property
    def id(self) -> str | None:
        """Return what tells this worker from others; None where nobody is named."""
        return self.own or self.ccus


class FaceData(Wire, frozen=True, kw_only=True):
    """What a camera said of the face. Nothing of the face itself leaves the box."""

    verdict: Literal["match", "differs", "unsure", "unseen", "not_enrolled", "away"]
    mode: Literal["1:1", "1:N", "log"]
    """`log`: written down, and nothing follows from it."""
    score_milli: Annotated[int, msgspec.Meta(ge=-1000, le=1000)] | None = None
    """Cosine times 1000, to be read with `calibration` only: no percentage."""
    frames: Annotated[int, msgspec.Meta(ge=0)] = 0
    liveness: Literal["passed", "failed", "unchecked"] = "unchecked"
    calibration: Text = ""
    why: Text = ""


class Evidence(Wire, frozen=True, kw_only=True):
    """How the box knows. The number of a card, telephone or badge leaves the box only as a keyed hash."""

    credential: Annotated[str, shaped("credential")] | None = None
    technology: Text | None = None
    face: FaceData | None = None


class Place(Wire, frozen=True, kw_only=True):
    """Where the box was: by its own receiver, never guessed."""

    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)]
    acc_m: Annotated[float, msgspec.Meta(ge=0)]
    """Radius within which it was, as the receiver estimates."""
    age_s: Annotated[int, msgspec.Meta(ge=0)]
    """How old the fix was."""
    inside: bool | None = None
    """Whether that is within the site's fence; absent where there is none, or it cannot be told."""


class Hand(Wire, frozen=True, kw_only=True):
    """Who typed it, and why."""

    by: Text
    why: Text
    written: Rfc3339
    """When it was typed; `time` is when it happened."""


class Ref(Wire, frozen=True, kw_only=True):
    """Another event of the same box, under the identity it had first."""

    epoch: EpochId
    seq: SeqNumber


class Was(Wire, frozen=True, kw_only=True):
    """
    The identity an event had before its box had to begin a new epoch.

    Whoever holds these bytes under that identity has the event already, and does not count this one.
    """

    epoch: EpochId
    seq: SeqNumber
    hash: HashText


class Numbered(Wire, frozen=True, kw_only=True):
    """What the data of every event begins with: its place in the chain."""

    epoch: Annotated[str, shaped("epoch")]
    seq: SeqNumber
    prev: Annotated[str, shaped("prev")]
    """The hash of the event before: of the epoch's name for the first."""
    was: Was | None = None
