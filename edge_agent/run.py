"""The daemon, put together: what starts in this order stops in exactly the reverse. Decides nothing."""

import contextlib
import logging
import secrets
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event

from drivers import registry
from drivers.contract import Reader, ReaderBroken, ReaderName
from drivers.sound import Speaker, WithSound
from drivers.wire.apdu import CredentialProfile
from edge_agent.clock import Clock, SystemClock
from edge_agent.config import settings
from edge_agent.config.secrets import read_secret
from edge_agent.control.feed import Feed
from edge_agent.control.server import Server
from edge_agent.core.attendance import Policy, Role
from edge_agent.core.calendar import minutes
from edge_agent.core.message import ReaderState
from edge_agent.core.topics import LAB_ROOT, Topics
from edge_agent.core.touch import NS_PER_S, CardRef
from edge_agent.devices import Device, Devices, Unusable
from edge_agent.intake import Intake, Recorded, SiteRules
from edge_agent.ledger import LEDGER_STEPS
from edge_agent.notify import Notify
from edge_agent.receipts import HandedReceipts
from edge_agent.roster import Roster, RosterError, card_ref, load_roster
from edge_agent.status import Status
from edge_agent.uplink.endpoint import endpoint
from edge_agent.uplink.link import Box, Uplink
from edge_agent.version import VERSION
from spool.file import SpoolUnavailable
from spool.journal import Journal

log = logging.getLogger(__name__)

BEAT_S = 5.0
SPOOL_FILE = "spool.db"
UPLINK_STALLED_NS = 120 * NS_PER_S


def run(config: settings.AgentConfig, *, stop: Event, clock: Clock | None = None) -> None:
    """
    Run the agent until `stop` is set.

    Raises:
        SpoolError: The spool cannot be opened: without it nothing may be promised.

    """
    clock = clock or SystemClock(host_keeps_time=config.agent.host_keeps_time)
    started_ns = clock.boot_ns()
    session = secrets.token_hex(8)
    notify = Notify()
    spool = Path(config.agent.state_dir) / SPOOL_FILE
    with contextlib.suppress(OSError):  # then the spool cannot be opened either, and says why
        spool.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        journal = stack.enter_context(Journal(spool, owner_steps={"ledger": LEDGER_STEPS}))
        feed, devices = Feed(), Devices()
        uplink = _uplink(config, journal=journal, spool=spool, clock=clock, session=session, devices=devices)
        intake = _intake(config, journal=journal, clock=clock, committed=partial(_committed, feed=feed, uplink=uplink))
        speaker = _speaker(config.sound, stack)
        for wanted in config.reader:
            reader = _reader(config, wanted, clock=clock, speaker=speaker)
            devices.add(Device(reader, driver=wanted.driver, record=intake.record, boot_ns=clock.boot_ns))
        status = Status(
            gateway=config.agent.gateway,
            site=config.site.id,
            session=session,
            is_lab=config.agent.lab,
            spool=spool,
            clock=clock,
            devices=devices,
            uplink=uplink,
            feed=feed,
            stop=stop,
            started_ns=started_ns,
        )
        handed = HandedReceipts(
            gateway=config.agent.gateway,
            epoch=journal.epoch,
            spool=spool,
            receiver_key=config.uplink.receiver_key,
            offer=uplink.offer_receipt,
        )
        control = Server(
            Path(config.agent.control_socket),
            handlers={**status.handlers(), **handed.handlers()},
            group=config.agent.control_group,
        )
        for part in (uplink, devices, control):
            part.start()
            stack.callback(part.stop)
        log.info("agent started", extra={"gateway": config.agent.gateway, "session": session})
        notify.ready()
        _watch_over(stop, notify=notify, journal=journal, uplink=uplink, clock=clock)
        notify.stopping()
    log.info("agent stopped", extra={"gateway": config.agent.gateway})


