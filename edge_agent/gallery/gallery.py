"""One prime contractor's enrolled faces at this box: kept, offered to cameras, erased. Looks at no picture."""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from threading import Lock, RLock

import msgspec

from drivers.contract import FaceTemplate
from edge_agent.clock import Clock
from edge_agent.config.secrets import SecretUnavailable
from edge_agent.core.calendar import rfc3339, site_day
from edge_agent.gallery.drawer import Drawer
from edge_agent.gallery.record import FACE_ID_BYTES, SEED_BYTES, Consent, Entry, Person, Template, Why
from edge_agent.gallery.seal import Key
from edge_agent.gallery.sealed import Damaged, Sealed
from edge_agent.gallery.stay import Roster, is_gone

PEOPLE_MAX = 5000
LOG_MAX = 2000


class GalleryUnavailable(Exception):
    """Nothing was done. The message says why, and what to do."""


class Gallery:
    """From any thread. A file that is damaged takes no other with it; a key that fails leaves the gallery empty."""

    def __init__(
        self,
        folder: Path,
        *,
        prime: str,
        key: Callable[[], bytes],
        roster: Roster,
        clock: Clock,
        cut_off_min: int = 0,
    ) -> None:
        """Take note; `open` makes one that has read its files."""
        self.prime = prime
        self._drawer = Drawer(folder / prime)
        self._load_key, self._clock, self._cut_off_min = key, clock, cut_off_min
        self.roster = roster
        """Who belongs to the site."""
        self._lock = RLock()
        self._sealed: Sealed | None = None
        self._seed: bytes | None = None
        # Replaced, never changed: cameras read it while a slow disk is written to.
        self._people: Mapping[str, Person] = {}
        self._log: list[Entry] = []
        self._version = 1
        self._day_lock = Lock()
        self._days, self._day = 0, self.today()
        self._next_seed = os.urandom(SEED_BYTES)
        self.trouble = ""
        """Why nobody is known and nobody can be enrolled; empty if all is well."""
        self.damaged: tuple[str, ...] = ()
        """Of each file that cannot be opened what is wrong with it."""

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        prime: str,
        key: Callable[[], bytes],
        roster: Roster,
        clock: Clock,
        cut_off_min: int = 0,
    ) -> "Gallery":
        """
        Return the gallery in this folder; what is wrong stands in `trouble` and `damaged`, and is never raised.

        Args:
            folder: Where galleries lie; each prime contractor's is a folder in it.
            prime: Whose.
            key: Returns 32 bytes; raises SecretUnavailable.
            roster: Who belongs to the site.
            clock: What day it is.
            cut_off_min: Minutes after midnight at which the site's day begins.

        """
        gallery = cls(folder, prime=prime, key=key, roster=roster, clock=clock, cut_off_min=cut_off_min)
        gallery.reload()
        return gallery

    def reload(self) -> None:
        """Read everything anew."""
        with self._lock:
            self.trouble, self.damaged = "", ()
            self._next_seed = os.urandom(SEED_BYTES)  # written with the first face
            self._sealed, self._seed, self._people, self._log = None, None, {}, []
            try:
                self._drawer.mend()
                sealed = Sealed(self._drawer, prime=self.prime, key=Key(self._load_key()))
                self._read(sealed)
            except (Damaged, SecretUnavailable) as exc:
                self.trouble = str(exc)
            except OSError as exc:
                self.trouble = f"{self._drawer.folder}: {exc.strerror}; may the service read and write there?"
            else:
                self._sealed = sealed
            self._version += 1

    def _read(self, sealed: Sealed) -> None:
        seed = sealed.secret()
        found = list(sealed.persons())
        if seed is None and found:
            raise Damaged(
                f"{self._drawer.folder}: its file `secret` is missing, without which no face can be compared;"
                " put it back, or erase the gallery: edge-agent face delete-all"
            )
        damaged = [str(each) for each in found if isinstance(each, Damaged)]
        try:
            self._log = sealed.log()
        except Damaged as exc:
            if found or seed:  # an emptied gallery begins anew, also with a new key
                damaged.append(str(exc))
        self._seed, self.damaged = seed, tuple(damaged)
        self._people = {each.worker: each for each in found if isinstance(each, Person)}

    # ---------------------------------------------------------------- what cameras take

    def seed(self) -> bytes:
        """Return the secret by which templates are turned: 32 bytes."""
        return self._seed or self._next_seed

    def templates(self) -> Sequence[FaceTemplate]:
        """Return the templates of everybody who belongs to the site today."""
        people, today = self.people(), self.today()
        stays = self.roster([each.worker for each in people])
        # Where the roster cannot be asked nobody is let in by face; they have their cards.
        here = [each for each in people if stays and (stay := stays.get(each.worker)) and stay.has(today)]
        return [template for each in here for template in each.faces()]

    def version(self) -> int:
        """Return a number that grows whenever `seed` or `templates` may return something else: also with the day."""
        if (today := self.today()) != self._day:
            with self._day_lock:
                if today != self._day:
                    self._day = today
                    self._days += 1
        return self._version + self._days

    def roster_changed(self) -> None:
        """Let cameras ask anew."""
        with self._day_lock:
            self._days += 1

    # ---------------------------------------------------------------- who is known

    def face_of(self, worker: str) -> bytes | None:
        """Return the worker's face id; None where no face is enrolled."""
        person = self._people.get(worker)
        return person.face_id if person and person.templates else None

    def person(self, worker: str) -> Person | None:
        """Return what is kept of this worker."""
        return self._people.get(worker)

    def people(self) -> list[Person]:
        """Return everybody, in the order of their ids."""
        return sorted(self._people.values(), key=lambda each: each.worker)

    def entries(self, worker: str = "") -> list[Entry]:
        """Return what was done, oldest first; with a worker: what concerns them."""
        return [each for each in self._log if not worker or not each.workers or worker in each.workers]

    def gone(self) -> list[str]:
        """Return whose stay is over; notes who is missing from the roster, and returns them some days later."""
        today, people = self.today(), self.people()
        stays = self.roster([each.worker for each in people])
        if today is None or stays is None:
            return []
        over = [each for each in people if is_gone(each, stays.get(each.worker), today)]
        for each in people:
            if each not in over:
                self._miss(each, "" if each.worker in stays else today.isoformat())
        return [each.worker for each in over]

    # ---------------------------------------------------------------- what changes it

    def add(self, worker: str, template: Template, *, model: str, consent: Consent, seed: bytes) -> Person:
        """
        Keep one more look of a worker, who has agreed to it.

        Args:
            worker: Whose.
            template: The look.
            model: Which model made it.
            consent: To which notice.
            seed: By what it was turned: what `seed()` returned when it was taken.

        Raises:
            GalleryUnavailable: It was not kept.

        """
        with self._writing() as sealed:
            if seed != self.seed():
                raise GalleryUnavailable("the secret was renewed while this look was taken; take it again")
            if self._seed is None:
                sealed.write_secret(seed)
                self._seed = seed
            known = self._people.get(worker)
            if known is None and len(self._people) >= PEOPLE_MAX:
                raise GalleryUnavailable(f"a gallery holds {PEOPLE_MAX} people; erase whoever left the site")
            person = (known or _new(worker)).with_look(template, model=model, consent=consent)
            self._keep(sealed, person)
            self._note(sealed, self.entry(template.by, "enrolled", (worker,), detail=template.source))
            return person

    def erase(self, worker: str, *, by: str, why: Why) -> bool:
        """
        Erase everything about a worker's face; tell whether there was anything.

        Raises:
            GalleryUnavailable: It was not erased.

        """
        with self._writing() as sealed:
            was_there = sealed.erase_person(worker)
            if worker in self._people or was_there:
                self._people = {name: each for name, each in self._people.items() if name != worker}
                self._version += 1
                self._note(sealed, self.entry(by, "erased", (worker,), detail=why))
                return True
            return False

    def note(self, entry: Entry) -> None:
        """
        Keep what was done.

        Raises:
            GalleryUnavailable: It was not kept.

        """
        with self._writing() as sealed:
            self._note(sealed, entry)

    def exchange(self, people: Sequence[Person], *, seed: bytes, instead_of: Sequence[Person], entry: Entry) -> None:
        """
        Put these people and this secret in the place of what there is: all or nothing.

        Args:
            people: Everybody from now on.
            seed: By what their templates are turned.
            instead_of: What `people()` returned when this was begun; nothing is lost that came since.
            entry: What the log says of it.

        Raises:
            GalleryUnavailable: Nothing was changed.

        """
        with self._writing() as sealed:
            if self.people() != list(instead_of):
                raise GalleryUnavailable("somebody was enrolled or erased meanwhile; nothing was changed, ask again")
            if len(people) > PEOPLE_MAX:
                raise GalleryUnavailable(f"a gallery holds {PEOPLE_MAX} people, these are {len(people)}")
            log = [*self._log, entry][-LOG_MAX:]
            sealed.exchange(people, seed=seed, log=log)
            self._people = {each.worker: each for each in people}
            self._seed, self._log, self.damaged = seed, log, ()
            self._version += 1

    def empty(self, *, by: str) -> int:
        """
        Erase everything, the secret too, also where the key does not fit; return how many people it were.

        Raises:
            GalleryUnavailable: Something is left; ask again.

        """
        with self._lock:
            count = len(self._people)
            try:
                self._drawer.empty()
            except OSError as exc:
                self.reload()
                raise GalleryUnavailable(f"{self._drawer.folder}: not all is erased: {exc.strerror}") from exc
            self.reload()
            if not self.trouble:
                self.note(self.entry(by, "emptied", detail=f"{count} people"))
            return count

    # ---------------------------------------------------------------- dates

    def now(self) -> str:
        """Return the time as RFC 3339; empty where the box does not know it."""
        stamp = self._clock.stamp()
        return rfc3339(stamp.utc_ns) if stamp.is_dated else ""

    def today(self) -> date | None:
        """Return the site's day; None where the box does not know it."""
        return site_day(self._clock.stamp(), cut_off_min=self._cut_off_min)

    def entry(self, by: str, did: str, workers: Sequence[str] = (), *, detail: str = "") -> Entry:
        """Return an entry for the log, of now."""
        return msgspec.convert({"at": self.now(), "by": by, "did": did, "workers": workers, "detail": detail}, Entry)

    # ---------------------------------------------------------------- within the lock

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Sealed]:
        with self._lock:
            if self._sealed is None:
                raise GalleryUnavailable(self.trouble)
            try:
                yield self._sealed
            except OSError as exc:
                raise GalleryUnavailable(f"{self._drawer.folder}: {exc.strerror}; is the disk full?") from exc

    def _keep(self, sealed: Sealed, person: Person) -> None:
        sealed.write_person(person)
        self._people = {**self._people, person.worker: person}
        self._version += 1

    def _miss(self, person: Person, since: str) -> None:
        if bool(person.missed_since) == bool(since):
            return
        with self._writing() as sealed:
            if self._people.get(person.worker) is person:
                self._keep(sealed, msgspec.structs.replace(person, missed_since=since))

    def _note(self, sealed: Sealed, entry: Entry) -> None:
        log = [*self._log, entry][-LOG_MAX:]
        sealed.write_log(log)
        self._log = log


def _new(worker: str) -> Person:
    return Person(worker=worker, face_id=os.urandom(FACE_ID_BYTES), model="", templates=(), consents=())
