"""The real Mosquitto in a folder of its own: certificates, access rules, ways to break it. Not the system's."""

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from hardware_fakes.certificates import Authority, Pair

HOST = "127.0.0.1"
START_TIMEOUT_S = 10.0
STARTS = 3
"""A port that was free may be taken a moment later by somebody else."""


def available() -> str | None:
    """Return why the real Mosquitto cannot be used here; None if it can."""
    return None if _program() else "mosquitto is not installed (Debian: apt install mosquitto)"


class Mosquitto:
    """
    One broker on the loopback. Ends with the thread that started it, however that ends.

    A client is whoever its certificate says, or, without TLS, whoever it says it is. A gateway may write below
    `ROOT/{gateway}/up/` and read below `ROOT/{gateway}/down/`; a receiver may do everything below ROOT.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        tls: bool = True,
        acl: bool = True,
        root: str = "gate/1",
        receivers: tuple[str, ...] = ("receiver",),
        authority: Authority | None = None,
        server: Pair | None = None,
        extra: str = "",
    ) -> None:
        """
        Prepare the folder; `start` starts the broker.

        Args:
            folder: Everything it writes lies there.
            port: 0 for any free one; it stays the same over a restart.
            tls: TLS 1.3 with client certificates.
            acl: Access rules as on a site; without, everybody may do everything.
            root: The topic root of the access rules.
            receivers: Names of the clients that may do everything.
            authority: Whose certificates count; its own if None.
            server: The broker's certificate; a good one if None.
            extra: More lines of configuration.

        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._wanted_port = port
        self.port = port or _free_port()
        self._tls, self._acl, self._extra = tls, acl, extra
        self._process: subprocess.Popen[bytes] | None = None
        self._issued: dict[str, Pair] = {}
        self.authority = authority
        if tls:
            self.authority = authority or Authority(folder / "tls")
            self._server = server or self.authority.server()
        if acl:
            self._write_rules(root, receivers)

    def settings(self, name: str) -> dict[str, str | int | bool]:
        """Return how a client of this name connects: host, port, tls and files, as in the table `broker`."""
        if self.authority is None:
            return {"host": HOST, "port": self.port, "tls": False, "username": name}
        pair = self._issued.get(name) or self._issued.setdefault(name, self.authority.client(name))
        return {
            "host": HOST,
            "port": self.port,
            "tls": True,
            "ca_file": str(self.authority.file),
            "cert_file": str(pair.cert),
            "key_file": str(pair.key),
        }

    def start(self) -> Self:
        """Start, and return once it answers."""
        for attempt in range(1, STARTS + 1):
            self._launch()
            if self._answers():
                return self
            self.kill()
            if attempt < STARTS and not self._wanted_port:
                self.port = _free_port()
        raise RuntimeError(f"mosquitto does not start: {self.log()[-500:]}")

    def stop(self) -> None:
        """End it as systemd would."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop and start on the same port."""
        self.stop()
        self._wanted_port = self.port
        self.start()

    def freeze(self) -> None:
        """Let it live and do nothing: the line stays open and silent."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def log(self) -> str:
        """Return what it has said."""
        return self._log_file.read_text(encoding="utf-8", errors="replace") if self._log_file.exists() else ""

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    @property
    def pid(self) -> int:
        """Its process."""
        if self._process is None:
            raise RuntimeError("mosquitto does not run")
        return self._process.pid

    @property
    def _log_file(self) -> Path:
        return self._folder / "mosquitto.log"

    def _launch(self) -> None:
        file = self._folder / "mosquitto.conf"
        file.write_text("\n".join(self._configuration()) + "\n", encoding="utf-8")
        program = _program()
        if program is None:
            raise RuntimeError(str(available()))
        guard = shutil.which("setpriv")
        command = [*([guard, "--pdeathsig", "TERM"] if guard else []), program, "-c", str(file)]
        with self._log_file.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)

    def _configuration(self) -> list[str]:
        lines = [
            f"listener {self.port} {HOST}",
            f"user {getpass.getuser()}",
            "log_dest stderr",
            "log_type error",
            "log_type warning",
            "log_type notice",
            # 46 ms a connection otherwise: Nagle and delayed acknowledgements wait for each other.
            "set_tcp_nodelay true",
            # Never 0: before 2.0.22 that disconnects whoever publishes.
            "max_queued_messages 100000",
            "persistence false",
        ]
        if self._tls and self.authority:
            lines += [
                f"cafile {self.authority.file}",
                f"certfile {self._server.cert}",
                f"keyfile {self._server.key}",
                "tls_version tlsv1.3",
                "require_certificate true",
                "use_identity_as_username true",
                "allow_anonymous false",
            ]
        else:
            lines.append("allow_anonymous true")
        if self._acl:
            lines.append(f"acl_file {self._folder / 'acl'}")
        return [*lines, self._extra]

    def _write_rules(self, root: str, receivers: tuple[str, ...]) -> None:
        lines = [line for name in receivers for line in (f"user {name}", f"topic readwrite {root}/#")]
        lines += [f"pattern write {root}/%u/up/#", f"pattern read {root}/%u/down/#"]
        rules = self._folder / "acl"
        rules.touch(mode=0o600)
        rules.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _answers(self) -> bool:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and self._process and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), timeout=1):
                return True
            time.sleep(0.01)
        return False

    def _signal(self, number: signal.Signals) -> None:
        if self._process and self._process.poll() is None:
            os.kill(self._process.pid, number)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._signal(number)
        self._signal(signal.SIGCONT)  # a frozen one hears nothing else
        self._process.wait(START_TIMEOUT_S)
        self._process = None


def _program() -> str | None:
    # /usr/sbin is not on everybody's PATH.
    return shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
