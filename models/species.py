"""How often attacks of each kind pass and living faces do not: ISO/IEC 30107-3, for layers that judge one picture."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from models.capture import Picture
from models.context import around, is_nested
from models.face import Face
from models.pad import PASSES_FROM, Pad

NO_FACE, DOUBT = "no_face", "pad_model"
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Errors among trials."""

    errors: int
    n: int

    @property
    def share(self) -> float | None:
        """Errors by trials; None where nothing was tried."""
        return self.errors / self.n if self.n else None

    @property
    def at_most(self) -> float | None:
        """What may be claimed (95 %) where no error was seen: the rule of three. None where there were errors."""
        return min(1.0, 3 / self.n) if self.n and not self.errors else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the pictures of one folder were taken for."""

    words: Counter[str]
    """How many by why; "" are those taken for living."""

    @property
    def unanswered(self) -> Rate:
        """Pictures without a face: neither living nor attack (APNRR, BPNRR)."""
        return Rate(errors=self.words[NO_FACE], n=self.words.total())

    @property
    def taken_for_living(self) -> Rate:
        """Of those with a face. For attacks this is the APCER of their species."""
        return Rate(errors=self.words[""], n=self.words.total() - self.words[NO_FACE])

    @property
    def taken_for_attacks(self) -> Rate:
        """Of those with a face. For living ones this is the BPCER."""
        living = self.taken_for_living
        return Rate(errors=living.n - living.errors, n=living.n)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Living faces, and attacks by species."""

    bonafide: Found
    attacks: dict[str, Found]

    @property
    def worst(self) -> str | None:
        """
        The species that passes most often; None where none was tried.

        Rule: the worst kind of attack counts. A mean over kinds tells who wants to come in which one to take.
        """
        tried = {name: found.taken_for_living for name, found in self.attacks.items()}
        shares = {name: rate.share for name, rate in tried.items() if rate.share is not None}
        return max(shares, key=lambda name: (shares[name], name), default=None)


def word_of(picture: Picture, faces: Sequence[Face], pad: Pad) -> str:
    """
    Return why a single picture is taken for an attack; "" if it is taken for living, `no_face` if there is none.

    The largest face counts. Where a network doubts, a turn would be asked for: here that is no pass.
    """
    face = max(faces, key=lambda face: face.width * face.height, default=None)
    if face is None:
        return NO_FACE
    if any(is_nested(face, other) for other in faces if other is not face):
        return "nested"
    living = pad.living(picture, face)
    return around(picture, face) or (DOUBT if living is not None and living < PASSES_FROM else "")


def pictures_in(folder: Path) -> Iterator[Picture]:
    """Yield every picture below a folder that can be read, in order of their names."""
    for path in sorted(each for each in folder.rglob("*") if each.suffix.lower() in SUFFIXES):
        picture = cv2.imdecode(np.fromfile(path, dtype=np.uint8), cv2.IMREAD_COLOR) if path.stat().st_size else None
        if picture is not None:
            yield np.asarray(picture, dtype=np.uint8)


def evaluated(bonafide: Path, attacks: Path, *, find: Callable[[Picture], Sequence[Face]], pad: Pad) -> Report:
    """
    Return how the pictures of these folders are taken; `attacks` has a folder for each species.

    Raises:
        ModelError: A network refuses.

    """

    def found(folder: Path) -> Found:
        return Found(words=Counter(word_of(picture, find(picture), pad) for picture in pictures_in(folder)))

    species = sorted(each for each in attacks.iterdir() if each.is_dir())
    return Report(bonafide=found(bonafide), attacks={each.name: found(each) for each in species})