def stop_on_signals(stop: Event) -> None:
    """Let SIGTERM and SIGINT set the event: nothing is cut off, everything accepted is on disk already."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())


def _watch_over(stop: Event, *, notify: Notify, journal: Journal, uplink: Uplink, clock: Clock) -> None:
    """Beat the watchdog while writer and uplink move. A reader that hangs is told, not a reason to restart."""
    beat_s = min(BEAT_S, notify.watchdog_s / 3) if notify.watchdog_s else BEAT_S
    while not stop.wait(beat_s):
        with contextlib.suppress(SpoolUnavailable):  # logged by the spool; also tries to open it again
            journal.write(lambda tx: tx.head())
        status = uplink.status()
        if clock.boot_ns() - status.ticked_ns < UPLINK_STALLED_NS:
            notify.watchdog()
        notify.status("connected" if status.is_connected else f"not connected: {status.error}")


def _committed(recorded: Recorded, *, feed: Feed, uplink: Uplink) -> None:
    uplink.wake()
    feed.put(recorded)


def _uplink(
    config: settings.AgentConfig, *, journal: Journal, spool: Path, clock: Clock, session: str, devices: Devices
) -> Uplink:
    def box() -> Box:
        readers = tuple(ReaderState(id=s.name, driver=s.driver, state=s.state) for s in devices.status())
        return Box(agent=VERSION, sites=(config.site.id,), readers=readers)

    return Uplink(
        endpoint=endpoint(config.broker, client_id=config.agent.gateway),
        topics=Topics(LAB_ROOT * config.agent.lab + config.broker.topic_root),
        gateway=config.agent.gateway,
        journal=journal,
        spool_path=spool,
        clock=clock,
        settings=config.uplink,
        birth=box,
        session=session,
        retention_days=config.spool.retention_days,
    )


def _intake(
    config: settings.AgentConfig, *, journal: Journal, clock: Clock, committed: Callable[[Recorded], None]
) -> Intake:
    reference = partial(card_ref, read_secret(config.agent.card_key_file))
    rules = SiteRules(
        gateway=config.agent.gateway,
        site=config.site.id,
        policy=Policy(
            repeat_window_ns=round(config.site.repeat_window_s * NS_PER_S),
            longest_stay_ns=round(config.site.longest_stay_h * 3600 * NS_PER_S),
        ),
        cut_off_min=minutes(config.site.day_cut_off),
        roles={ReaderName(reader.name): Role(reader.role) for reader in config.reader},
        is_simulated=config.agent.lab,
    )
    roster = _roster(config.site.roster_file, reference)
    return Intake(journal=journal, clock=clock, roster=roster, card_ref=reference, rules=rules, committed=committed)


def _roster(file: str, reference: Callable[[bytes], CardRef]) -> Roster:
    if not file:
        return Roster()
    try:
        return load_roster(Path(file), reference)
    except RosterError as exc:
        # The gate opens all the same: everybody is recorded, and named later.
        log.error("roster cannot be used", extra={"file": file, "error": str(exc)})  # noqa: TRY400 - no bug of ours
        return Roster()


def _speaker(sound: settings.Sound, stack: contextlib.ExitStack) -> Speaker | None:
    if not sound.device:
        return None
    speaker = Speaker(sound.device)
    stack.callback(speaker.close)
    return speaker


def _reader(config: settings.AgentConfig, wanted: settings.Reader, *, clock: Clock, speaker: Speaker | None) -> Reader:
    name = ReaderName(wanted.name)
    try:
        reader = registry.load(wanted.driver, lab=config.agent.lab)(
            name=name,
            now_ns=clock.boot_ns,
            match=wanted.match,
            usb_path=wanted.usb_path,
            profiles=[CredentialProfile(name=c.name, atr=c.atr, script=c.script) for c in config.credential],
            reread_window_s=wanted.reread_window_s,
            lamp=wanted.lamp,
            lamp_by=wanted.lamp_by,
        )
    except ReaderBroken as exc:
        return Unusable(name, exc)
    return WithSound(reader, speaker) if speaker else reader
