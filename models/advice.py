"""What to say to whoever stands before the camera, and not too often. Judges no look."""

from models.gate import Refusal
from models.outcome import Advice, Kind

AGAIN_NS = 2_000_000_000
"""At most one advice of a kind in this time."""

FOR: dict[Refusal, Kind | None] = {
    "small": "come_closer",
    "blurred": "hold_still",
    "dark": "more_light",
    "bright": None,  # nothing that a worker could do
    "turned": "look_here",
    "tilted": "look_here",
    "cut_off": "look_here",
    "unsure_face": "look_here",
    "covered": "uncover",
}


class Adviser:
    """Remembers what was said."""

    def __init__(self) -> None:
        self._said_ns: dict[Kind, int] = {}

    def say(self, kind: Kind | None, now_ns: int) -> list[Advice]:
        """Return the advice, or nothing if it was given just now or there is none."""
        if kind is None or now_ns - self._said_ns.get(kind, now_ns - AGAIN_NS) < AGAIN_NS:
            return []
        self._said_ns[kind] = now_ns
        return [Advice(kind=kind)]
