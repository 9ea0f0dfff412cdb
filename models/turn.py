"""
Turns templates by a site's secret, so that they are worthless elsewhere. Encrypts nothing.

A turned vector is the old one times an orthonormal matrix: cosines stay as they are, and without the secret two
sites' templates of one person have nothing in common. Whoever has the secret can turn them back: it is a second wall
behind the encryption, and what makes templates renewable (ISO/IEC 24745).
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

from models.face import Vector

SIZE = 128
VECTOR_BYTES = 2 * SIZE
_LABEL = b"edge-agent face turn 1"
_LENGTH_OFF_MAX = 0.02
"""float16 keeps three digits: a unit vector comes back a little longer or shorter, and no more than that."""

Matrix = NDArray[np.float64]
"""(128, 128), orthonormal."""


class NoVector(ValueError):
    """These bytes are no template."""


def matrix(seed: bytes) -> Matrix:
    """
    Return the matrix of a seed: the same on every machine, up to the last digits.

    Uniform over all orthonormal matrices (Mezzadri 2007): normals, made orthonormal column by column. The normals come
    from SHA-256 over a counter (Box-Muller), since numpy promises no stream of random numbers over versions. Twice is
    enough for Gram and Schmidt (Giraud 2005), and unlike LAPACK's QR it starts no threads and has one sign.
    """
    normals = _normals(seed, SIZE * SIZE).reshape(SIZE, SIZE)
    made = np.zeros((SIZE, SIZE))
    for n, column in enumerate(normals.T):
        before = made[:, :n]
        for _ in range(2):
            column = column - before @ (before.T @ column)  # noqa: PLW2901 - what is left of it
        made[:, n] = column / np.linalg.norm(column)
    return made


def turned(vector: Vector, by: Matrix) -> Vector:
    """Return the vector turned: (128,) of unit length."""
    return _unit(vector.astype(np.float64) @ by)


def between(old: Matrix, new: Matrix) -> Matrix:
    """Return what turns a vector that was turned by `old` into one turned by `new`, never laying it bare."""
    return old.T @ new


def to_bytes(vector: Vector) -> bytes:
    """Return 128 float16, little-endian: 256 bytes."""
    return vector.astype("<f2").tobytes()


def of_bytes(data: bytes) -> Vector:
    """
    Return the vector, of unit length again.

    Raises:
        NoVector: Not 256 bytes, or not of unit length as far as float16 keeps it.

    """
    if len(data) != VECTOR_BYTES:
        raise NoVector(f"a template has {VECTOR_BYTES} bytes, not {len(data)}")
    raw = np.frombuffer(data, dtype="<f2")
    if not np.isfinite(raw).all():
        raise NoVector("a template is made of numbers")
    vector = raw.astype(np.float64)
    if not abs(float(np.linalg.norm(vector)) - 1) <= _LENGTH_OFF_MAX:
        raise NoVector("a template has unit length")
    return _unit(vector)


def _unit(vector: NDArray[np.float64]) -> Vector:
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def _normals(seed: bytes, count: int) -> NDArray[np.float64]:
    """HKDF (RFC 5869) without salt would cut off at 8160 bytes: its extract step, then a counter of 8 bytes."""
    key = hashlib.sha256(_LABEL + seed).digest()
    blocks = (hashlib.sha256(key + number.to_bytes(8, "big")).digest() for number in range(count // 4))
    raw = np.frombuffer(b"".join(blocks), dtype=">u8").astype(np.float64)
    uniform = (raw + 0.5) / 2.0**64
    radius, angle = np.sqrt(-2 * np.log(uniform[0::2])), 2 * np.pi * uniform[1::2]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])
