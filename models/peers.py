"""Others who look at faces, asked the same way as we: for comparison only. Nothing of them runs at a gate."""

import importlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from models.bench import Ask
from models.capture import Picture
from models.face import Face

OPENCV_VERSION: str = cv2.__version__


def opencv(yunet: Path, sface: Path) -> Ask | str:
    """Return OpenCV's own finder and recogniser with the same models, or why they do not run here."""
    try:
        finder = cv2.FaceDetectorYN.create(str(yunet), "", (320, 320))
        recogniser = cv2.FaceRecognizerSF.create(str(sface), "")
        finder.detect(np.zeros((320, 320, 3), dtype=np.uint8))
    except (cv2.error, AttributeError) as exc:
        return f"does not run with OpenCV {cv2.__version__} ({' '.join(str(exc).split())[:80]})"

    def ask(picture: Picture, face: Face) -> Callable[[], object]:
        finder.setInputSize((picture.shape[1], picture.shape[0]))
        row = np.array([face.left, face.top, face.width, face.height, *face.points.ravel(), face.score], np.float32)

        def full() -> object:
            finder.detect(picture)
            return recogniser.feature(recogniser.alignCrop(picture, row))

        return full

    return ask


def face_recognition() -> Ask | str:
    """Return the `face_recognition` library (dlib), or why it does not run here."""
    try:
        library = importlib.import_module("face_recognition")
    except ImportError as exc:
        return f"not installed ({exc})"

    def ask(picture: Picture, face: Face) -> Callable[[], object]:
        rgb = np.ascontiguousarray(picture[:, :, ::-1])
        top, left = round(face.top), round(face.left)
        place = (top, left + round(face.width), top + round(face.height), left)

        def full() -> object:
            library.face_locations(rgb)
            return library.face_encodings(rgb, [place])

        return full

    return ask
