"""A photograph from a file's bytes, shrunk to what a camera gives. Looks for nothing in it."""

import cv2
import numpy as np

from models.capture import Picture

SIDE_MAX_PX = 1600
"""Faces are enrolled from 120 px; a telephone's 4000 px would only cost time."""


def read_photo(content: bytes) -> Picture | None:
    """Return the photograph, BGR, upright as its file says; None where that is none, or too large to be opened here."""
    if not content:
        return None
    try:
        picture = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # more points than OPENCV_IO_MAX_IMAGE_PIXELS
        return None
    if picture is None:
        return None
    scale = SIDE_MAX_PX / max(picture.shape[:2])
    if scale < 1:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(picture, dtype=np.uint8)
