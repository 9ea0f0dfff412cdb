"""Sort a poll's messages by whom they concern. Touches no disk."""

from collections.abc import Iterable

from edge_agent.core.message import GatewayLost, GatewayState
from edge_agent.receiver.unpack import Garbage, Parcel, Refused, Sent, Stream, is_gateway, read_state, unpack

EVENT_LEAVES = frozenset({"touch", "batchz"})
NOBODY = ""
"""Whose garbage it is when the topic names no gateway."""


class Mail:
    """What came, sorted."""

    def __init__(self, parcels: Iterable[Parcel]) -> None:
        self.streams: dict[Stream, list[Sent | Refused]] = {}
        self.states: list[GatewayState | GatewayLost] = []
        self.rejected: dict[str, list[Refused | Garbage]] = {}
        for parcel in parcels:
            self._sort(parcel)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to commit."""
        return not (self.streams or self.states or self.rejected)

    def _sort(self, parcel: Parcel) -> None:
        if not is_gateway(parcel.gateway):
            self._reject(NOBODY, Garbage(parcel.payload, "the topic names no gateway"))
        elif parcel.leaf in EVENT_LEAVES:
            self._sort_events(parcel)
        elif parcel.leaf == "state" and parcel.payload:
            self._sort_state(parcel)

    def _sort_events(self, parcel: Parcel) -> None:
        by_epoch: dict[str, list[Sent | Refused]] = {}
        for item in unpack(parcel):
            match item:
                case Sent():
                    by_epoch.setdefault(item.event.data.epoch, []).append(item)
                case Refused():
                    by_epoch.setdefault(item.epoch, []).append(item)
                case Garbage():
                    self._reject(parcel.gateway, item)
        for epoch, items in by_epoch.items():
            self.streams.setdefault(Stream(parcel.gateway, epoch), []).extend(items)

    def _sort_state(self, parcel: Parcel) -> None:
        said = read_state(parcel)
        if said is None:
            self._reject(parcel.gateway, Garbage(parcel.payload, "no state of this gateway"))
        else:
            self.states.append(said)

    def _reject(self, gateway: str, item: Garbage) -> None:
        self.rejected.setdefault(gateway, []).append(item)
