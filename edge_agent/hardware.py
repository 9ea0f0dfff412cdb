"""What hangs on the box, made from its configuration: readers, satellite receiver, loudspeaker. Starts nothing."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import fields
from functools import partial

from drivers import registry
from drivers.contract import Answer, HeardTime, Reader, ReaderBroken, ReaderName, Sighting
from drivers.sound import Speaker, WithSound
from drivers.wire.apdu import CredentialProfile
from edge_agent.clock import Clock
from edge_agent.config import reader as settings_of
from edge_agent.config import settings
from edge_agent.config.reader import Gnss
from edge_agent.config.site import Site
from edge_agent.core.place import Fence
from edge_agent.core.touch import Anchor, Trust
from edge_agent.devices import Device, Devices, Unusable
from edge_agent.whereabouts import Whereabouts

GNSS = ReaderName("gnss")
"""No reader may have this name: `config check` says so."""


def devices_of(
    config: settings.AgentConfig,
    *,
    record: Callable[[Sighting], Answer],
    clock: Clock,
    speaker: Speaker | None,
    whereabouts: Whereabouts,
) -> Devices:
    """Return every configured reader, none of them started. One that cannot be made is there, and says why."""
    devices = Devices()
    offered: dict[str, object] = {
        "now_ns": clock.boot_ns,
        "hear_fix": whereabouts.hear,
        "hear_time": partial(_hear_time, clock),
        "profiles": [CredentialProfile(name=c.name, atr=c.atr, script=c.script) for c in config.credential],
    }
    for wanted in config.reader:
        reader = _reader(wanted, offered, lab=config.agent.lab, speaker=speaker)
        devices.add(Device(reader, driver=wanted.driver, record=record, boot_ns=clock.boot_ns))
    if config.gnss.port:
        receiver = _receiver(config.gnss, offered)
        devices.add(Device(receiver, driver="gnss", record=record, boot_ns=clock.boot_ns))
    return devices


def fence_of(site: Site) -> Fence | None:
    """Return the site's fence; None where none is configured."""
    if not site.radius_m:
        return None
    return Fence(latitude_deg=site.latitude, longitude_deg=site.longitude, radius_m=site.radius_m)


def speaker_of(sound: settings.Sound, stack: ExitStack) -> Speaker | None:
    """Return the loudspeaker, closed with the stack; None where none is configured."""
    if not sound.device:
        return None
    speaker = Speaker(sound.device)
    stack.callback(speaker.close)
    return speaker


def _receiver(gnss: Gnss, offered: Mapping[str, object]) -> Reader:
    try:
        return registry.build("gnss", {**offered, "name": GNSS, "port": gnss.port, "baud": gnss.baud}, lab=False)
    except ReaderBroken as exc:
        return Unusable(GNSS, exc)


def _reader(wanted: settings_of.Reader, offered: Mapping[str, object], *, lab: bool, speaker: Speaker | None) -> Reader:
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
