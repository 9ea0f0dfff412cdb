"""The daemon, put together: what starts in this order stops in exactly the reverse. Decides nothing."""

import contextlib
import logging
import secrets
import signal
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache, partial
from pathlib import Path
from threading import Event

from drivers import registry
from drivers.contract import HeardTime, Reader, ReaderBroken, ReaderName
from drivers.sound import Speaker, WithSound
from drivers.wire.apdu import CredentialProfile
from edge_agent.badge_keys import believed
from edge_agent.badges import SignedBadges
from edge_agent.clock import Clock, SystemClock
from edge_agent.config import reader, settings, site
from edge_agent.config.secrets import read_secret
from edge_agent.control.feed import Feed
from edge_agent.control.server import Server
from edge_agent.core.attendance import Policy, Role
from edge_agent.core.calendar import minutes
from edge_agent.core.message import ReaderState
from edge_agent.core.parts import Place
from edge_agent.core.place import Fence
from edge_agent.core.rules import Rules
from edge_agent.core.topics import LAB_ROOT, Topics
from edge_agent.core.touch import NS_PER_S, Anchor, Trust
from edge_agent.desk.office import Office
from edge_agent.desk.requests import handlers as desk_handlers
from edge_agent.devices import Device, Devices, Unusable
from edge_agent.door import Door
from edge_agent.epochs import Epochs, Parts
from edge_agent.identity import Book
from edge_agent.intake import Intake, Recorded, SiteRules
from edge_agent.ledger.steps import LEDGER_STEPS
from edge_agent.notify import Notify
from edge_agent.receipts import HandedReceipts
from edge_agent.revocation import Revocation
from edge_agent.roster.entering import enter_file
from edge_agent.roster.mistakes import RosterError
from edge_agent.roster_desk import RosterDesk
from edge_agent.status import Status
from edge_agent.timekeeping import Timekeeping
from edge_agent.uplink.endpoint import endpoint
from edge_agent.uplink.link import Box, Uplink
from edge_agent.users import Users
from edge_agent.version import VERSION
from edge_agent.whereabouts import Whereabouts
from spool.file import SpoolUnavailable
from spool.journal import Journal
from spool.room import Room

log = logging.getLogger(__name__)

