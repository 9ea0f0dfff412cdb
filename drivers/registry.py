"""
Find a driver by the name the configuration uses.

A driver is imported on demand: one that cannot be imported is a message, not a crash.
"""

import importlib
import inspect
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import cast

from drivers.contract import Reader, ReaderBroken

BUILT_IN = {
    "nfc": "drivers.nfcpy_reader:NfcReader",
    "modem": "drivers.modem:Modem",
    "camera": "drivers.camera:CameraReader",
    "face": "drivers.face:FaceReader",
    "pcsc": "drivers.pcsc:PcscReader",
    "serial": "drivers.line:SerialReader",
    "wedge": "drivers.wedge:WedgeReader",
    "wiegand": "drivers.wiegand:WiegandReader",
}
"""Driver name to "module:class". What a constructor names as keywords are the settings the driver has: see `build`."""

INNER = {
    "gnss": "drivers.gnss:GnssReceiver",
}
"""What is run like a reader and is none: it has a table of its own in the configuration."""

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
    target = (_targets(lab=lab) | INNER).get(driver)
    if target is None:
        raise ReaderBroken(f"no driver named {driver!r}; there are: {', '.join(names(lab=lab))}")
    module, _, attribute = target.partition(":")
    try:
        return cast("Callable[..., Reader]", getattr(importlib.import_module(module), attribute))
    except ImportError as exc:
        raise ReaderBroken(f"driver {driver!r} cannot be loaded: {exc}; is its package installed?") from exc


def build(driver: str, offered: Mapping[str, object], *, lab: bool) -> Reader:
    """
    Return a reader, given what its constructor names of all that is offered: settings, clock, and whom to tell.

    Raises:
        ReaderBroken: No such driver, it cannot be imported, or it refuses its settings.

    """
    made = load(driver, lab=lab)
    wanted = inspect.signature(made).parameters
    return made(**{name: value for name, value in offered.items() if name in wanted})


def _targets(*, lab: bool) -> dict[str, str]:
    added = {point.name: point.value for point in entry_points(group=ENTRY_POINT_GROUP)}
    return added | BUILT_IN | (LAB if lab else {})
