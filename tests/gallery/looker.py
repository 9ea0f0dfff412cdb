"""
Plays the program that looks at faces, over its real lines: a picture's bytes say what is to be answered.

`why:small,dark` refuses; `crash`, `hang`, `babble`, `mute`, `broken` misbehave; anything else is a face. A vector is
the picture's hash, turned by xor with a stream of the secret: as with the real one, two turns make one.
"""

import hashlib
import os
import sys
import time

from drivers.wire.lines import Captured, Enrol, Failed, Line, Secret, Template, line_of, parse


def stream(seed: bytes) -> bytes:
    return b"".join(hashlib.sha256(seed + bytes([number])).digest() for number in range(8))


def turned(vector: bytes, *seeds: bytes) -> bytes:
    for seed in seeds:
        vector = bytes(a ^ b for a, b in zip(vector, stream(seed), strict=True))
    return vector


def plain(picture: bytes) -> bytes:
    return b"".join(hashlib.sha512(picture + bytes([number])).digest() for number in range(4))


def main() -> None:
    what, flag, models = sys.argv[1:]
    assert flag == "--models-dir"
    assert models
    head, _, picture = sys.stdin.buffer.read().partition(b"\n\n") if what == "--photo" else (b"", b"", b"")
    if what == "--turn":
        turn()
    else:
        lines = [parse(Line(line, is_whole=True)) for line in head.splitlines()]
        say(photo(picture, lines))


def photo(picture: bytes, lines: list[object]) -> Captured | Failed:
    secret, enrol, *others = lines
    assert isinstance(secret, Secret)
    assert isinstance(enrol, Enrol)
    if picture == b"crash":
        os.abort()
    if picture == b"hang":
        time.sleep(60)  # noqa: TID251
    if picture == b"babble":
        while True:
            sys.stdout.buffer.write(line_of(Captured(number=1)) * 100)
    if picture == b"mute":
        raise SystemExit("no model sface.onnx; edge-agent models install")
    if picture == b"broken":
        return Failed(how="broken", why="sface.onnx: its SHA-256 is another; edge-agent models install")
    if picture.startswith(b"why:"):
        return Captured(number=1, why=picture[4:].decode().split(","))
    vector = turned(plain(picture), secret.seed)
    model = "fb143eea0783/fp32-1/cf" if b"old" not in picture else "000000000000/fp32-1/cf"
    if any(isinstance(each, Template) and each.vector == vector and each.face_id != enrol.own for each in others):
        return Captured(number=1, model=model, vector=vector, frames=1, why=["look_alike"])
    if picture.startswith(b"unlike"):
        return Captured(number=1, model=model, vector=vector, frames=1, why=["unlike_own"])
    return Captured(number=1, model=model, vector=vector, frames=1)


def turn() -> None:
    lines = [parse(Line(line, is_whole=True)) for line in sys.stdin.buffer.read().splitlines()]
    old, new, *templates = lines
    assert isinstance(old, Secret)
    assert isinstance(new, Secret)
    for each in templates:
        assert isinstance(each, Template)
        vector = turned(each.vector, old.seed, new.seed)
        say(Template(face_id=each.face_id, wearing=each.wearing, model=each.model, vector=vector))


def say(message: Captured | Failed | Template) -> None:
    sys.stdout.buffer.write(line_of(message))


if __name__ == "__main__":
    main()
