"""What is plugged into which USB socket, as the kernel's sysfs tells it. Opens no device."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class UsbDevice:
    """One plugged device."""

    path: str
    """The socket, such as `1-1.4`."""
    vendor: int
    product: int
    name: str
    """What it calls itself: maker and product."""
    bus: int
    address: int
    """Its number on the bus: another one each time it is plugged in."""
    kernel_driver: str
    """What in the kernel holds its first interface; empty for nothing. `usbfs` is a program like ours."""


def plugged(sysfs: Path) -> Iterator[UsbDevice]:
    """Yield every device there is, in the order of the sockets' names; one that goes meanwhile is left out."""
    for folder in sorted(sysfs.glob("bus/usb/devices/*")):
        try:
            yield _read(folder)
        except (OSError, ValueError):  # an interface or a hub's port, or unplugged between two files
            continue


def fitting(device: UsbDevice, *, match: str, usb_path: str) -> bool:
    """Whether this device is the one the configuration means; brackets in a pattern are letters."""
    fits_name = fnmatchcase(device.name.lower(), match.lower().replace("[", "[[]"))
    return fits_name and usb_path in ("", device.path)


def _read(folder: Path) -> UsbDevice:
    return UsbDevice(
        path=folder.name,
        vendor=int((folder / "idVendor").read_text(), 16),
        product=int((folder / "idProduct").read_text(), 16),
        name=" ".join(_text(folder / each) for each in ("manufacturer", "product")).strip(),
        bus=int((folder / "busnum").read_text()),
        address=int((folder / "devnum").read_text()),
        kernel_driver=_driver(folder),
    )


def _text(path: Path) -> str:
    # A device may have no such text at all.
    return path.read_text(encoding="utf-8", errors="replace").strip() if path.exists() else ""


def _driver(folder: Path) -> str:
    link = folder / f"{folder.name}:1.0" / "driver"
    return link.resolve().name if link.is_symlink() else ""
