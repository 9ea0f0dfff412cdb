"""What works with one spool, for as long as its epoch lasts: intake, uplink, timekeeping. Starts nothing."""

import contextlib
import logging
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from pathlib import Path

from drivers.contract import ReaderName
from edge_agent.badge_keys import believed
from edge_agent.badges import SignedBadges
from edge_agent.clock import Clock
from edge_agent.config import settings
from edge_agent.config.secrets import read_secret
from edge_agent.control.feed import Feed
from edge_agent.core.attendance import Policy, Role
from edge_agent.core.calendar import minutes
from edge_agent.core.message import ReaderState
from edge_agent.core.parts import Place
from edge_agent.core.rules import Rules
from edge_agent.core.topics import LAB_ROOT, Topics
from edge_agent.core.touch import NS_PER_S
from edge_agent.devices import Devices
from edge_agent.epochs import Parts
from edge_agent.identity import Book
from edge_agent.intake import Intake, Recorded, SiteRules
from edge_agent.roster.entering import enter_file
from edge_agent.roster.mistakes import RosterError
from edge_agent.timekeeping import Timekeeping
from edge_agent.uplink.endpoint import endpoint
from edge_agent.uplink.link import Box, Uplink
from edge_agent.version import VERSION
from edge_agent.whereabouts import Whereabouts
from spool.file import SpoolUnavailable
from spool.journal import Journal

log = logging.getLogger(__name__)

SIGNING_KEY_FILE = "signing.key"


def parts_of(
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


def rules_of(config: settings.AgentConfig) -> SiteRules:
    """Return what the configuration says of the site."""
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
    rules = rules_of(config)
    return Intake(journal=journal, clock=clock, identities=book, rules=rules, committed=committed, place=place)


def _checks(config: settings.AgentConfig) -> Rules:
    return Rules.of({field.name: getattr(config.rules, field.name) for field in fields(config.rules)})


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
