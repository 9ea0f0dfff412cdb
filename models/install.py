"""Install models: fetch the sources, make what runs, compare the two, put them on the shelf. Talks to nobody."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from models.convert import to_fp32
from models.errors import ModelError
from models.fetch import NotThere, Place
from models.manifest import FP32, INT8, Entry
from models.quantise import ranges_of, to_int8
from models.session import Session
from models.shelf import Made, Shelf
from models.verify import TooUnlike, is_same, mind_fp32, mind_int8, sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a person who waits is told."""

    begins: Callable[[str, int], None] = lambda _what, _bytes: None
    """A file of this many bytes is fetched."""
    moved: Callable[[int], None] = lambda _bytes: None
    makes: Callable[[str], None] = lambda _what: None


@dataclass(slots=True, kw_only=True)
class Installed:
    """What came of it."""

    new: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    """Optional ones nobody brought."""


class NothingToFetchFrom(ModelError):
    """A model could not be had from any place. The message has a line for each."""


def install(
    shelf: Shelf,
    places: Sequence[Place],
    *,
    wants_int8: bool | None = None,
    again: bool = False,
    progress: Progress | None = None,
) -> Installed:
    """
    Install every model that is not on the shelf yet; all of them, or nothing.

    Args:
        shelf: Where to.
        places: Where from, tried in this order.
        wants_int8: Also the int8 form; False takes it away. None: where this processor computes it well, but on a
            shelf that has done without it so far: whoever was enrolled there would have to come again.
        again: Also those that are on the shelf and whole.
        progress: Who is told.

    Raises:
        ModelError: A model could not be had, or does not compute what its source computes. The shelf is as it was.
        OSError: The folder cannot be written.

    """
    told, done, made = progress or Progress(), Installed(), list[Made]()
    with shelf.locked():
        for name, entry in shelf.manifest.model.items():
            recipes = _recipes(shelf, name, entry, wants_int8=wants_int8)
            missing = [recipe for recipe in recipes if again or not is_whole(shelf, name, recipe)]
            done.kept += [f"{name}/{recipe}" for recipe in recipes if recipe not in missing]
            try:
                new = _made(name, entry, missing, places, told, must_int8=wants_int8 is True) if missing else []
            except NothingToFetchFrom:
                if not entry.is_optional:
                    raise
                done.left_out.append(name)
                continue
            made += new
            done.left_out += [f"{name}/{each}" for each in missing if each not in {one.recipe for one in new}]
        done.new = [f"{each.name}/{each.recipe}" for each in made]
        if wants_int8 is False:
            done.removed = [f"{name}/{INT8}" for name in shelf.manifest.model if _is_listed(shelf, name, INT8)]
        if made or done.removed:
            shelf.place(made, without=frozenset(done.removed))
    return done


def is_whole(shelf: Shelf, name: str, recipe: str) -> bool:
    """Return whether this model is on the shelf, unaltered, and loads."""
    try:
        Session(shelf.model(name, recipe))
    except ModelError:
        return False
    return True


def verify(shelf: Shelf, name: str, recipe: str) -> None:
    """Raise ModelError if a model is not what was installed, or does not compute what it did then."""
    model = shelf.model(name, recipe)
    if not is_same(sample(Session(model), shelf.manifest.entry(name)), list(model.sample)):
        raise ModelError(
            f"{model.path}: computes something else than when it was installed: another onnxruntime, or another "
            "processor; run: edge-agent models install --again"
        )


def _recipes(shelf: Shelf, name: str, entry: Entry, *, wants_int8: bool | None) -> list[str]:
    was_asked = _is_listed(shelf, name, INT8) or not _is_listed(shelf, name, FP32)
    has_int8 = was_asked if wants_int8 is None else wants_int8
    return [each for each in entry.recipes if each != INT8 or has_int8]


def _is_listed(shelf: Shelf, name: str, recipe: str) -> bool:
    try:
        shelf.model(name, recipe)
    except ModelError:
        return False
    return True


def _made(
    name: str, entry: Entry, recipes: Sequence[str], places: Sequence[Place], told: Progress, *, must_int8: bool
) -> list[Made]:
    source = _fetched(name, entry, places, told)
    if entry.recipes[0] != FP32:
        Session(source)
        return [Made(name=name, recipe=entry.recipes[0], content=source)]
    told.makes(f"{name}: making it ready and comparing it with its source")
    fp32 = to_fp32(source, entry)
    mind_fp32(fp32, source, entry)
    contents = {FP32: fp32}
    if INT8 in recipes:
        contents |= _int8(name, fp32, entry, must=must_int8)
    return [
        Made(name=name, recipe=each, content=contents[each], sample=tuple(sample(Session(contents[each]), entry)))
        for each in recipes
        if each in contents
    ]


def _int8(name: str, fp32: bytes, entry: Entry, *, must: bool) -> dict[str, bytes]:
    made = to_int8(fp32, ranges_of(name, INT8))
    try:
        mind_int8(made, fp32, entry)
    except TooUnlike:
        if must:
            raise
        return {}
    return {INT8: made}


def _fetched(name: str, entry: Entry, places: Sequence[Place], told: Progress) -> bytes:
    reasons = []
    for place in places:
        told.begins(f"{name} from {place.name}", entry.source.bytes)
        try:
            return place.fetch(entry.source, moved=told.moved)
        except NotThere as exc:
            reasons.append(str(exc))
    advice = "nothing was changed. Without a network, bring the files on a stick: edge-agent help models"
    raise NothingToFetchFrom("\n  ".join([f"{name}: could not be had; {advice}", *reasons]))
