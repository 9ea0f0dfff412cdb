"""Whether the settings agree with each other and with this machine: names, drivers, files."""

import ipaddress
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from drivers import registry
from drivers.contract import AnswerKind
from drivers.wire import apdu
from edge_agent.config.declare import Declared
from edge_agent.config.files import Unusable, read_file
from edge_agent.config.fit import Found, like
from edge_agent.config.mistake import Mistake, shown_path
from edge_agent.config.secrets import SecretUnavailable, SeenByServiceOnly, read_secret, secret_path
from edge_agent.config.toml import quoted, written
from edge_agent.words.sentences import phrase

Tables = Mapping[str, Sequence[Found]]
"""Name of a table to what was found under it."""

_FILE_LIMIT_B = 64 << 20
"""The largest file a setting may name: a roster."""
_PUBLIC_KEY = re.compile("[0-9a-f]{64}")
_DEVICE = ("driver", "port", "match", "usb_path", "video")
_FENCE = ("latitude", "longitude", "radius_m")
_RESERVED = "gnss"
_FACE = "face"
_TURN_S = 5
"""A turn of the head takes up to 3 s after the first look."""
_WITH_CAMERA = ("camera", _FACE)


def disagreements(tables: Tables) -> Iterator[Mistake]:
    """Yield what does not fit together. A setting that is wrong by itself is left out of everything here."""
    lab = _is_lab(tables)
    for each in tables.get("broker", ()):
        yield from _broker(each, lab=lab)
    for each in tables.get("badge", ()):
        yield from _keys(each)
    for each in tables.get("site", ()):
        yield from _fence(each)
    for each in tables.get("reader", ()):
        yield from _reserved(each)
        yield from _driver(each, lab=lab)
        yield from _lamp(each)
        yield from _video(each)
    for each in tables.get("credential", ()):
        yield from _script(each)
    yield from _faces(tables)
    for name in ("reader", "credential", "user"):
        yield from _one_name_each(tables.get(name, ()))
    yield from _one_device_each(tables.get("reader", ()))
    for found in tables.values():
        for each in found:
            yield from _files(each)


def _is_lab(tables: Tables) -> bool:
    # Not known: then nothing is held against it.
    return all(agent.values.get("lab", True) for agent in tables["agent"]) if "agent" in tables else False


def _broker(broker: Found, *, lab: bool) -> Iterator[Mistake]:
    values = broker.values
    if values.get("tls") is False and not lab and "host" in values and not _is_loopback(values["host"]):
        yield broker.mistake("tls", phrase("together.plain"))
    if values.get("tls") is True and values.get("ca_file") == "" and "host" in values:
        yield broker.mistake("ca_file", phrase("together.authority"), is_warning=True)
    for key, other in (("cert_file", "key_file"), ("key_file", "cert_file")):
        if values.get(key) and values.get(other) == "":
            yield broker.mistake(key, phrase("together.pair", missing=other))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


def _fence(site: Found) -> Iterator[Mistake]:
    # 0 stands for "not written": no site lies on the equator, and a receiver without a fix says 0, 0.
    given = {key: site.values[key] != 0 for key in _FENCE if key in site.values}
    if len(given) == len(_FENCE) and any(given.values()):
        missing = [key for key, is_written in given.items() if not is_written]
        for key in missing:
            yield site.mistake(key, phrase("together.fence"))


def _reserved(reader: Found) -> Iterator[Mistake]:
    if reader.values.get("name") == _RESERVED:
        yield reader.mistake("name", phrase("together.reserved", value=written(_RESERVED)))


def _driver(reader: Found, *, lab: bool) -> Iterator[Mistake]:
    driver = reader.values.get("driver")
    known = registry.names(lab=lab)
    if driver is None or driver in known:
        return
    if driver in registry.LAB:
        yield reader.mistake("driver", phrase("together.lab", value=written(driver)))
    elif meant := like(driver, known):
        yield reader.mistake("driver", phrase("together.driver-like", value=quoted(driver), like=written(meant)))
    else:
        yield reader.mistake("driver", phrase("together.driver", value=quoted(driver), known=", ".join(known)))


def _lamp(reader: Found) -> Iterator[Mistake]:
    kinds = [str(kind) for kind in AnswerKind]
    for kind, commands in reader.values.get("lamp", {}).items():
        if kind not in kinds:
            yield reader.mistake("lamp", phrase("key.choice", value=quoted(kind), choices=", ".join(kinds)))
        for command in commands:
            try:
                apdu.parse_hex(command)
            except apdu.ScriptError as exc:
                yield reader.mistake(f"lamp.{_key(kind)}", phrase("together.hex", reason=str(exc)))


