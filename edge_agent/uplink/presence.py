"""What a box says of itself, and when: birth, last will, health. Only the texts; the conversation sends them."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from edge_agent.core.calendar import rfc3339
from edge_agent.core.message import GatewayLost, GatewayState, Health, ReaderState
from edge_agent.core.touch import NS_PER_S, Stamp
from edge_agent.core.wire import encode
from spool.outbox import Depth
from spool.outlook import Outlook

STATE, HEALTH, CHECKPOINT = "state", "health", "checkpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """What only the rest of the agent knows."""

    agent: str
    """The version of this program."""
    sites: tuple[str, ...]
    readers: tuple[ReaderState, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """How the spool's disk stands."""

    outlook: Outlook
    is_refusing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """One run of the agent, as the broker hears of it."""

    gateway: str
    session: str
    epoch: str
    receipt: Literal["receiver", "broker"]
    box: Callable[[], Box]
    started_ns: int

    def birth(
        self, stamp: Stamp, *, last: int, upto: int, generation: int = 0, boot_ms: int | None = None, key: str = ""
    ) -> bytes:
        """Return the retained message that says: here I am."""
        box = self.box()
        return encode(
            GatewayState(
                gw=self.gateway,
                session=self.session,
                epoch=self.epoch,
                max_seq=last,
                acked=upto,
                gen=generation,
                boot_ms=boot_ms,
                key=key,
                agent=box.agent,
                sites=list(box.sites),
                readers=list(box.readers),
                receipt=self.receipt,
                t=rfc3339(stamp.utc_ns),
            )
        )

    def end(self, state: Literal["lost", "stopped"]) -> bytes:
        """Return the retained message that takes its place: said by the broker, or by ourselves when we stop."""
        return encode(GatewayLost(gw=self.gateway, state=state, session=self.session))

    def health(self, stamp: Stamp, depth: Depth, disk: Disk) -> bytes:
        """Return the gauges."""
        oldest_s = None
        if stamp.is_dated and depth.oldest_utc_ns is not None:
            oldest_s = max(0, (stamp.utc_ns - depth.oldest_utc_ns) // NS_PER_S)
        return encode(
            Health(
                gw=self.gateway,
                session=self.session,
                up_s=(stamp.boot_ns - self.started_ns) // NS_PER_S,
                pending=max(0, depth.pending),
                oldest_s=oldest_s,
                quarantined=depth.quarantined,
                clock=stamp.trust.value,
                readers=list(self.box().readers),
                free_bytes=disk.outlook.free_bytes,
                days_left=disk.outlook.days_left,
                is_refusing=disk.is_refusing,
            )
        )


class Pulse:
    """When the next health message is due: in regular distances, and when what matters changes."""

    LOOK_NS = NS_PER_S

    def __init__(self, *, every_s: float, now_ns: int) -> None:
        """Begin at a random phase, so that a fleet started by one power cut does not speak in chorus."""
        self._every_ns = round(every_s * NS_PER_S)
        self._due_ns = now_ns + round(random.random() * self._every_ns)  # noqa: S311 - a phase, not a secret
        self._look_ns = now_ns
        self._seen: object = None

    def beats(self, now_ns: int, what_matters: Callable[[], object]) -> bool:
        """Tell whether health is to be sent now. What matters (never None) is asked for about once a second."""
        if now_ns < self._look_ns:
            return False
        self._look_ns = now_ns + self.LOOK_NS
        seen = what_matters()
        has_changed = self._seen is not None and seen != self._seen
        self._seen = seen
        if now_ns < self._due_ns and not has_changed:
            return False
        self._due_ns = now_ns + self._every_ns
        return True
