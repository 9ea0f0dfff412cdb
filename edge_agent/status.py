"""What `edge-agent status` and `watch` tell of the running agent. Gathers; decides nothing."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event

from drivers.contract import Hint
from edge_agent.clock import Clock
from edge_agent.control.feed import Feed
from edge_agent.control.server import Answers
from edge_agent.core.calendar import rfc3339
from edge_agent.core.touch import NS_PER_S
from edge_agent.devices import Devices
from edge_agent.door import Door
from edge_agent.intake import Recorded
from edge_agent.ledger.glance import glance
from edge_agent.ledger.presence import count_inside
from edge_agent.ledger.time import count_undated
from edge_agent.version import VERSION
from spool.file import SpoolUnavailable
from spool.outbox import Outbox
from spool.renewal import set_aside
from spool.room import Room

BEAT_S = 5.0
"""A watcher who is gone is noticed after this time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Everything that can be asked."""

    gateway: str
    site: str
    session: str
    is_lab: bool
    spool: Path
    room: Room
    clock: Clock
    devices: Devices
    door: Door
    feed: Feed
    stop: Event
    started_ns: int

    def handlers(self) -> Mapping[str, Callable[[Mapping[str, object]], Answers]]:
        """Return what the control socket answers."""
        return {"status": lambda _wish: [self.now()], "watch": lambda _wish: self.watch()}

    def now(self) -> dict[str, object]:
        """Return how the agent stands."""
        stamp = self.clock.stamp()
        return {
            "gateway": self.gateway,
            "site": self.site,
            "lab": self.is_lab,
            "agent": VERSION,
            "session": self.session,
            "up_s": (stamp.boot_ns - self.started_ns) // NS_PER_S,
            "readers": [
                asdict(device) | {"for_s": _since_s(stamp.boot_ns, device.since_ns)} for device in self.devices.status()
            ],
            "spool": self._spool(stamp.utc_ns),
            "disk": self._disk(),
            "uplink": asdict(self.door.status()),
            "clock": {
                "trust": stamp.trust,
                "err_ms": stamp.err_ms,
                "time": rfc3339(stamp.utc_ns),
                "undated": count_undated(self.spool),
            },
        }

    def watch(self) -> Iterator[Mapping[str, object]]:
        """Yield each touch as it is recorded, each hint as a camera gives it, and a beat while there is none."""
        watcher = self.feed.watch()
        try:
            yield {"watching": self.gateway}
            while not self.stop.is_set():
                all_news, missed = watcher.take(BEAT_S)
                if missed or not all_news:
                    yield {"missed": missed}
                for news in all_news:
                    yield _hint(news) if isinstance(news, Hint) else _touch(news)
        finally:
            self.feed.leave(watcher)

    def _spool(self, utc_ns: int) -> dict[str, object]:
        if self.door.trouble:
            return {"error": self.door.trouble}
        try:
            with contextlib.closing(Outbox(self.spool)) as outbox:
                depth = outbox.depth()
            inside, seen = count_inside(self.spool), glance(self.spool)
        except SpoolUnavailable as exc:
            return {"error": str(exc)}
        return {
            "last": depth.last,
            "upto": depth.upto,
            "pending": depth.pending,
            "quarantined": depth.quarantined,
            "oldest_s": None if depth.oldest_utc_ns is None else _since_s(utc_ns, depth.oldest_utc_ns),
            "last_receipt": None if depth.heard_utc_ns is None else rfc3339(depth.heard_utc_ns),
            "inside": inside,
            "waiting": seen.waiting,
            "site": seen.site or self.site,
            "note": seen.note,
            "set_aside": len(set_aside(self.spool)),
        }

    def _disk(self) -> dict[str, object]:
        room = self.room
        return {
            **asdict(room.outlook),
            "is_filling": room.is_filling,
            "is_short": room.is_short,
            "is_refusing": self.door.is_refusing,
        }


def _touch(recorded: Recorded) -> dict[str, object]:
    worker = recorded.person.worker
    return {
        "seq": recorded.seq,
        "time": rfc3339(recorded.at.utc_ns),
        "reader": recorded.reader,
        "meaning": recorded.meaning,
        "answer": recorded.answer,
        "flags": list(recorded.flags),
        "worker": worker.id if worker else None,
        "name": worker.name if worker else None,
        "credential": recorded.person.credential,
        "method": recorded.method,
        "reason": recorded.reason,
    }


def _hint(hint: Hint) -> dict[str, object]:
    return {"hint": hint.kind, "reader": hint.reader}


def _since_s(now_ns: int, then_ns: int) -> int:
    return max(0, (now_ns - then_ns) // NS_PER_S)
