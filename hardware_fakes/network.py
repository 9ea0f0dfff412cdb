"""A network of one cable: this process at one end, a real broker at the other, each in a network namespace of its own.

For a process of its own, as root: it never comes back to the network it was born in.
"""

import ctypes
import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from hardware_fakes import mosquitto
from hardware_fakes.mosquitto import Mosquitto

CLONE_NEWNET = 0x40000000
PORT = 1883
HERE, THERE = "10.9.0.1", "10.9.0.2"


def available() -> str | None:
    """Return why there can be no such network here; None if there can."""
    if os.geteuid() != 0:
        return "a network namespace needs root"
    if not shutil.which("ip") or not shutil.which("nsenter"):
        return "ip or nsenter is not installed (Debian: apt install iproute2 util-linux)"
    return mosquitto.available()


class Cable:
    """Plugged in until it is unplugged. The broker is at THERE:PORT, without TLS; everybody may do everything."""

    def __init__(self, folder: Path) -> None:
        """Prepare; the broker's files lie in the folder."""
        self._broker = Mosquitto(folder, tls=False, acl=False, extra=f"listener {PORT} 0.0.0.0")

    def __enter__(self) -> Self:
        """Leave the network of this machine."""
        _leave()
        _ip("link set lo up")
        self._broker.start()
        there = f"/proc/{self._broker.pid}/ns/net"
        _leave()
        _ip("link set lo up")
        _ip(f"link add here type veth peer name there netns {self._broker.pid}")
        _ip(f"addr add {THERE}/24 dev there", inside=there)
        _ip("link set there up", inside=there)
        _ip(f"addr add {HERE}/24 dev here")
        self.plug()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the broker; the namespaces end with the processes in them."""
        self._broker.stop()

    def unplug(self) -> None:
        """Let nothing through, and let the kernel know."""
        _ip("link set here down")

    def plug(self) -> None:
        """Let everything through again."""
        _ip("link set here up")


def _leave() -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "no network namespace")


def _ip(command: str, *, inside: str = "") -> None:
    entering = ["nsenter", f"--net={inside}"] if inside else []
    subprocess.run([*entering, "ip", *command.split()], check=True, capture_output=True)
