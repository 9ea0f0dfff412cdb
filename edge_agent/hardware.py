"""What hangs on the box, made from its configuration: readers, satellite receiver, loudspeaker. Starts nothing."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path

from drivers import registry
from drivers.contract import Answer, HeardTime, Hint, Reader, ReaderBroken, ReaderName, Sighting
from drivers.face import FaceReader, Faces
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A reader as it was configured, not started yet."""

    driver: str
    reader: Reader


def readers_of(
    config: settings.AgentConfig,
    *,
    clock: Clock,
    whereabouts: Whereabouts,
    faces: Faces,
    hear_hint: Callable[[Hint], None],
) -> list[Built]:
    """Return every configured reader. One that cannot be made is there, and says why."""
    offered: dict[str, object] = {
        "now_ns": clock.boot_ns,
        "hear_fix": whereabouts.hear,
        "hear_time": partial(_hear_time, clock),
        "hear_hint": hear_hint,
        "faces": faces,
        "models_dir": config.face.models_dir,
        "preview_dir": str(Path(config.agent.control_socket).parent),
        "profiles": [CredentialProfile(name=c.name, atr=c.atr, script=c.script) for c in config.credential],
    }
    built = [Built(driver=each.driver, reader=_reader(each, offered, lab=config.agent.lab)) for each in config.reader]
    if config.gnss.port:
        built.append(Built(driver="gnss", reader=_receiver(config.gnss, offered)))
    return built


def cameras_of(built: Sequence[Built]) -> dict[str, FaceReader]:
    """Return the readers that know faces, by name."""
    return {each.reader.name: each.reader for each in built if isinstance(each.reader, FaceReader)}


def devices_of(
    built: Sequence[Built], *, record: Callable[[Sighting], Answer], clock: Clock, speaker: Speaker | None
) -> Devices:
    """Return what runs these readers, none of them started; their answers are sounded where there is a speaker."""
    devices = Devices()
    for each in built:
        has_answers = each.driver not in registry.INNER
        reader = WithSound(each.reader, speaker) if speaker and has_answers else each.reader
        devices.add(Device(reader, driver=each.driver, record=record, boot_ns=clock.boot_ns))
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


def _reader(wanted: settings_of.Reader, offered: Mapping[str, object], *, lab: bool) -> Reader:
    name = ReaderName(wanted.name)
    try:
        # A driver takes of its table, and of what is offered, what its constructor names.
        return registry.build(
            wanted.driver,
            {**offered, **{field.name: getattr(wanted, field.name) for field in fields(wanted)}, "name": name},
            lab=lab,
        )
    except ReaderBroken as exc:
        return Unusable(name, exc)


def _hear_time(clock: Clock, heard: HeardTime) -> None:
    word = Anchor(
        boot=clock.stamp().boot,
        boot_ns=heard.at_ns,
        utc_ns=heard.utc_ns,
        trust=Trust(heard.source),
        err_ms=heard.err_ms,
    )
    clock.offer(word)
