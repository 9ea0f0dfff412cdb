"""A bad line to a broker: delay, narrow, stalled, half-open, reset in the middle of a byte stream. No MQTT in it.

Its faults may be changed while it runs: `proxy.line = Line(delay_s=0.03)`. `python -m hardware_fakes.proxy` runs one in
a process of its own, for measuring.
"""

import argparse
import contextlib
import ctypes
import selectors
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
READ_BYTES = 4096
QUEUE_BYTES = 64_000
"""What waits before the narrow place; more is left with the sender."""
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How the line is from now on."""

    delay_s: float = 0.0
    """One way."""
    bytes_per_s: float | None = None
    """Each way."""
    is_stalled: bool = False
    """Nothing moves, nothing is lost."""
    is_cut: bool = False
    """What is sent is lost, without a word to anybody; so are the connections there are, also after it is mended."""
    resets_after: Callable[[], int] | None = None
    """Bytes after which a connection made from now on is reset."""


class Proxy:
    """Listens on a free port of the loopback until the block is left, and passes on to another port there."""

    def __init__(self, port: int, line: Line | None = None) -> None:
        self._to = port
        self.line = line or Line()
        self._listener = socket.socket()
        # Small, or the kernel would hide a queue of its own.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, QUEUE_BYTES // 2)
        self._listener.bind((HOST, 0))
        self._listener.listen()
        self._listener.settimeout(0)
        self.port = int(self._listener.getsockname()[1])
        self.connections = 0
        self._calls: list[_Call] = []
        self._is_resetting = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)

    def reset(self) -> None:
        """Reset every connection there is."""
        self._is_resetting.set()

    def __enter__(self) -> Self:
        """Start."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._stop.set()
        self._thread.join(5)

    def _run(self) -> None:
        with contextlib.closing(self._listener), selectors.DefaultSelector() as selector:
            while not self._stop.is_set():
                self._turn(selector)
            for call in self._calls:
                call.close()

    def _turn(self, selector: selectors.BaseSelector) -> None:
        line, now_s = self.line, time.monotonic()
        selector.register(self._listener, selectors.EVENT_READ)
        for call in self._calls:
            call.is_dead |= line.is_cut
            for flow in call.flows:
                if flow.reads(line):
                    selector.register(flow.source, selectors.EVENT_READ)
        for key, _ in selector.select(self._wait_s(now_s, line)):
            if key.fileobj is self._listener:
                self._accept(line)
        for key in tuple(selector.get_map().values()):
            selector.unregister(key.fileobj)
        is_resetting = self._is_resetting.is_set()
        self._is_resetting.clear()
        for call in tuple(self._calls):
            if is_resetting or not call.move(line, time.monotonic()):
                call.close(is_reset=is_resetting or call.is_over)
                self._calls.remove(call)

    def _wait_s(self, now_s: float, line: Line) -> float:
        if line.is_stalled:
            return 0.01
        due_s = [flow.queue[0][0] - now_s for call in self._calls for flow in call.flows if flow.queue]
        return max(0.0, min([0.01, *due_s]))

    def _accept(self, line: Line) -> None:
        with contextlib.suppress(OSError):
            near, _ = self._listener.accept()
            self.connections += 1
            try:
                far = socket.create_connection((HOST, self._to), timeout=5)
            except OSError:
                near.close()
                return
            self._calls.append(_Call(near, far, resets_after=line.resets_after() if line.resets_after else None))


@dataclass
class _Flow:
    """One direction."""

    source: socket.socket
    sink: socket.socket
    queue: deque[tuple[float, bytes]] = field(default_factory=deque)
    waiting: int = 0
    free_s: float = 0.0
    is_closed: bool = False

    def reads(self, line: Line) -> bool:
        return not line.is_stalled and not self.is_closed and self.waiting < QUEUE_BYTES

    def read(self, line: Line, now_s: float) -> int:
        """Take what has come; return how much."""
        if not self.reads(line):
            return 0
        try:
            data = self.source.recv(READ_BYTES)
        except BlockingIOError:
            return 0
        if not data:
            self.is_closed = True
            return 0
        self.free_s = max(now_s, self.free_s) + (len(data) / line.bytes_per_s if line.bytes_per_s else 0)
        self.queue.append((self.free_s + line.delay_s, data))
        self.waiting += len(data)
        return len(data)

    def write(self, now_s: float) -> None:
        """Hand on what has arrived."""
        while self.queue and self.queue[0][0] <= now_s:
            due_s, data = self.queue.popleft()
            try:
                sent = self.sink.send(data)
            except BlockingIOError:
                sent = 0
            self.waiting -= sent
            if sent < len(data):
                self.queue.appendleft((due_s, data[sent:]))
                return


class _Call:
    """One connection through the proxy."""

    def __init__(self, near: socket.socket, far: socket.socket, *, resets_after: int | None) -> None:
        for end in (near, far):
            end.settimeout(0)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.flows = (_Flow(near, far), _Flow(far, near))
        self.is_dead = False
        self.is_over = False
        self._left = resets_after

    def move(self, line: Line, now_s: float) -> bool:
        """Move what there is; return whether the connection goes on."""
        for flow in self.flows:
            try:
                count = flow.read(line, now_s)
                if self.is_dead:
                    flow.queue.clear()
                    flow.waiting = 0
                    continue
                if not line.is_stalled:
                    flow.write(now_s)
            except OSError:
                return self.is_dead
            if self._left is not None:
                self._left -= count
                self.is_over = self._left <= 0
        if self.is_over:
            return False
        return self.is_dead or not any(flow.is_closed and not flow.queue for flow in self.flows)

    def close(self, *, is_reset: bool = False) -> None:
        """End it, at once and with a reset if wanted."""
        for flow in self.flows:
            if is_reset:
                with contextlib.suppress(OSError):
                    flow.source.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            flow.source.close()


@contextmanager
def in_process(port: int, line: Line) -> Iterator[int]:
    """Run one in a process of its own, that measuring does not share a processor with it; yield its port."""
    command = [sys.executable, "-m", "hardware_fakes.proxy", str(port), "--delay-s", str(line.delay_s)]
    if line.bytes_per_s is not None:
        command += ["--bytes-per-s", str(line.bytes_per_s)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield int(process.stdout.readline() if process.stdout else 0)
        finally:
            process.terminate()


def main() -> None:
    """Serve until ended; print the port first."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--delay-s", type=float, default=0.0)
    parser.add_argument("--bytes-per-s", type=float, default=None)
    wanted = parser.parse_args()
    with Proxy(wanted.port, Line(delay_s=wanted.delay_s, bytes_per_s=wanted.bytes_per_s)) as proxy:
        print(proxy.port, flush=True)  # noqa: T201 - whoever started it reads this
        threading.Event().wait()


if __name__ == "__main__":
    main()
