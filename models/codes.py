"""QR codes in a picture. Bounded work for each; says what is written there, never what that means."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from models.capture import Picture
from models.region import WHOLE, Region, cut

SEARCH_MAX_PX = 1280
"""Codes are looked for in a picture with no longer side than this; one that is found is read in the whole one."""
CODES_MAX = 6
"""So many of one picture are read, the largest first: the work for a picture stays bounded."""
TOKEN_MAX = 1024
_CUT_PX = 600
"""A code is read with this side. Small ones are found at 2.5 pixels a module, but read only when made larger."""
_ENLARGED_MAX = 4.0
_MARGIN = 0.2
_SHARPER = 1.0


def use_one_core() -> None:
    """Keep OpenCV from starting a thread for each core of the box."""
    cv2.setNumThreads(1)


class Codes:
    """Finds QR codes and reads them. Not for two threads at once."""

    def __init__(self, *, region: Region = WHOLE, rotation: int = 0) -> None:
        """Look at this part of each picture, turned clockwise by 0, 90, 180 or 270 degrees."""
        self._region = region
        self._rotation = rotation
        # The first finds best and reads turned and large codes; the second reads small sharp ones that it does not.
        self._finder = cv2.QRCodeDetectorAruco()
        self._decoders = (self._finder, cv2.QRCodeDetector())

    def find(self, picture: Picture) -> Sequence[bytes]:
        """Return what the codes in the picture say, as UTF-8, each once."""
        grey = self._prepared(picture)
        found = (_utf8(text) for each in self._cuts(grey) for text in self._read(each))
        return tuple(dict.fromkeys(text for text in found if text))[:CODES_MAX]

    def _prepared(self, picture: Picture) -> Picture:
        part = cut(picture, self._region, self._rotation)
        grey = cv2.cvtColor(part, cv2.COLOR_BGR2GRAY) if part.ndim == 3 else part  # noqa: PLR2004 - with colours
        return np.ascontiguousarray(grey, dtype=np.uint8)

    def _cuts(self, grey: Picture) -> Iterator[Picture]:
        """Yield the places where a code seems to be, enlarged and sharpened."""
        scale = min(1.0, SEARCH_MAX_PX / max(grey.shape))
        try:
            is_found, corners = self._finder.detectMulti(_scaled(grey, scale))
        except cv2.error:  # what looks like a code and is none makes it stumble now and then
            return
        if not is_found:
            return
        boxes = sorted(_boxes(np.asarray(corners, dtype=np.float64) / scale), key=lambda box: box[2], reverse=True)
        for x, y, side in boxes[:CODES_MAX]:
            margin = _MARGIN * side
            top, left = max(0, int(y - margin)), max(0, int(x - margin))
            place = grey[top : int(y + side + margin) + 1, left : int(x + side + margin) + 1]
            if min(place.shape) > 1:
                yield _sharpened(place, min(_ENLARGED_MAX, _CUT_PX / max(place.shape)))

    def _read(self, place: Picture) -> Sequence[bytes]:
        for decoder in self._decoders:
            try:
                _, texts, _, _ = decoder.detectAndDecodeBytesMulti(place)
            except cv2.error:
                continue
            if said := [bytes(text) for text in texts if text]:
                return said
        return ()


def _boxes(corners: NDArray[np.float64]) -> Iterator[tuple[float, float, float]]:
    """Yield left, top and side of the upright square around each four corners."""
    for four in corners[np.isfinite(corners).all(axis=(1, 2))]:
        (left, top), (right, bottom) = four.min(axis=0), four.max(axis=0)
        yield float(left), float(top), float(max(right - left, bottom - top))


def _scaled(picture: Picture, scale: float) -> Picture:
    if scale == 1:
        return picture
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=how), dtype=np.uint8)


def _sharpened(place: Picture, scale: float) -> Picture:
    large = _scaled(place, scale)
    soft = cv2.GaussianBlur(large, (0, 0), 1.5 * max(1.0, scale))
    return np.asarray(cv2.addWeighted(large, 1 + _SHARPER, soft, -_SHARPER, 0), dtype=np.uint8)


def _utf8(text: bytes) -> bytes:
    """Return the text as UTF-8; empty if it is none, or too long. Kanji mode is Shift JIS by the standard."""
    for encoding in ("utf-8", "cp932"):
        try:
            token = text.decode(encoding).encode()
        except UnicodeDecodeError:
            continue
        return token if len(token) <= TOKEN_MAX else b""
    return b""