SPOOL_FILE = "spool.db"
SIGNING_KEY_FILE = "signing.key"
GNSS = ReaderName("gnss")
"""No reader may have this name: `config check` says so."""


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
        whereabouts = Whereabouts(_fence(config.site))
        devices = _devices(
            config, door=door, clock=clock, speaker=_speaker(config.sound, stack), whereabouts=whereabouts
        )
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
        handed = HandedReceipts(
            gateway=config.agent.gateway,
            spool=spool,
            receiver_key=config.uplink.receiver_key,
            door=door,
        )
        revocation = Revocation(key=partial(read_secret, config.agent.card_key_file), clock=clock, door=door)
        roster = RosterDesk(
            spool=spool,
            door=door,
            clock=clock,
            key=read_secret(config.agent.card_key_file),
            cut_off_min=minutes(config.site.day_cut_off),
        )
        office = Office(door=door, clock=clock, users=Users(config.user, clock), rules=_rules(config), spool=spool)
        control = Server(
            Path(config.agent.control_socket),
            handlers={
                **status.handlers(),
                **handed.handlers(),
                **revocation.handlers(),
                **roster.handlers(),
                **desk_handlers(office),
            },
            group=config.agent.control_group,
        )

        @cache  # once: readers and socket outlive an epoch
        def start() -> None:
            for part in (devices, control):
                part.start()
                stack.callback(part.stop)
            log.info("agent started", extra={"gateway": config.agent.gateway, "session": session})
            notify.ready()

        build = partial(
            _parts,
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


def _devices(
    config: settings.AgentConfig, *, door: Door, clock: Clock, speaker: Speaker | None, whereabouts: Whereabouts
) -> Devices:
    devices = Devices()
    offered: dict[str, object] = {
        "now_ns": clock.boot_ns,
        "hear_fix": whereabouts.hear,
        "hear_time": partial(_hear_time, clock),
        "profiles": [CredentialProfile(name=c.name, atr=c.atr, script=c.script) for c in config.credential],
    }
    for wanted in config.reader:
        reader = _reader(wanted, offered, lab=config.agent.lab, speaker=speaker)
        devices.add(Device(reader, driver=wanted.driver, record=door.record, boot_ns=clock.boot_ns))
    if config.gnss.port:
        receiver = _receiver(config.gnss, offered)
        devices.add(Device(receiver, driver="gnss", record=door.record, boot_ns=clock.boot_ns))
    return devices


def _receiver(gnss: reader.Gnss, offered: Mapping[str, object]) -> Reader:
    try:
        return registry.build("gnss", {**offered, "name": GNSS, "port": gnss.port, "baud": gnss.baud}, lab=False)
    except ReaderBroken as exc:
        return Unusable(GNSS, exc)


def _fence(site: site.Site) -> Fence | None:
    if not site.radius_m:
        return None
    return Fence(latitude_deg=site.latitude, longitude_deg=site.longitude, radius_m=site.radius_m)


def _parts(
    journal: Journal,
    *,
    config: settings.AgentConfig,
    spool: Path,
    clock: Clock,
    session: str,
    devices: Devices,
    feed: Feed,
    whereabouts: Whereabouts,
) -> Parts:
    """Return what works with this journal, for as long as its epoch lasts."""
    timekeeping = _timekeeping(config, journal=journal, clock=clock)
    uplink = _uplink(
        config,
        journal=journal,
        spool=spool,
        clock=clock,
        session=session,
        devices=devices,
        known_utc_ns=lambda: timekeeping.known_utc_ns,
    )
    committed = partial(_committed, feed=feed, uplink=uplink)
    intake = _intake(config, journal=journal, clock=clock, committed=committed, place=whereabouts.place)
    return Parts(intake=intake, uplink=uplink, beat=partial(_beat, timekeeping, uplink))


def _committed(recorded: Recorded, *, feed: Feed, uplink: Uplink) -> None:
    uplink.wake()
    feed.put(recorded)


def _beat(timekeeping: Timekeeping, uplink: Uplink) -> None:
    if timekeeping.beat():
        uplink.wake()


def _timekeeping(config: settings.AgentConfig, *, journal: Journal, clock: Clock) -> Timekeeping:
    made = Timekeeping(
        journal=journal, clock=clock, gateway=config.agent.gateway, cut_off_min=minutes(config.site.day_cut_off)
    )
    with contextlib.suppress(SpoolUnavailable):  # logged by the spool; the next beat makes up for it
        made.beat()
    return made


def _room(spool: settings.Spool, file: Path) -> Room:
    return Room(
        file,
        ballast_bytes=spool.ballast_mb << 20,
        warn_days_left=spool.warn_days_left,
        retention_days=spool.retention_days,
    )


def _uplink(
    config: settings.AgentConfig,
    *,
    journal: Journal,
    spool: Path,
    clock: Clock,
    session: str,
    devices: Devices,
    known_utc_ns: Callable[[], int],
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
        known_utc_ns=known_utc_ns,
        key_path=Path(config.agent.state_dir) / SIGNING_KEY_FILE,
    )


def _intake(
    config: settings.AgentConfig,
    *,
    journal: Journal,
    clock: Clock,
    committed: Callable[[Recorded], None],
    place: Callable[[int], Place | None],
) -> Intake:
    key = read_secret(config.agent.card_key_file)
    _enter_roster(config.site.roster_file, key=key, journal=journal, clock=clock)
    book = Book(key=key, rules=_checks(config), badges=_badges(config, key))
    rules = _rules(config)
    return Intake(journal=journal, clock=clock, identities=book, rules=rules, committed=committed, place=place)


def _checks(config: settings.AgentConfig) -> Rules:
    return Rules.of({field.name: getattr(config.rules, field.name) for field in fields(config.rules)})


def _rules(config: settings.AgentConfig) -> SiteRules:
    return SiteRules(
        gateway=config.agent.gateway,
        site=config.site.id,
        policy=Policy(
            repeat_window_ns=round(config.site.repeat_window_s * NS_PER_S),
            longest_stay_ns=round(config.site.longest_stay_h * 3600 * NS_PER_S),
        ),
        cut_off_min=minutes(config.site.day_cut_off),
        roles={ReaderName(reader.name): Role(reader.role) for reader in config.reader},
        is_simulated=config.agent.lab,
        checks=_checks(config),
    )


def _badges(config: settings.AgentConfig, key: bytes) -> SignedBadges:
    return SignedBadges(
        key=key,
        believed=believed(config.badge),
        cut_off_min=minutes(config.site.day_cut_off),
        travel_ns=round(config.badge.travel_s * NS_PER_S),
    )


def _enter_roster(file: str, *, key: bytes, journal: Journal, clock: Clock) -> None:
    if not file:
        return
    try:
        enter_file(Path(file), key=key, stamp=clock.stamp(), write=journal.write)
    except SpoolUnavailable:
        pass  # logged by the spool
    except RosterError as exc:
        # The gate opens all the same: everybody is recorded, and named later.
        log.error("roster cannot be used", extra={"file": file, "error": str(exc)})  # noqa: TRY400 - no bug of ours


def _speaker(sound: settings.Sound, stack: contextlib.ExitStack) -> Speaker | None:
    if not sound.device:
        return None
    speaker = Speaker(sound.device)
    stack.callback(speaker.close)
    return speaker


def _reader(wanted: reader.Reader, offered: Mapping[str, object], *, lab: bool, speaker: Speaker | None) -> Reader:
    name = ReaderName(wanted.name)
    try:
        # A driver takes of its table, and of what is offered, what its constructor names.
        reader = registry.build(
            wanted.driver,
            {**offered, **{field.name: getattr(wanted, field.name) for field in fields(wanted)}, "name": name},
            lab=lab,
        )
    except ReaderBroken as exc:
        return Unusable(name, exc)
    return WithSound(reader, speaker) if speaker else reader


def _hear_time(clock: Clock, heard: HeardTime) -> None:
    word = Anchor(
        boot=clock.stamp().boot,
        boot_ns=heard.at_ns,
        utc_ns=heard.utc_ns,
        trust=Trust(heard.source),
        err_ms=heard.err_ms,
    )
    clock.offer(word)
