"""The real pcscd over slots of the laboratory, on a socket of its own: the machine's pcscd, if any, is left alone."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from hardware_fakes.slot import Slot

READERS_MAX = 16
"""pcscd leaves out the 17th without a word."""

_SOURCE = Path(__file__).with_name("fakeifd.c")
_HOME = Path("/run/pcscd")
_SOCKET_NAME = "PCSCLITE_CSOCK_NAME"
"""Where libpcsclite looks for pcscd. Read once in a process: the laboratory's socket stays where it first was."""


class PcscdError(Exception):
    """pcscd or its driver could not be made to run."""


def available() -> str | None:
    """Return what is missing on this machine, and how to get it; None when all is there."""
    missing = [package for package, is_there in _wanted() if not is_there]
    if missing:
        return f"missing for the laboratory's pcscd: {', '.join(missing)}"
    if not os.access(_HOME if _HOME.exists() else _HOME.parent, os.W_OK):
        return f"the laboratory's pcscd must write its process id into {_HOME}: run as root"
    return None


class Pcscd:
    """
    One pcscd with its own configuration and socket. One at a time in a process.

    The clients are this process and those it starts later: they find the socket by their environment. Start pcscd
    before anything else here speaks to one, and from a thread that outlives it: the kernel ends it with that thread,
    so that nothing is left behind.
    """

    def __init__(self, folder: Path, slots: Mapping[str, Slot], *, build_dir: Path | None = None) -> None:
        if len(slots) > READERS_MAX:
            raise PcscdError(f"{len(slots)} slots: pcscd has room for {READERS_MAX}")
        self._folder = folder
        self._slots = dict(slots)
        self._build_dir = build_dir or folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id of the pcscd that runs."""
        return self._running().pid

    @property
    def log(self) -> str:
        """What all its runs have said."""
        path = self._folder / "pcscd.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self) -> None:
        """
        Start it and wait until it has all its readers.

        Raises:
            PcscdError: It cannot be built, or does not come up.

        """
        if self._process is not None:
            raise PcscdError("already started")
        config = self._folder / "reader.conf.d"
        config.mkdir(parents=True, exist_ok=True)
        library = build(self._build_dir)
        (config / "lab").write_text("\n".join(_entry(name, slot, library) for name, slot in self._slots.items()))
        for slot in self._slots.values():
            slot.forget_watchers()
        with _listening(_socket_path()) as listener, (self._folder / "pcscd.log").open("ab") as log:
            command = _activated("pcscd", "-f", "-c", str(config), *_polkit())
            self._process = subprocess.Popen(command, stdin=listener.fileno(), stdout=log, stderr=log)
        try:
            for slot in self._slots.values():
                slot.wait_for_watcher()
        except TimeoutError as exc:
            self.kill()
            raise PcscdError(f"pcscd did not come up: {exc}\n{self.log[-2000:]}") from exc

    def stop(self) -> None:
        """End it as the system would."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash would."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Let it stand still: calls to it block."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def restart(self) -> None:
        """Stop it and start it again."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.stop()

    def _end(self, by: signal.Signals) -> None:
        process, self._process = self._running(), None
        process.send_signal(by)
        process.send_signal(signal.SIGCONT)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        path = _socket_path()
        path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # somebody put more into it, or it is gone
            path.parent.rmdir()

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise PcscdError("not started")
        return self._process


def build(build_dir: Path) -> Path:
    """Return the driver for pcscd, built on the first call for this state of its source."""
    source = _SOURCE.read_bytes()
    library = build_dir / f"fakeifd-{sha256(source).hexdigest()[:12]}.so"
    if library.exists():
        return library
    build_dir.mkdir(parents=True, exist_ok=True)
    flags = _run("pkg-config", "--cflags", "libpcsclite").stdout.split()
    with tempfile.TemporaryDirectory(dir=build_dir) as scratch:
        made = Path(scratch) / library.name
        compiled = _run("cc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", *flags, "-o", str(made), str(_SOURCE))
        if compiled.returncode:
            raise PcscdError(f"fakeifd.c does not compile:\n{compiled.stderr}")
        made.rename(library)
    return library


def _entry(name: str, slot: Slot, library: Path) -> str:
    return f'FRIENDLYNAME "{name}"\nDEVICENAME {slot.path}\nLIBPATH {library}\nCHANNELID 0\n'


def _socket_path() -> Path:
    # Always our own, whatever the environment says: it may name the machine's pcscd, or that of the laboratory whose
    # child we are.
    path = Path(tempfile.gettempdir()) / f"edge-agent-lab-{os.getpid()}" / "pcscd.comm"
    os.environ[_SOCKET_NAME] = str(path)
    return path


def _listening(path: Path) -> socket.socket:
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    path.chmod(0o666)
    listener.listen(64)
    return listener


def _activated(*command: str) -> list[str]:
    # What systemd does for pcscd.socket: the only way to give pcscd another socket than the machine's. It comes as
    # standard input, and belongs where sd_listen_fds(3) looks.
    script = 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" 3<&0 0</dev/null'
    return ["setpriv", "--pdeathsig", "TERM", "sh", "-c", script, "sh", *command]


def _polkit() -> list[str]:
    # Debian 13's pcscd asks polkit for everybody, and in a container there is none to ask.
    return ["--disable-polkit"] if "--disable-polkit" in _run("pcscd", "--help").stdout else []


def _wanted() -> Iterator[tuple[str, bool]]:
    yield "pcscd (package pcscd)", shutil.which("pcscd") is not None
    yield "setpriv (package util-linux)", shutil.which("setpriv") is not None
    yield "a C compiler (package gcc)", shutil.which("cc") is not None
    yield "pkg-config (package pkg-config)", shutil.which("pkg-config") is not None
    if shutil.which("pkg-config"):
        yield "PC/SC headers (package libpcsclite-dev)", not _run("pkg-config", "--exists", "libpcsclite").returncode
    yield "pyscard (extra `pcsc`)", find_spec("smartcard") is not None


def _run(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, check=False, capture_output=True, text=True)
