"""A contactless reader at USB as nfcpy's transport sees it: frames in, answers out. Subclasses are the chips."""

import errno
import os
from collections import deque

from hardware_fakes import air
from hardware_fakes.air import OnAir
from hardware_fakes.card import Card


class UsbChip:
    """A reader and its line in one. Answers at once; when it is asked for more than it said, the wait has timed out."""

    TYPE = "USB"
    vendor = product = 0
    manufacturer_name = product_name = ""

    def __init__(self) -> None:
        self.is_plugged = False
        self.is_dead = False
        """It says nothing any more."""
        self.closings = 0
        """How often its line was let go of."""
        self.card: OnAir | None = None
        self._said: deque[bytes] = deque()

    # ------------------------------------------------------------ what a hand does
    def put(self, card: Card | OnAir) -> None:
        """Lay a card into the field, in place of one that rests there."""
        self.card = air.of(card) if isinstance(card, Card) else card

    def take(self) -> None:
        """Take the card away."""
        self.card = None

    # ------------------------------------------------------------ the line
    def heard(self, frame: bytes) -> list[bytes]:
        """Return what it says to this frame."""
        raise NotImplementedError

    def read(self, timeout: int = 0) -> bytearray:
        """Return what it said next."""
        del timeout
        self._must_be_there()
        if not self._said:
            raise OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        return bytearray(self._said.popleft())

    def write(self, frame: bytes) -> None:
        """Hear a frame."""
        self._must_be_there()
        said = self.heard(bytes(frame))
        if not self.is_dead:
            self._said.extend(said)

    def close(self) -> None:
        """Forget what was not read."""
        self._said.clear()
        self.closings += 1

    def _must_be_there(self) -> None:
        if not self.is_plugged:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
