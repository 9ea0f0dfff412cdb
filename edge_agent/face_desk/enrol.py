"""Enrol a face: whose, by whom, with which consent, and what was in the way. Looks at nothing itself."""

import base64
import binascii
import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from drivers.contract import Wearing
from edge_agent.control.server import Answers, BadRequest
from edge_agent.control.wish import one_of, text
from edge_agent.face_desk.register import Register
from edge_agent.gallery.gallery import GalleryUnavailable
from edge_agent.gallery.once import PHOTO_MAX_B, NoAnswer
from edge_agent.gallery.record import Consent, Template
from edge_agent.gallery.taking import Shot, Taking
from spool.file import SpoolUnavailable

Wish = Mapping[str, object]

WEARING: tuple[Wearing, ...] = ("bare", "helmet", "mask")
WAIT_S, LONGEST_WAIT_S = 30.0, 60.0
PHOTOS_MAX = 8
AGAINST = frozenset({"look_alike", "unlike_own"})
"""What speaks against a look however good it is: like somebody else's, or not like the same worker's others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody wants enrolled."""

    worker: str
    wearing: Wearing
    by: str
    consent: Consent


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrol:
    """Takes looks and keeps them. From any thread."""

    register: Register
    taking: Taking
    notice: str
    """The version of the notice that is shown now."""

    def answer(self, wish: Wish, by: str) -> Answers:
        """
        Yield `waiting_s`, `photo` with what was in its way, and last either `enrolled` or `refused`.

        `worker`, `wearing`; `consent`: the notice's version; and `reader` with `wait_s`, or `photos` in base64.
        """
        asked = Asked(
            worker=text(wish, "worker", needed=True),
            wearing=_wearing(wish),
            by=by,
            consent=self._consent(wish, by),
        )
        try:
            self._admit(asked.worker)
            yield from self._photos(asked, wish) if "photos" in wish else self._live(asked, wish)
        except (NoAnswer, GalleryUnavailable, SpoolUnavailable) as exc:
            raise BadRequest(str(exc)) from exc

    def _live(self, asked: Asked, wish: Wish) -> Iterator[Mapping[str, object]]:
        gallery, reader = self.register.gallery, self._reader(wish)
        own, seed = self._own(asked.worker), gallery.seed()
        for told in self.taking.live(reader, wearing=asked.wearing, within_s=_seconds(wish), own=own):
            if isinstance(told, int):
                yield {"waiting_s": told}
            elif (vector := _fit(told)) is None:
                yield {"refused": list(told.why)}
            else:
                yield self._keep(asked, told, vector, seed=seed, source=f"camera {reader}")

    def _photos(self, asked: Asked, wish: Wish) -> Iterator[Mapping[str, object]]:
        gallery = self.register.gallery
        own, seed = self._own(asked.worker), gallery.seed()
        others = [template for person in gallery.people() for template in person.faces()]
        why: list[str] = []
        for number, picture in enumerate(_pictures(wish), start=1):
            shot = self.taking.photo(picture, wearing=asked.wearing, own=own, seed=seed, others=others)
            if (vector := _fit(shot)) is not None:
                yield self._keep(asked, shot, vector, seed=seed, source="photo")
                return
            why = list(shot.why)
            yield {"photo": number, "why": why}
            if AGAINST.intersection(why):  # a worse picture must not get past the one that told
                break
        yield {"refused": why}

    def _keep(self, asked: Asked, shot: Shot, vector: bytes, *, seed: bytes, source: str) -> Mapping[str, object]:
        gallery = self.register.gallery
        template = Template(
            wearing=asked.wearing, vector=vector, taken_at=gallery.now(), by=asked.by, frames=shot.frames, source=source
        )
        person = gallery.add(asked.worker, template, model=shot.model, consent=asked.consent, seed=seed)
        with contextlib.suppress(SpoolUnavailable):  # the register's tending binds it then
            self.register.bind(asked.worker, by=asked.by)
        return {
            "enrolled": asked.worker,
            "kind": "face",
            "wearing": asked.wearing,
            "frames": shot.frames,
            "templates": [each.wearing for each in person.templates],
        }

    def _admit(self, worker: str) -> None:
        gallery = self.register.gallery
        if gallery.trouble:
            raise BadRequest(gallery.trouble)
        stays, today = gallery.roster([worker]), gallery.today()
        stay = stays.get(worker) if stays else None
        if stay is None:
            raise BadRequest(f"worker {worker}: not in the roster; add them first: edge-agent roster import")
        if today and stay.is_over(today):
            raise BadRequest(f"worker {worker}: their last day here was {stay.last}; no face is kept of who has left")

    def _consent(self, wish: Wish, by: str) -> Consent:
        told = text(wish, "consent")
        if told != self.notice:
            raise BadRequest(
                f"consent: show notice version {self.notice} ([face] notice) to the worker, ask whether they agree,"
                f" then say --consent {self.notice}, or --notice-shown; who does not agree uses a card"
            )
        return Consent(notice=told, at=self.register.gallery.now(), by=by)

    def _own(self, worker: str) -> bytes | None:
        return self.register.gallery.face_of(worker)

    def _reader(self, wish: Wish) -> str:
        cameras = list(self.taking.cameras())
        return text(wish, "reader") or (cameras[0] if len(cameras) == 1 else "")


def _fit(shot: Shot) -> bytes | None:
    """Return the vector, if it may be somebody's template."""
    return None if AGAINST.intersection(shot.why) else shot.vector


def _wearing(wish: Wish) -> Wearing:
    told = one_of(wish, "wearing", WEARING) or "bare"
    return next(each for each in WEARING if each == told)


def _seconds(wish: Wish) -> float:
    given = wish.get("wait_s", WAIT_S)
    if not isinstance(given, int | float) or isinstance(given, bool) or not 0 < given <= LONGEST_WAIT_S:
        raise BadRequest(f"wait_s: a number of seconds up to {LONGEST_WAIT_S:.0f}")
    return float(given)


def _pictures(wish: Wish) -> list[bytes]:
    told = wish["photos"]
    if not isinstance(told, list) or not 0 < len(told) <= PHOTOS_MAX:
        raise BadRequest(f"photos: one to {PHOTOS_MAX} pictures")
    return [_picture(each) for each in told]


def _picture(told: object) -> bytes:
    try:
        picture = base64.b64decode(told, validate=True) if isinstance(told, str) else b""
    except (binascii.Error, ValueError):
        picture = b""
    if not 0 < len(picture) <= PHOTO_MAX_B:
        raise BadRequest(f"photos: each a picture's bytes in base64, {PHOTO_MAX_B >> 20} MiB at most")
    return picture
