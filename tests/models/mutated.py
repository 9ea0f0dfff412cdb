"""
Two hundred wrong inputs, always the same ones, and what becomes of each. Run as a program: one line for each case.

A program of its own, since a codec or a network that is fed rubbish may end the process: then a line is missing.
"""

import json
import resource
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from models.detect import Detector
from models.embed import Embedder
from models.errors import ModelError
from models.landmarks import Landmarks
from models.picture import decoded
from models.pictures import PictureUnusable
from models.session import Session
from models.shelf import Shelf
from models.sight import Sight

Case = tuple[str, Callable[[], object]]
MEMORY_MAX = 6 * 2**30
_PARTS = {"yunet": "finder", "centerface": "landmarks", "sface": "embedder"}
_MAKERS = {"yunet": Detector, "centerface": Landmarks, "sface": Embedder}


def png(columns: int, rows: int) -> bytes:
    """Return a PNG that says to be so large and has hardly any content."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


def flipped(data: bytes, rng: np.random.Generator, count: int, within: slice = slice(None)) -> bytes:
    some = np.frombuffer(data, np.uint8).copy()
    part = some[within]
    part[rng.integers(0, len(part), count)] ^= rng.integers(1, 256, count, dtype=np.uint8)
    return some.tobytes()


def zeroed(data: bytes, start: float) -> bytes:
    at, length = int(len(data) * start), len(data) // 10
    return data[:at] + bytes(length) + data[at + length :]


def encoded(kind: str, picture: np.ndarray) -> bytes:
    return cv2.imencode(kind, picture)[1].tobytes()


class Cases:
    def __init__(self, shelf_dir: Path, photographs: Path) -> None:
        self.shelf_dir = shelf_dir
        self.sight = Sight.of(Shelf(shelf_dir))
        self.photographs = {path.stem: path.read_bytes() for path in sorted(photographs.glob("*.jpg"))}
        self.rng = np.random.default_rng(20261123)

    def all(self) -> Iterator[Case]:
        for name, data in self.photographs.items():
            yield from ((f"bytes {name} {how}", self.file(made)) for how, made in self.damaged(data))
        for how, made in self.other_kinds():
            yield f"kind {how}", self.file(made)
        for name, data in self.photographs.items():
            picture = decoded(data)
            yield from ((f"form {name} {how}", self.file(made)) for how, made in self.forms(picture))
        for how, made in self.arrays():
            yield f"array {how}", lambda made=made: self.looked(made)
        for name in _PARTS:
            yield from ((f"model {name} {how}", made) for how, made in self.models(name))

    def file(self, data: bytes) -> Callable[[], object]:
        return lambda: self.looked(decoded(data))

    def looked(self, picture: object, sight: Sight | None = None) -> str:
        sight = sight or self.sight
        faces = sight.find(picture)
        for face in faces:
            _, chip, quality = sight.measure(picture, face)
            vector, length = sight.embed(chip)
            whole = [*vector, length, quality.yaw, quality.pitch, quality.roll_deg, quality.sharpness, quality.width_px]
            if not np.isfinite(whole).all():
                return "not finite"
            if length > 0 and abs(float(np.linalg.norm(vector)) - 1) > 1e-4:
                return "not of unit length"
        return "face" if faces else "no face"

    def damaged(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        for share in (0.02, 0.3, 0.6, 0.99):
            yield f"cut at {share}", data[: int(len(data) * share)]
        for count in (1, 2, 5, 20, 100, 500, 2000, 10_000):
            yield f"{count} flipped", flipped(data, self.rng, count)
        for count in (1, 2, 5, 20):
            yield f"{count} flipped in the head", flipped(data, self.rng, count, slice(2, 620))
        for start in (0.01, 0.5):
            yield f"zeros from {start}", zeroed(data, start)

    def other_kinds(self) -> Iterator[tuple[str, bytes]]:
        first = next(iter(self.photographs.values()))
        yield "empty", b""
        yield "zeros", bytes(5000)
        yield "ones", b"\xff" * 5000
        yield "text", b"not a picture at all\n" * 100
        yield "page", b"<!DOCTYPE html><html><title>404</title></html>"
        yield "archive", b"PK\x03\x04" + bytes(500)
        yield "gif", b"GIF89a\x01\x00\x01\x00\x80\x00\x00" + bytes(20)
        yield "bmp", encoded(".bmp", np.zeros((4, 4, 3), np.uint8))
        yield "tiff", b"II*\x00" + bytes(500)
        yield "heic", b"\x00\x00\x00\x18ftypheic" + bytes(500)
        yield "start of a jpeg alone", b"\xff\xd8\xff"
        yield "jpeg without a picture", b"\xff\xd8\xff\xe0\x00\x04ab\xff\xda\x00\x02\xff\xd9"
        yield "png that unpacks to gigabytes", png(60_000, 60_000)
        yield "png without points", png(0, 10)
        yield "png that is not full", png(500, 500)
        yield "photograph with a tail", first + b"appended by a telephone" * 50

    def forms(self, picture: np.ndarray) -> Iterator[tuple[str, bytes]]:
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        yield "grey", encoded(".jpg", grey)
        yield "16 bits", encoded(".png", picture.astype(np.uint16) * 257)
        yield "alpha", encoded(".png", cv2.cvtColor(picture, cv2.COLOR_BGR2BGRA))
        yield "upside down", encoded(".jpg", cv2.rotate(picture, cv2.ROTATE_180))
        yield "1 px", encoded(".png", picture[:1, :1])
        yield "1 row", encoded(".png", cv2.resize(picture, (3000, 1)))
        yield "8 bits of noise", encoded(".png", self.rng.integers(0, 256, (200, 300, 3), dtype=np.uint8))
        if self.is_last(picture):
            yield "8k", encoded(".jpg", cv2.resize(picture, (7680, 4320)))
            yield "too large", encoded(".jpg", cv2.resize(grey, (12_000, 6000)))

    def is_last(self, picture: np.ndarray) -> bool:
        return np.array_equal(picture, decoded(list(self.photographs.values())[-1]))

    def arrays(self) -> Iterator[tuple[str, object]]:
        picture = decoded(next(iter(self.photographs.values())))
        yield "NaN", np.full((64, 64, 3), np.nan, np.float32)
        yield "infinite", np.full((64, 64, 3), np.inf)
        yield "float", picture / 255
        yield "16 bits", picture.astype(np.uint16)
        yield "signed", picture.astype(np.int8)
        yield "objects", picture[:2, :2].astype(object)
        yield "words", np.array([["a"]])
        yield "nothing", None
        yield "list", [[1, 2, 3]]
        yield "no points", np.zeros((0, 0, 3), np.uint8)
        yield "two colours", np.zeros((50, 50, 2), np.uint8)
        yield "five dimensions", np.zeros((1, 1, 1, 1, 3), np.uint8)
        yield "turned strides", picture[::-1, ::-1]
        yield "alpha", np.dstack([picture, picture[:, :, 0]])

    def models(self, name: str) -> Iterator[tuple[str, Callable[[], object]]]:
        model = Shelf(self.shelf_dir).model(name, "fp32-1")
        good = model.read()
        other = Shelf(self.shelf_dir).model("yunet" if name == "sface" else "sface", "fp32-1").read()
        yield "cut", self.model(name, good[: len(good) // 2])
        yield "without its end", self.model(name, good[:-100])
        yield "another", self.model(name, other)
        yield "text", self.model(name, b"version https://git-lfs.github.com/spec/v1\n")
        yield "a flipped head", self.model(name, flipped(good, self.rng, 20, slice(0, 400)))
        yield "flipped weights", self.model(name, flipped(good, self.rng, 2000, slice(len(good) // 2, None)))

    def model(self, name: str, content: bytes) -> Callable[[], object]:
        """Return the case of these bytes in place of a model, past the shelf, which would refuse them."""
        picture = decoded(next(iter(self.photographs.values())))

        def run() -> object:
            part = _MAKERS[name](Session(content))
            return self.looked(picture, replace(self.sight, **{_PARTS[name]: part}))

        return run


def outcome(run: Callable[[], object]) -> str:
    try:
        return str(run())
    except (PictureUnusable, ModelError) as exc:
        return f"refused: {exc}"
    except Exception as exc:  # noqa: BLE001 - what must not happen, told by its name
        return f"fault: {exc!r}"


def tell(case: str, came: str | None) -> None:
    sys.stdout.write(json.dumps({"case": case, "came": came}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    for case, run in Cases(Path(sys.argv[1]), Path(sys.argv[2])).all():
        tell(case, None)  # what stands if it dies of this one
        tell(case, outcome(run))
