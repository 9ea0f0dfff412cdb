"""QR codes in a picture. Bounded work for each; says what is written there, never what that means."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from models.capture import Picture

Rotation = Literal[0, 90, 180, 270]
_ROTATIONS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
LONG_SIDE_MAX_PX = 1280
"""Larger pictures are made smaller before anything is looked for: the work for a frame stays bounded."""
CODES_MAX = 8
"""So many of one picture are told, at most."""
TOKEN_MAX = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """The part of a picture that is looked at, as shares of its width and height, before it is turned."""

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0

    def of(self, picture: Picture) -> Picture:
        """Return that part, at least one point of it."""
        height, width = picture.shape[:2]
        x, y = min(int(self.left * width), width - 1), min(int(self.top * height), height - 1)
        return picture[y : max(y + 1, round(self.bottom * height)), x : max(x + 1, round(self.right * width))]


class Codes:
    """Finds QR codes."""

    def __init__(self, *, region: Region = Region(), rotation: Rotation = 0) -> None:
        self._region = region
        self._rotation = rotation
        # Faster than QRCodeDetector, and reads turned and large codes that it does not: see edge-agent help camera.
        self._detector = cv2.QRCodeDetectorAruco()

    def find(self, picture: Picture) -> Sequence[bytes]:
        """Return what the codes in the picture say, as UTF-8, each once."""
        grey = self._prepared(picture)
        try:
            _, texts, _, _ = self._detector.detectAndDecodeBytesMulti(grey)
        except cv2.error:  # what looks like a code now and then is none, and the detector stumbles over it
            return ()
        found = (_utf8(bytes(text)) for text in texts)
        return tuple(dict.fromkeys(text for text in found if text))[:CODES_MAX]

    def _prepared(self, picture: Picture) -> Picture:
        part = self._region.of(picture)
        scale = LONG_SIDE_MAX_PX / max(part.shape[:2])
        if scale < 1:
            part = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        if part.ndim == 3:  # noqa: PLR2004 - rows, columns, colours
            part = cv2.cvtColor(part, cv2.COLOR_BGR2GRAY)
        if self._rotation:
            part = cv2.rotate(part, _ROTATIONS[self._rotation])
        return np.ascontiguousarray(part, dtype=np.uint8)


def _utf8(text: bytes) -> bytes:
    """Return the text as UTF-8; empty if it is none, or too long. Kanji mode is Shift JIS by the standard."""
    for encoding in ("utf-8", "cp932"):
        try:
            token = text.decode(encoding).encode()
        except UnicodeDecodeError:
            continue
        return token if len(token) <= TOKEN_MAX else b""
    return b""
