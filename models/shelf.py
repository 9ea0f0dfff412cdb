"""The folder of installed models. Gives a model only with the bytes that were put there; runs none."""

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from models.errors import ADVICE, ModelAltered, ModelError, ModelMissing
from models.manifest import INT8, Manifest, Shape, shipped

LIST, NOTICE, LOCK, PART = "installed.json", "NOTICE.txt", ".lock", ".part"
MODEL_BYTES_MAX = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model on the shelf."""

    name: str
    recipe: str
    path: Path
    sha256: str
    identity: str
    """The same wherever this model is made from the same source: thresholds and templates are kept by it."""
    inputs: dict[str, Shape]
    outputs: dict[str, Shape]
    sample: tuple[float, ...] = ()
    """Some numbers it computed when it was installed."""

    def read(self) -> bytes:
        """
        Return the file's bytes, checked. Run these, and read the file no second time: it may change in between.

        Raises:
            ModelMissing: The file is gone.
            ModelAltered: It is not what was installed.

        """
        try:
            content = _bytes_of(self.path)
        except OSError as exc:
            raise ModelMissing(f"{self.path}: {exc.strerror}; {ADVICE}") from exc
        if sha256_of(content) != self.sha256:
            raise ModelAltered(f"{self.path}: not the bytes that were installed, and not used; {ADVICE}")
        return content


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A model ready to be put on the shelf."""

    name: str
    recipe: str
    content: bytes
    sample: tuple[float, ...] = ()


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    file: str
    sha256: str
    bytes: int
    source_sha256: str
    sample: tuple[float, ...] = ()


class _List(msgspec.Struct, frozen=True, kw_only=True):
    models: dict[str, _Row]


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


class Shelf:
    """The models installed in a folder."""

    def __init__(self, folder: Path, manifest: Manifest | None = None) -> None:
        """Look into the folder when asked; it need not be there yet."""
        self.folder = folder
        self.manifest = manifest or shipped()

    def model(self, name: str, recipe: str = "") -> Model:
        """
        Return an installed model: of this recipe, or else int8 if that was installed, or else as it came.

        Raises:
            ModelMissing: It is not installed.
            ModelAltered: The list of what is installed is damaged.

        """
        entry = self.manifest.entry(name)
        rows = self._rows()
        order = [recipe] if recipe else [INT8, *(each for each in entry.recipes if each != INT8)]
        for each in order:
            row = rows.get(f"{name}/{each}")
            if row and row.source_sha256 == entry.source.sha256 and each in entry.recipes:
                return Model(
                    name=name,
                    recipe=each,
                    path=self.folder / row.file,
                    sha256=row.sha256,
                    identity=self.manifest.identity(name, each),
                    inputs=entry.inputs,
                    outputs=entry.outputs,
                    sample=row.sample,
                )
        wanted = f"{name} ({recipe})" if recipe else name
        raise ModelMissing(f"{self.folder}: the model {wanted} is not installed; {ADVICE}")

    def installed(self) -> list[Model]:
        """Return everything that is on the shelf and known to this version of the software."""
        found = []
        for key in self._rows():
            name, _, recipe = key.partition("/")
            with contextlib.suppress(ModelError):
                found.append(self.model(name, recipe))
        return found

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep others from installing here at the same time; wait for them."""
        if not self.folder.is_dir():
            self.folder.mkdir(parents=True, exist_ok=True)
            # Installed by root, read by the agent's user, whatever root's umask is.
            self.folder.chmod(0o755)
        with (self.folder / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def place(self, made: Sequence[Made], *, without: frozenset[str] = frozenset()) -> None:
        """
        Put models on the shelf, all or none of them, and take off those named `without`. Call it under `locked()`.

        Whoever is interrupted leaves what was there before.
        """
        rows = {key: row for key, row in self._rows(may_be_damaged=True).items() if key not in without}
        for each in made:
            digest = sha256_of(each.content)
            file = f"{each.name}-{each.recipe}-{digest[:8]}.onnx"
            _write(self.folder / file, each.content)
            rows[f"{each.name}/{each.recipe}"] = _Row(
                file=file,
                sha256=digest,
                bytes=len(each.content),
                source_sha256=self.manifest.entry(each.name).source.sha256,
                sample=each.sample,
            )
        _write(self.folder / NOTICE, self._notice(rows).encode())
        _write(self.folder / LIST, msgspec.json.encode(_List(models=rows)))
        listed = {row.file for row in rows.values()}
        for path in (*self.folder.glob("*.onnx"), *self.folder.glob(f".*{PART}")):
            if path.name not in listed:
                path.unlink(missing_ok=True)

    def _rows(self, *, may_be_damaged: bool = False) -> dict[str, _Row]:
        path = self.folder / LIST
        try:
            return msgspec.json.decode(_bytes_of(path), type=_List).models
        except FileNotFoundError:
            return {}
        except OSError as exc:
            raise ModelMissing(f"{path}: {exc.strerror}; the agent's user must be able to read it") from exc
        except (msgspec.DecodeError, UnicodeDecodeError) as exc:
            if may_be_damaged:
                return {}
            raise ModelAltered(f"{path}: damaged; {ADVICE}") from exc

    def _notice(self, rows: dict[str, _Row]) -> str:
        names = [name for name in self.manifest.model if any(key.startswith(f"{name}/") for key in rows)]
        entries = [(name, self.manifest.model[name]) for name in names]
        return "\n\n".join(
            f"{name}: {each.purpose}\nlicence: {each.licence}\nfrom: {each.source.address or each.source.file}\n"
            f"SHA-256 of the source: {each.source.sha256}\n{each.notice.strip()}\n"
            "Changed on installation: weights written out as plain numbers, the same result computed in fewer steps."
            for name, each in entries
        )


def _bytes_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MODEL_BYTES_MAX)


def _write(path: Path, content: bytes) -> None:
    """Write all of the file, or leave what there was."""
    part = path.with_name(f".{path.name}{PART}")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.chmod(0o644)
    part.replace(path)