def _key(kind: str) -> str:
    return kind if kind in set(AnswerKind) else quoted(kind)


def _script(credential: Found) -> Iterator[Mistake]:
    try:
        apdu.parse_script(credential.values.get("script", ("00 00 00 00 -> 9000 take",)))
    except apdu.ScriptError as exc:
        yield credential.mistake("script", phrase("together.script", reason=str(exc)))


def _video(reader: Found) -> Iterator[Mistake]:
    if reader.values.get("driver") in _WITH_CAMERA and reader.values.get("video") == "":
        yield reader.mistake("video", phrase("together.video"))


def _faces(tables: Tables) -> Iterator[Mistake]:
    readers = tables.get("reader", ())
    drivers = {each.values.get("name"): each.values.get("driver") for each in readers}
    # A reader that is not understood may be the one that is meant.
    is_known = all("name" in each.values and "driver" in each.values for each in readers)
    for each in readers:
        other = each.values.get("confirmed_by")
        if other and is_known and drivers.get(other) != _FACE:
            yield each.mistake("confirmed_by", phrase("together.confirmed-by", value=quoted(other)))
    if _FACE in drivers.values():
        for each in tables.get("face", ()):
            if each.values.get("key_file") == "":
                yield each.mistake("key_file", phrase("together.face-key"), is_warning=True)
            if _is_short(each, readers):
                yield each.mistake("verify_s", phrase("together.face-turn", seconds=_TURN_S), is_warning=True)
        for each in readers:
            if each.values.get("face_mode") == "face" and each.values.get("face_liveness") != "challenge":
                yield each.mistake("face_liveness", phrase("together.face-alone"), is_warning=True)


def _is_short(face: Found, readers: Sequence[Found]) -> bool:
    """Whether a card waits less for its face than who shows it needs to turn the head."""
    asked = {each.values.get("confirmed_by") for each in readers}
    turns = any(
        each.values.get("face_liveness") == "challenge" and each.values.get("name") in asked for each in readers
    )
    return turns and face.values.get("verify_s", _TURN_S) < _TURN_S


def _keys(badge: Found) -> Iterator[Mistake]:
    for number, key in enumerate(badge.values.get("keys", ()), 1):
        if not _PUBLIC_KEY.fullmatch(key):
            yield badge.mistake("keys", phrase("together.public-key", number=number))


def _one_name_each(tables: Sequence[Found]) -> Iterator[Mistake]:
    first: dict[str, Found] = {}
    for each in tables:
        name = each.values.get("name")
        if name in first:
            yield each.mistake("name", phrase("together.name", value=written(name), other=first[name].place))
        elif name is not None:
            first[name] = each


def _one_device_each(readers: Sequence[Found]) -> Iterator[Mistake]:
    first: dict[tuple[str, ...], Found] = {}
    for each in readers:
        if not all(key in each.values for key in _DEVICE):
            continue
        device = tuple(each.values[key] for key in _DEVICE)
        if device in first:
            yield each.mistake("match", phrase("together.device", other=first[device].place))
        first.setdefault(device, each)


def _files(found: Found) -> Iterator[Mistake]:
    for declared in found.table.settings:
        named = found.values.get(declared.key)
        if named and declared.about.is_file:
            yield from _file(found, declared, named)
        if named and declared.about.is_secret_file:
            yield from _secret(found, declared.key, named)


def _file(found: Found, declared: Declared, named: str) -> Iterator[Mistake]:
    try:
        read_file(Path(named), limit_b=_FILE_LIMIT_B)
    except Unusable as exc:
        says = phrase("secret.file", reference=shown_path(Path(named)), reason=exc.says)
        yield found.mistake(declared.key, says, is_warning=declared.about.runs_without)


def _secret(found: Found, key: str, reference: str) -> Iterator[Mistake]:
    try:
        read_secret(reference)
        if secret_path(reference).stat().st_mode & stat.S_IROTH:
            yield found.mistake(key, phrase("secret.open", reference=reference), is_warning=True)
    except SeenByServiceOnly:
        yield found.mistake(key, phrase("secret.not-checked", reference=reference), is_warning=True)
    except SecretUnavailable as exc:
        yield found.mistake(key, exc.says)
    except OSError:  # gone between two looks
        yield found.mistake(key, phrase("file.missing"))
