"""A reader that plays a keyboard: the kernel's key events on a pty, and the taking of it as flock. Knows no driver."""

import errno
import fcntl
import struct

from hardware_fakes.pty_port import PtyPort

_EVENT = struct.Struct("@llHHi")
_LEFT_SHIFT, _ENTER = 42, 28
_PLAIN = {
    **dict(zip("1234567890-=", range(2, 14), strict=True)),
    **dict(zip("qwertyuiop[]", range(16, 28), strict=True)),
    **dict(zip("asdfghjkl;'`", range(30, 42), strict=True)),
    **dict(zip("\\zxcvbnm,./", range(43, 54), strict=True)),
    " ": 57,
}
_SHIFTED = dict(
    zip(
        '!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:"~|ZXCVBNM<>?',
        "1234567890-=qwertyuiop[]asdfghjkl;'`\\zxcvbnm,./",
        strict=True,
    )
)


def event(kind: int, code: int, value: int) -> bytes:
    """Return one event as the kernel tells it."""
    return _EVENT.pack(0, 0, kind, code, value)


def press(code: int) -> bytes:
    """Return a key pressed and let go."""
    return event(4, 4, code) + event(1, code, 1) + event(0, 0, 0) + event(1, code, 0) + event(0, 0, 0)


def typed(text: str) -> bytes:
    """Return the events of a text typed on the US layout."""
    return b"".join(map(_character, text))


def grab(fd: int) -> None:
    """Take the device as EVIOCGRAB does: one at a time, until the file is closed."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        raise OSError(errno.EBUSY, "Device or resource busy") from exc


class FakeWedge(PtyPort):
    """Types a line for each card."""

    def touch(self, number: bytes) -> None:
        """Hold a card with this number to it: typed in hex."""
        self.type_line(number.hex().upper())

    def type_line(self, text: str, *, end: int = _ENTER) -> None:
        """Type this and the key that ends it."""
        self.say(typed(text) + press(end))


def _character(character: str) -> bytes:
    if character in _PLAIN:
        return press(_PLAIN[character])
    shift_down, shift_up = (event(1, _LEFT_SHIFT, value) + event(0, 0, 0) for value in (1, 0))
    return shift_down + press(_PLAIN[_SHIFTED[character]]) + shift_up
