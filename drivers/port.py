"""A serial port: pyserial behind one typed face, its exceptions turned into ours. Knows no device's language."""

import os
from pathlib import Path
from typing import Literal, Self

import serial

from drivers.contract import ReaderBroken, ReaderLost, ReaderName

Parity = Literal["N", "E", "O"]

_UNPLUGGED = (serial.SerialException, OSError)
# Unplugged in the middle of a change of settings: termios.error, which is no OSError.
try:
    import termios

    _FOREIGN: tuple[type[Exception], ...] = (*_UNPLUGGED, termios.error)
except ImportError:  # pragma: no cover - not on Linux
    _FOREIGN = _UNPLUGGED


class Port:
    """An open serial port, ours alone."""

    def __init__(
        self, owner: ReaderName, path: str, *, baud: int = 9600, parity: Parity = "N", patience_s: float = 1.0
    ) -> None:
        """
        Open it.

        Args:
            owner: Whose port it is, for messages.
            path: Such as `/dev/serial/by-path/...`: a name that stays with the socket.
            baud: Bits a second.
            parity: N, E or O.
            patience_s: The longest a read waits.

        Raises:
            ReaderLost: It is not there.
            ReaderBroken: It is there, and cannot be used.

        """
        self._owner = owner
        self._path = path
        try:
            self._serial = serial.Serial(
                path, baudrate=baud, parity=parity, timeout=patience_s, write_timeout=patience_s, exclusive=True
            )
        except _FOREIGN as exc:
            raise self._refused(exc) from exc

    def read(self, limit: int = 4096) -> bytes:
        """
        Return what has come, as soon as anything has; empty after `patience_s`.

        Raises:
            ReaderLost: Unplugged.

        """
        try:
            first = self._serial.read(1)
            return bytes(first + self._serial.read(min(limit - 1, self._serial.in_waiting))) if first else b""
        except _FOREIGN as exc:
            raise self._lost(exc) from exc

    def write(self, data: bytes) -> None:
        """
        Send it all.

        Raises:
            ReaderLost: Unplugged, or it takes nothing.

        """
        try:
            self._serial.write(data)
        except _FOREIGN as exc:
            raise self._lost(exc) from exc

    def forget(self) -> None:
        """
        Throw away what has come and nobody has read.

        Raises:
            ReaderLost: Unplugged.

        """
        try:
            self._serial.reset_input_buffer()
        except _FOREIGN as exc:
            raise self._lost(exc) from exc

    def close(self) -> None:
        """Close it. One that was unplugged is closed too."""
        try:
            self._serial.close()
        except _FOREIGN:  # an unplugged port objects, and is gone all the same
            return

    def __enter__(self) -> Self:
        """Return the open port."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _lost(self, exc: Exception) -> ReaderLost:
        return ReaderLost(f"{self._owner}: {self._path}: unplugged ({exc}); check the cable")

    def _refused(self, exc: Exception) -> ReaderLost | ReaderBroken:
        place = f"{self._owner}: {self._path}"
        if not Path(self._path).exists():
            return ReaderLost(f"{place}: not there; is it plugged in? see: edge-agent help readers")
        if not os.access(self._path, os.R_OK | os.W_OK):
            return ReaderBroken(f"{place}: not allowed; the agent's user must be in the group dialout")
        return ReaderBroken(f"{place}: cannot be opened ({exc}); does another program use it?")
