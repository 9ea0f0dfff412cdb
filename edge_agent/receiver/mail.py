"""Sort a poll's messages by whom they concern. Touches no disk."""

from collections.abc import Iterable

from edge_agent.core.message import Checkpoint, GatewayLost, GatewayState
from edge_agent.receiver.unpack import (
    Garbage,
    Letter,
    Refused,
    Sent,
    Stream,
    is_gateway,
    read_checkpoint,
    read_state,
    unpack,
)
from edge_agent.signing import is_signed

EVENT_LEAVES = frozenset({"touch", "batchz"})
NOBODY = ""
"""Whose garbage it is when the topic names no gateway."""


class Mail:
    """What came, sorted."""

    def __init__(self, letters: Iterable[Letter]) -> None:
        self.streams: dict[Stream, list[Sent | Refused]] = {}
        self.states: list[GatewayState | GatewayLost] = []
        self.checkpoints: list[Checkpoint] = []
        self.rejected: dict[str, list[Refused | Garbage]] = {}
        for letter in letters:
            self._sort(letter)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to commit."""
        return not (self.streams or self.states or self.checkpoints or self.rejected)

    def _sort(self, letter: Letter) -> None:
        if not is_gateway(letter.gateway):
            self._reject(NOBODY, Garbage(letter.payload, "the topic names no gateway"))
        elif letter.leaf in EVENT_LEAVES:
            self._sort_events(letter)
        elif letter.leaf == "state" and letter.payload:
            self._sort_state(letter)
        elif letter.leaf == "checkpoint" and letter.payload:
            self._sort_checkpoint(letter)

    def _sort_events(self, letter: Letter) -> None:
        by_epoch: dict[str, list[Sent | Refused]] = {}
        for item in unpack(letter):
            match item:
                case Sent():
                    by_epoch.setdefault(item.event.data.epoch, []).append(item)
                case Refused():
                    by_epoch.setdefault(item.epoch, []).append(item)
                case Garbage():
                    self._reject(letter.gateway, item)
        for epoch, items in by_epoch.items():
            self.streams.setdefault(Stream(letter.gateway, epoch), []).extend(items)

    def _sort_state(self, letter: Letter) -> None:
        said = read_state(letter)
        if said is None:
            self._reject(letter.gateway, Garbage(letter.payload, "no state of this gateway"))
        else:
            self.states.append(said)

    def _sort_checkpoint(self, letter: Letter) -> None:
        said = read_checkpoint(letter)
        if said and is_signed(said.signed_text(), key=said.key, signature=said.signature):
            self.checkpoints.append(said)
        else:
            self._reject(
                letter.gateway, Garbage(letter.payload, "no checkpoint of this gateway, or its signature is wrong")
            )

    def _reject(self, gateway: str, item: Garbage) -> None:
        self.rejected.setdefault(gateway, []).append(item)
