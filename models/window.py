"""What of a camera's pictures is looked at, upright; and the small picture that shows people where that is."""

import cv2
import numpy as np

from models.capture import Picture
from models.frames import Frame
from models.region import WHOLE, Region, cut

PREVIEW_SIDE_PX = 320
_FRAME_BGR = (80, 220, 80)
_JPEG_QUALITY = 70


class Window:
    """A part of each picture of one camera, and how it must be turned to be upright."""

    def __init__(self, region: Region = WHOLE, rotation: int = 0) -> None:
        """Take this part, then turn it clockwise by 0, 90, 180 or 270 degrees."""
        self._region = region
        self._degrees = rotation

    def of(self, frame: Frame) -> Frame:
        """Return the frame with that part of its picture alone, upright."""
        part = cut(frame.picture, self._region, self._degrees)
        return Frame(number=frame.number, picture=np.ascontiguousarray(part), seen_ns=frame.seen_ns)

    def preview(self, picture: Picture) -> bytes:
        """Return the whole picture as a JPEG of at most 320 px a side, upright, the part that counts framed."""
        height, width = picture.shape[:2]
        scale = min(1.0, PREVIEW_SIDE_PX / max(height, width))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = np.array(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        if self._region != WHOLE:
            _draw(self._region, small)
        return cv2.imencode(".jpg", cut(small, rotation=self._degrees), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[
            1
        ].tobytes()


def _draw(region: Region, picture: Picture) -> None:
    height, width = picture.shape[:2]
    corner = round(region.left * width), round(region.top * height)
    other = round(region.right * width) - 1, round(region.bottom * height) - 1
    cv2.rectangle(picture, corner, other, _FRAME_BGR)
