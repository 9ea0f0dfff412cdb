"""
Find a driver by the name the configuration uses.

A driver is imported on demand: one that cannot be imported is a message, not a crash.
"""

import importlib
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import cast

from drivers.contract import Reader, ReaderBroken

BUILT_IN = {
    "pcsc": "drivers.pcsc:PcscReader",
}
"""Driver name to "module:class". The class is called with keyword arguments only: see each driver."""

LAB = {
    "simulated": "hardware_fakes.reader:SlotReader",
}
"""Drivers that simulate hardware: refused unless the configuration says `[agent] lab = true`."""

ENTRY_POINT_GROUP = "edge_agent.drivers"


def names(*, lab: bool) -> list[str]:
    """Return every driver name that may be configured."""
    found = {*BUILT_IN, *(point.name for point in entry_points(group=ENTRY_POINT_GROUP))}
    return sorted(found | set(LAB) if lab else found)


def load(driver: str, *, lab: bool) -> Callable[..., Reader]:
    """
    Return the class of the driver.

    Raises:
        ReaderBroken: No such driver, or it cannot be imported on this machine.

    """
    target = _targets(lab=lab).get(driver)
    if target is None:
        raise ReaderBroken(f"no driver named {driver!r}; there are: {', '.join(names(lab=lab))}")
    module, _, attribute = target.partition(":")
    try:
        return cast("Callable[..., Reader]", getattr(importlib.import_module(module), attribute))
    except ImportError as exc:
        raise ReaderBroken(f"driver {driver!r} cannot be loaded: {exc}; is its package installed?") from exc


def _targets(*, lab: bool) -> dict[str, str]:
    added = {point.name: point.value for point in entry_points(group=ENTRY_POINT_GROUP)}
    return added | BUILT_IN | (LAB if lab else {})
