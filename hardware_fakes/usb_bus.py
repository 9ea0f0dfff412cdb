"""A USB bus: a sysfs tree in a folder, and lines to what is plugged in. Knows no device's language."""

import errno
import os
from itertools import count
from pathlib import Path
from typing import Protocol


class UsbGadget(Protocol):
    """What can be plugged in: a device, and the line to it."""

    TYPE: str
    vendor: int
    product: int
    manufacturer_name: str
    product_name: str
    is_plugged: bool

    def read(self, timeout: int = 0) -> bytearray:
        """Return what it says next. Raises OSError: ETIMEDOUT for nothing, ENODEV when it is gone."""
        ...

    def write(self, frame: bytes) -> None:
        """Say something to it. Raises OSError when it is gone."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class UsbBus:
    """Bus 1, with any number of sockets."""

    def __init__(self, sysfs: Path) -> None:
        self.sysfs = sysfs
        self.refusal: int | None = None
        """The errno every opening ends with: EACCES, EBUSY; None for none."""
        self._devices = sysfs / "bus/usb/devices"
        self._devices.mkdir(parents=True)
        self._addresses = count(1)
        self._at: dict[int, UsbGadget] = {}

    def plug(self, gadget: UsbGadget, path: str = "1-1.4", *, kernel_driver: str = "") -> None:
        """Plug it in under the next address; a kernel driver may take it."""
        address = next(self._addresses)
        folder = self._devices / path
        folder.mkdir()
        facts = {
            "idVendor": f"{gadget.vendor:04x}",
            "idProduct": f"{gadget.product:04x}",
            "manufacturer": gadget.manufacturer_name,
            "product": gadget.product_name,
            "busnum": "1",
            "devnum": str(address),
        }
        for name, text in facts.items():
            (folder / name).write_text(text + "\n")
        if kernel_driver:
            (folder / f"{path}:1.0").mkdir()
            (folder / f"{path}:1.0" / "driver").symlink_to(f"../../../drivers/{kernel_driver}")
        self._at[address] = gadget
        gadget.is_plugged = True

    def unplug(self, gadget: UsbGadget) -> None:
        """Pull it out."""
        gadget.is_plugged = False
        [address] = [each for each, known in self._at.items() if known is gadget]
        del self._at[address]
        [folder] = [each.parent for each in self._devices.glob("*/devnum") if each.read_text().strip() == str(address)]
        self._remove(folder)

    def opened(self, bus: int, address: int) -> UsbGadget:
        """
        Return the device at this address, which is its own line: what a driver takes for nfcpy's `transport.USB`.

        Raises:
            OSError: Nothing there, or as `refusal` says.

        """
        if self.refusal is not None:
            raise OSError(self.refusal, os.strerror(self.refusal))
        if bus != 1 or address not in self._at:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        return self._at[address]

    @staticmethod
    def _remove(folder: Path) -> None:
        for each in sorted(folder.rglob("*"), reverse=True):
            each.rmdir() if each.is_dir() and not each.is_symlink() else each.unlink()
        folder.rmdir()
