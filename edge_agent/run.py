"""The daemon, put together: what starts in this order stops in exactly the reverse. Decides nothing."""

import contextlib
import logging
import secrets
import signal
from functools import cache, partial
from pathlib import Path
from threading import Event

from edge_agent.assembly import parts_of
from edge_agent.clock import Clock, SystemClock
from edge_agent.config import settings
from edge_agent.control.feed import Feed
from edge_agent.control.server import Server
from edge_agent.door import Door
from edge_agent.epochs import Epochs
from edge_agent.hardware import cameras_of, devices_of, fence_of, readers_of, speaker_of
from edge_agent.ledger.steps import LEDGER_STEPS
from edge_agent.notify import Notify
from edge_agent.requests import Requests, gallery_of
from edge_agent.status import Status
from edge_agent.whereabouts import Whereabouts
from spool.room import Room

log = logging.getLogger(__name__)

SPOOL_FILE = "spool.db"


def run(config: settings.AgentConfig, *, stop: Event, clock: Clock | None = None) -> None:
    """
    Run the agent until `stop` is set. A spool that is damaged or forked is renewed on the way.

    Raises:
        SpoolError: The spool cannot be opened: without it nothing may be promised.

    """
    clock = clock or SystemClock(host_keeps_time=config.agent.host_keeps_time)
    spool = Path(config.agent.state_dir) / SPOOL_FILE
    with contextlib.suppress(OSError):  # then the spool cannot be opened either, and says why
        spool.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        door, feed, notify = Door(clock), Feed(), Notify()
        room = _room(config.spool, spool)
        session = secrets.token_hex(8)
        whereabouts = Whereabouts(fence_of(config.site))
        gallery = gallery_of(config, clock=clock, spool=spool)
        built = readers_of(config, clock=clock, whereabouts=whereabouts, faces=gallery, hear_hint=feed.put)
        requests = Requests(
            config,
            door=door,
            clock=clock,
            spool=spool,
            gallery=gallery,
            cameras=cameras_of(built),
            hear_hint=feed.put,
        )
        speaker = speaker_of(config.sound, stack)
        devices = devices_of(built, record=requests.enrolment.record, clock=clock, speaker=speaker)
        status = Status(
            gateway=config.agent.gateway,
            site=config.site.id,
            session=session,
            is_lab=config.agent.lab,
            spool=spool,
            room=room,
            clock=clock,
            devices=devices,
            door=door,
            feed=feed,
            stop=stop,
            started_ns=clock.boot_ns(),
        )
        control = Server(
            Path(config.agent.control_socket), handlers=requests.handlers(status), group=config.agent.control_group
        )

        @cache  # once: readers and socket outlive an epoch
        def start() -> None:
            for part in (devices, requests.tending, control):
                part.start()
                stack.callback(part.stop)
            log.info("agent started", extra={"gateway": config.agent.gateway, "session": session})
            notify.ready()

        build = partial(
            parts_of,
            config=config,
            spool=spool,
            clock=clock,
            session=session,
            devices=devices,
            feed=feed,
            whereabouts=whereabouts,
        )
        Epochs(
            spool,
            gateway=config.agent.gateway,
            owner_steps={"ledger": LEDGER_STEPS},
            room=room,
            clock=clock,
            door=door,
            notify=notify,
            stop=stop,
        ).run(build, start)
        notify.stopping()
    log.info("agent stopped", extra={"gateway": config.agent.gateway})


def stop_on_signals(stop: Event) -> None:
    """Let SIGTERM and SIGINT set the event: nothing is cut off, everything accepted is on disk already."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())


def _room(spool: settings.Spool, file: Path) -> Room:
    return Room(
        file,
        ballast_bytes=spool.ballast_mb << 20,
        warn_days_left=spool.warn_days_left,
        retention_days=spool.retention_days,
    )
