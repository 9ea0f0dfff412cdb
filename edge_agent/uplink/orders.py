"""What the courier asks of the spool and of the line: values only. Decides nothing."""

from dataclasses import dataclass
from typing import Literal

Leaf = Literal["touch", "batchz"]
"""The two lanes, by the topics they travel on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """Events to read from the spool: behind `after`, none behind `upto`, at most `limit`."""

    after: int
    limit: int
    upto: int
    is_live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """One message to publish."""

    number: int
    leaf: Leaf
    payload: bytes
    first: int
    last: int
    count: int
    sent_ns: int

    @property
    def is_live(self) -> bool:
        """Whether it travels in the lane of its own."""
        return self.leaf == "touch"


@dataclass(frozen=True, slots=True)
class Withheld:
    """An event that is not sent any more: for the quarantine."""

    seq: int
    code: Literal["poison", "oversize", "schema"]
    detail: str
    is_refused: bool = False
    """The receiver refused it, and has a tombstone of its own."""
