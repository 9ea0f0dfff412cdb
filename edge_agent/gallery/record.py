"""What is kept about one person's face, and what was done with it. Plain values; seals and writes nothing."""

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec

from drivers.contract import FaceTemplate, Wearing

FACE_ID_BYTES = 16
SEED_BYTES = 32
FORMAT = 1

Text = Annotated[str, msgspec.Meta(max_length=256)]
Why = Literal["asked", "withdrawn", "roster"]
"""Why somebody was erased: asked for it, took their consent back, left the site."""


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Fields nobody here knows are ignored: a later version wrote them."""


class Template(_Kept, frozen=True, kw_only=True):
    """One enrolled look."""

    wearing: Wearing
    vector: Annotated[bytes, msgspec.Meta(min_length=256, max_length=256)]
    """128 float16, little-endian, of unit length, turned by the site's secret."""
    taken_at: Text
    """RFC 3339; empty where the box did not know the time."""
    by: Text
    """Who enrolled it."""
    frames: Annotated[int, msgspec.Meta(ge=0, le=1000)]
    source: Text
    """`camera cam-1`, `photo`, or `pack of GATEWAY`."""


class Consent(_Kept, frozen=True, kw_only=True):
    """The notice was shown and agreed to."""

    notice: Text
    """Its version."""
    at: Text
    """RFC 3339; empty where the box did not know the time."""
    by: Text
    """Who says so."""


class Person(_Kept, frozen=True, kw_only=True):
    """Everything that is kept about one worker's face."""

    worker: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    face_id: Annotated[bytes, msgspec.Meta(min_length=FACE_ID_BYTES, max_length=FACE_ID_BYTES)]
    """The token of their face credential: random, the same as long as anything is kept."""
    model: Annotated[str, msgspec.Meta(max_length=64)]
    """Which model made the templates."""
    templates: Annotated[tuple[Template, ...], msgspec.Meta(max_length=3)]
    """One for each wearing at most."""
    consents: Annotated[tuple[Consent, ...], msgspec.Meta(max_length=100)]
    """Every time somebody agreed, oldest first."""
    missed_since: Text = ""
    """The first day on which the roster did not know them any more; empty while it does."""

    def faces(self) -> Iterable[FaceTemplate]:
        """Yield the templates as a camera takes them."""
        for each in self.templates:
            yield FaceTemplate(face_id=self.face_id, wearing=each.wearing, model=self.model, vector=each.vector)

    def with_look(self, template: Template, *, model: str, consent: Consent) -> "Person":
        """Return them with this look in the place of the one with the same wearing; of another model none is kept."""
        others = [each for each in self.templates if each.wearing != template.wearing] if model == self.model else []
        return msgspec.structs.replace(
            self, model=model, templates=(*others, template), consents=(*self.consents, consent)[-100:]
        )


class Entry(_Kept, frozen=True, kw_only=True):
    """Something that was done with faces: for whoever asks where theirs went. Holds no face."""

    at: Text
    """RFC 3339; empty where the box did not know the time."""
    by: Text
    did: Literal["enrolled", "erased", "exported", "packed", "unpacked", "renewed", "emptied"]
    workers: tuple[str, ...] = ()
    detail: Text = ""
    """Why, or where to."""
