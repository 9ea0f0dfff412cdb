"""From a TOML file to a configuration, or to everything that is wrong with it, at once."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from edge_agent.config.agree import disagreements
from edge_agent.config.declare import Table, tables
from edge_agent.config.fit import Found, fit, like, unknown
from edge_agent.config.mistake import ConfigError, Mistake
from edge_agent.config.settings import AgentConfig, ReceiverConfig
from edge_agent.config.source import read_tables
from edge_agent.words.sentences import phrase

__all__ = ["ConfigError", "Examined", "Mistake", "examine", "load_agent", "load_receiver"]

log = logging.getLogger(__name__)

Config = TypeVar("Config", bound=AgentConfig | ReceiverConfig)

_PROGRAMS = {AgentConfig: "edge-agent run", ReceiverConfig: "edge-agent receive"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined(Generic[Config]):
    """What a file came to."""

    config: Config | None
    """None where anything but warnings was found."""
    mistakes: tuple[Mistake, ...]


def load_agent(path: Path) -> AgentConfig:
    """
    Return the configuration of a gateway.

    Raises:
        ConfigError: With every mistake in the file.

    """
    return _loaded(examine(path, AgentConfig))


def load_receiver(path: Path) -> ReceiverConfig:
    """
    Return the configuration of a receiver.

    Raises:
        ConfigError: With every mistake in the file.

    """
    return _loaded(examine(path, ReceiverConfig))


def examine(path: Path, kind: type[Config]) -> Examined[Config]:
    """Return the configuration and everything there is to say about it."""
    try:
        raw = read_tables(path)
    except ConfigError as exc:
        return Examined(config=None, mistakes=exc.mistakes)
    found, unfit = _fitted(path, raw, tables(kind))
    mistakes = _in_order([*_strangers(path, raw, kind), *unfit, *disagreements(found)], found)
    is_good = all(mistake.is_warning for mistake in mistakes)
    return Examined(config=_built(kind, found) if is_good else None, mistakes=mistakes)


def _in_order(mistakes: Sequence[Mistake], found: Mapping[str, Sequence[Found]]) -> tuple[Mistake, ...]:
    places = [each.place for some in found.values() for each in some]
    return tuple(sorted(mistakes, key=lambda each: places.index(each.table) if each.table in places else -1))


def _loaded(examined: Examined[Config]) -> Config:
    if examined.config is None:
        raise ConfigError(examined.mistakes)
    for each in examined.mistakes:
        log.warning("configuration warning", extra={"table": each.table, "key": each.key, "says": each.says.en})
    return examined.config


def _built(kind: type[Config], found: Mapping[str, Sequence[Found]]) -> Config:
    parts: dict[str, Any] = {}
    for table in tables(kind):
        made = tuple(table.declares(**each.values) for each in found[table.name])
        parts[table.name] = made if table.is_array else made[0]
    return kind(**parts)


def _fitted(
    path: Path, raw: Mapping[str, object], declared: Sequence[Table]
) -> tuple[dict[str, list[Found]], list[Mistake]]:
    found: dict[str, list[Found]] = {}
    mistakes: list[Mistake] = []
    for table in declared:
        parts, wrong = _parts(path, table, raw.get(table.name))
        pairs = [
            fit(part, file=path, table=table, number=number, everywhere=declared)
            for number, part in enumerate(parts, 1 if table.is_array else 0)
        ]
        found[table.name] = [each for each, _ in pairs]
        mistakes += wrong + [mistake for _, some in pairs for mistake in some]
    return found, mistakes


def _parts(path: Path, table: Table, raw: object) -> tuple[list[dict[str, object]], list[Mistake]]:
    """Return what stands under a table's name as a list of tables, and what is wrong with its brackets."""
    parts = raw if isinstance(raw, list) else [] if raw is None else [raw]
    good = [part for part in parts if isinstance(part, dict)]
    if table.is_array:
        if raw is None or raw == []:
            about = phrase("table.least", name=table.name, about=table.text)
            return [], [Mistake(file=path, table=table.header, says=about)] if table.least else []
        wrong = "" if isinstance(raw, list) and len(good) == len(parts) else "table.each"
    else:
        wrong = "" if raw is None or isinstance(raw, dict) else "table.once"
        good = good[:1] or ([{}] if raw is None else [])
    return good, [Mistake(file=path, table=table.header, says=phrase(wrong, name=table.name))] if wrong else []


def _strangers(path: Path, raw: Mapping[str, object], kind: type[Config]) -> list[Mistake]:
    """Return what is wrong with tables, and settings before the first table, that nobody declared."""
    declared = tables(kind)
    names = [table.name for table in declared]
    return [_stranger(path, name, raw[name], declared) for name in raw if name not in names]


def _stranger(path: Path, name: str, value: object, declared: Sequence[Table]) -> Mistake:
    if not isinstance(value, dict) and not (isinstance(value, list) and any(isinstance(each, dict) for each in value)):
        return Mistake(file=path, key=name, says=unknown(name, value, here=None, everywhere=declared))
    headers = {table.name: table.header for table in declared}
    for other, program in _PROGRAMS.items():
        if name in {table.name for table in tables(other)}:
            return Mistake(file=path, table=f"[{name}]", says=phrase("table.other-program", program=program))
    if meant := like(name, list(headers)):
        return Mistake(file=path, table=f"[{name}]", says=phrase("table.like", like=headers[meant]))
    return Mistake(file=path, table=f"[{name}]", says=phrase("table.unknown", known=", ".join(headers.values())))
