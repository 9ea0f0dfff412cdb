"""The configuration that holds, as TOML or JSON: secrets masked, defaults marked. Reads no file it names."""

import json
from collections.abc import Iterator
from typing import Any

from edge_agent.config.declare import Declared, Table, tables
from edge_agent.config.secrets import is_reference
from edge_agent.config.settings import AgentConfig, ReceiverConfig
from edge_agent.config.toml import MASK, holds_pem, without_login, written

Config = AgentConfig | ReceiverConfig


def as_toml(config: Config) -> str:
    """Return every setting with its value; one at its default says so."""
    return "\n".join("\n".join(_lines(table, part)) + "\n" for table, part in _parts(config))


def as_json(config: Config) -> str:
    """Return the same as one object: `values` by table, and `defaults`, a list of places such as `broker.port`."""
    values: dict[str, Any] = {table.name: [] for table in tables(type(config)) if table.is_array}
    defaults: list[str] = []
    for table, part in _parts(config):
        shown = {declared.key: _masked(declared, getattr(part, declared.key)) for declared in table.settings}
        place = table.name
        if table.is_array:
            place += f".{len(values[table.name])}"
            values[table.name].append(shown)
        else:
            values[table.name] = shown
        defaults += [f"{place}.{declared.key}" for declared in table.settings if _is_default(declared, part)]
    return json.dumps({"values": values, "defaults": defaults}, ensure_ascii=False, indent=2)


def _parts(config: Config) -> Iterator[tuple[Table, object]]:
    for table in tables(type(config)):
        part = getattr(config, table.name)
        for each in part if table.is_array else (part,):
            yield table, each


def _lines(table: Table, part: object) -> Iterator[str]:
    yield table.header
    for declared in table.settings:
        value = written(_masked(declared, getattr(part, declared.key)))
        yield f"{declared.key} = {value}{'  # default' if _is_default(declared, part) else ''}"


def _is_default(declared: Declared, part: object) -> bool:
    return bool(getattr(part, declared.key) == declared.default)


def _masked(declared: Declared, value: object) -> object:
    """A reference to a secret may be seen; what is none might be the secret itself."""
    if (
        declared.about.is_masked
        or holds_pem(value)
        or (declared.about.is_secret_file and value and not is_reference(str(value)))
    ):
        return MASK
    return without_login(value) if isinstance(value, str) else value
