"""What a technician is told when a contactless chip cannot be opened. Opens nothing."""

from drivers.contactless import USB_CHIPS, ChipError
from drivers.contract import ReaderBroken, ReaderLost, ReaderName
from drivers.usb_device import UsbDevice

HELP = "see: edge-agent help nfc"


def no_pn532(name: ReaderName, port: str, exc: ChipError) -> ReaderLost:
    """Return why there is no PN532 at this port, which could be opened."""
    return ReaderLost(
        f"{name}: {port}: no PN532 answers ({exc});"
        f" has it power, is TX wired to RX, is its switch on HSU (UART)? {HELP}"
    )


def no_usb(name: ReaderName, usb: UsbDevice, exc: ChipError) -> ReaderLost | ReaderBroken:
    """Return why the reader in this USB socket cannot be used."""
    place = f"{name}: {usb.name} at USB {usb.path}"
    if exc.is_gone:
        return ReaderLost(f"{place}: unplugged ({exc}); check the cable")
    if exc.is_without_library:
        return ReaderBroken(f"{place}: {exc}; libusb is missing: apt-get install libusb-1.0-0")
    if exc.is_denied:
        return ReaderBroken(f"{place}: not allowed; the agent's user may not open it: a udev rule is wanted, {HELP}")
    if exc.is_busy:
        return ReaderBroken(f"{place}: {_held_by(usb.kernel_driver)}")
    if USB_CHIPS.get((usb.vendor, usb.product)) == "acr122":
        return ReaderLost(f'{place}: does not answer ({exc}); plug it in anew, or use driver = "pcsc"')
    return ReaderLost(f"{place}: does not answer ({exc}); plug it in anew")


def _held_by(kernel_driver: str) -> str:
    if kernel_driver in ("", "usbfs"):
        return 'another program has it: pcscd? stop that, or use driver = "pcsc"'
    line = f"echo blacklist {kernel_driver} > /etc/modprobe.d/edge-agent-nfc.conf"
    return f"the kernel's driver {kernel_driver} holds it; as root: {line} && rmmod {kernel_driver}"
