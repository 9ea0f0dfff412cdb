"""A broker without packages: amqtt in a process of its own. MQTT 3.1.1, loopback, no TLS; for the demo and the tests.

`python -m hardware_fakes.broker PORT` runs it until it is ended. It keeps nothing over a restart.
"""

import asyncio
import contextlib
import ctypes
import importlib.util
import logging
import signal
import socket
import subprocess
import sys
import time
from types import TracebackType
from typing import Any, Self

HOST = "127.0.0.1"
START_TIMEOUT_S = 20.0
PR_SET_PDEATHSIG = 1


def available() -> str | None:
    """Return why this broker cannot be used here; None if it can."""
    if importlib.util.find_spec("amqtt"):
        return None
    return "amqtt is not installed (pip install 'genba-edge-agent[lab]')"


class Broker:
    """One broker on the loopback. Everybody may do everything. Ends with the process that started it."""

    def __init__(self, *, port: int = 0) -> None:
        """Choose the port: 0 for any free one; it stays the same over a restart."""
        self.port = port or _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def settings(self, name: str) -> dict[str, str | int | bool]:
        """Return how a client of this name connects, as in the table `broker`."""
        return {"host": HOST, "port": self.port, "tls": False, "username": name}

    def start(self) -> Self:
        """Start, and return once it answers."""
        command = [sys.executable, "-m", "hardware_fakes.broker", str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), timeout=1):
                return self
            time.sleep(0.02)
        self.stop()
        raise RuntimeError(f"the broker does not start on port {self.port}: {available() or 'is the port taken?'}")

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(START_TIMEOUT_S)
            self._process = None

    def restart(self) -> None:
        """Stop and start on the same port."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _refuse_newer() -> None:
    """Close on a CONNECT of MQTT 5: amqtt would take its properties for lengths, and wait for bytes that never come."""
    from amqtt.errors import MQTTError  # noqa: PLC0415 - only the broker's own process has it
    from amqtt.mqtt.connect import ConnectVariableHeader  # noqa: PLC0415

    read = ConnectVariableHeader.from_stream

    async def read_311(*args: Any) -> Any:  # noqa: ANN401 - amqtt has no types
        header = await read(*args)
        if header.proto_level > 4:  # noqa: PLR2004 - the level of MQTT 3.1.1
            raise MQTTError("only MQTT 3.1.1")
        return header

    ConnectVariableHeader.from_stream = read_311


async def _serve(port: int) -> None:
    from amqtt.broker import Broker as Amqtt  # noqa: PLC0415

    _refuse_newer()
    anonymous = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    broker = Amqtt({"listeners": {"default": {"type": "tcp", "bind": f"{HOST}:{port}"}}, "plugins": anonymous})
    await broker.start()
    await asyncio.Event().wait()


def main() -> None:
    """Serve on the port given on the command line."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    logging.disable()
    asyncio.run(_serve(int(sys.argv[1])))


if __name__ == "__main__":
    main()
