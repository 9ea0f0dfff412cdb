"""The gallery's files as values: persons, the secret, the log; each sealed for its place. Decides nothing."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from edge_agent.gallery.drawer import Drawer
from edge_agent.gallery.record import FORMAT, SEED_BYTES, Entry, Person
from edge_agent.gallery.seal import Key, NotOpened

SECRET, LOG = "secret", "log"
_HEAD = struct.Struct(">H")


class Damaged(Exception):
    """A file cannot be opened. The message says which, and what to do."""


class Sealed:
    """Reads and writes one gallery's folder."""

    def __init__(self, drawer: Drawer, *, prime: str, key: Key) -> None:
        self._drawer, self._prime, self._key = drawer, prime, key

    def secret(self) -> bytes | None:
        """
        Return the site's secret; None where there is none yet.

        Raises:
            Damaged: It cannot be opened: another key, or changed bytes.
            OSError: It cannot be read.

        """
        content = self._drawer.read(SECRET)
        if not content:
            return None
        try:
            seed = self._key.open(content, self._label(SECRET))
        except NotOpened:
            seed = b""
        if len(seed) != SEED_BYTES:
            raise Damaged(
                f"{self._path(SECRET)}: the key in [face] key_file does not open it; put back the key this gallery was"
                " made with, or erase the gallery: edge-agent face delete-all"
            )
        return seed

    def persons(self) -> Iterator[Person | Damaged]:
        """
        Yield every person, and of each file that cannot be opened what is wrong with it.

        Raises:
            OSError: The folder cannot be read.

        """
        for name in self._drawer.names():
            if name not in {SECRET, LOG}:
                try:
                    yield self._person(name, self._drawer.read(name))
                except (NotOpened, msgspec.MsgspecError, UnicodeDecodeError, struct.error):
                    yield Damaged(
                        f"{self._path(name)}: damaged, changed, or of another gallery; whoever is missing from"
                        " `edge-agent face list` must be enrolled anew, then remove the file"
                    )

    def log(self) -> list[Entry]:
        """
        Return what was done, oldest first.

        Raises:
            Damaged: It cannot be opened.
            OSError: It cannot be read.

        """
        content = self._drawer.read(LOG)
        try:
            return _entries.decode(self._key.open(content, self._label(LOG))) if content else []
        except (NotOpened, msgspec.MsgspecError, UnicodeDecodeError) as exc:
            raise Damaged(f"{self._path(LOG)}: damaged or changed; what was done before is not known any more") from exc

    def write_person(self, person: Person) -> None:
        """Write a person; OSError says why not."""
        name = self._key.name(person.worker)
        self._drawer.write(name, self._sealed(name, person))

    def write_secret(self, seed: bytes) -> None:
        """Write the secret; OSError says why not."""
        self._drawer.write(SECRET, self._key.seal(seed, self._label(SECRET)))

    def write_log(self, entries: Sequence[Entry]) -> None:
        """Write what was done; OSError says why not."""
        self._drawer.write(LOG, self._log(entries))

    def erase_person(self, worker: str) -> bool:
        """Erase a person, also one whose file is damaged; tell whether there was a file. OSError says why not."""
        return self._drawer.erase(self._key.name(worker))

    def exchange(self, persons: Iterable[Person], *, seed: bytes, log: Sequence[Entry]) -> None:
        """Put these in the place of everything, at once; OSError says why not."""
        files = {SECRET: self._key.seal(seed, self._label(SECRET)), LOG: self._log(log)}
        for person in persons:
            name = self._key.name(person.worker)
            files[name] = self._sealed(name, person)
        self._drawer.exchange(files)

    def _log(self, entries: Sequence[Entry]) -> bytes:
        return self._key.seal(_encoder.encode(entries), self._label(LOG))

    def _sealed(self, name: str, person: Person) -> bytes:
        # Whose it is must be known to open the rest, and must not be read by whoever finds the folder.
        head = _encoder.encode((person.worker, person.face_id, person.model))
        sealed = self._key.seal(head, self._label(name))
        return _HEAD.pack(len(sealed)) + sealed + self._key.seal(_encoder.encode(person), self._label(name, head))

    def _person(self, name: str, content: bytes) -> Person:
        (length,) = _HEAD.unpack_from(content)
        sealed, body = content[_HEAD.size : _HEAD.size + length], content[_HEAD.size + length :]
        head = self._key.open(sealed, self._label(name))
        return _person.decode(self._key.open(body, self._label(name, head)))

    def _label(self, name: str, head: bytes = b"") -> bytes:
        """Return what a seal is bound to: format, prime and file; of a person also who, which face, which model."""
        return b"\0".join((b"edge-agent face %d" % FORMAT, self._prime.encode(), name.encode(), head))

    def _path(self, name: str) -> Path:
        return self._drawer.folder / name


_encoder = msgspec.msgpack.Encoder()
_person = msgspec.msgpack.Decoder(Person)
_entries = msgspec.msgpack.Decoder(list[Entry])
