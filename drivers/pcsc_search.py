"""Which of pcscd's readers is meant: by a pattern on its name, by the USB socket it is plugged into. Reads no card."""

from fnmatch import fnmatchcase
from pathlib import Path

from drivers import winscard
from drivers.winscard import Context, PcscError


class Search:
    """What the configuration says of one reader. Never its whole name: that changes with the socket it is put in."""

    def __init__(self, *, match: str, usb_path: str, sysfs: Path) -> None:
        # Names of readers have brackets: "ACS ACR1252 Dual Reader [ACR1252 Dual Reader PICC] 00 00".
        self._pattern = match.lower().replace("[", "[[]")
        self._device = sysfs / "bus/usb/devices" / usb_path if usb_path else None
        self._text = repr(match) + (f" at USB path {usb_path}" if usb_path else "")

    def __str__(self) -> str:
        return self._text

    def found(self, context: Context) -> list[str]:
        """Return the names of all readers that fit now."""
        names = [each for each in context.readers() if fnmatchcase(each.lower(), self._pattern)]
        if self._device is None:
            return names
        channel = _usb_channel(self._device)
        return [each for each in names if channel is not None and channel == _channel(context, each)]


def _usb_channel(device: Path) -> int | None:
    """Return the channel a reader in this USB socket has; None while nothing is plugged in."""
    try:
        bus, address = (int((device / each).read_text()) for each in ("busnum", "devnum"))
    except (OSError, ValueError):
        return None
    return winscard.USB_CHANNEL << 16 | bus << 8 | address


def _channel(context: Context, device: str) -> int | None:
    """Return the reader's channel; None while its driver does not tell, or another process has it for itself."""
    try:
        with context.connect_reader(device) as connection:
            return int.from_bytes(connection.attribute(winscard.CHANNEL_ID)[:4], "little")
    except PcscError as exc:
        if exc.is_service_away or exc.is_denied:
            raise
        return None
