"""A TCP line from the box to the broker that can be spoilt. Knows bytes; neither MQTT nor TLS."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

HOST = "127.0.0.1"
CHUNK_BYTES = 4096
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of zero seconds: closing sends RST."""


class Line:
    """A proxy on the loopback, in a thread of its own. Every fault may be set from another thread at any time."""

    def __init__(self, port_behind: int) -> None:
        self.port = 0
        """Where it listens; the same from the start to the end."""
        self._behind = port_behind
        self._delay_s = 0.0
        self._bytes_per_s = 0.0
        self._calls: set[_Call] = set()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._passing = asyncio.Event()
        self._started = Event()
        self._thread = Thread(target=self._run, name="line", daemon=True)

    # ------------------------------------------------------------ what can be done to it
    def silent(self, on: bool) -> None:  # noqa: FBT001 - a switch
        """Let nothing through, and tell nobody; what was held up goes on afterwards, as TCP has it."""
        self._do(self._passing.clear if on else self._passing.set)

    def forget(self) -> None:
        """Let the connections of now be dead for ever without a word, as a NAT does that lost its table."""
        self._do(self._forget)

    def reset(self) -> None:
        """End all connections with RST."""
        self._do(self._reset)

    def slow(self, delay_s: float) -> None:
        """Hold up every piece for so long."""
        self._delay_s = delay_s

    def narrow(self, bytes_per_s: float) -> None:
        """Let so much through each way and connection; 0 for anything."""
        self._bytes_per_s = bytes_per_s

    def down(self, on: bool) -> None:  # noqa: FBT001 - a switch
        """Refuse connections and end those that are, or accept them again."""
        asyncio.run_coroutine_threadsafe(self._shut() if on else self._listen(), self._loop).result(10)

    # ------------------------------------------------------------ how it runs
    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        self.down(on=False)
        self.silent(on=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down(on=True)
        self._do(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.call_soon(self._started.set)
        self._loop.run_forever()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))

    def _do(self, what: Callable[[], Any]) -> None:
        self._loop.call_soon_threadsafe(what)

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, HOST, self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _shut(self) -> None:
        server, self._server = self._server, None
        if server:
            server.close()
        self._reset()

    def _forget(self) -> None:
        for call in self._calls:
            call.is_forgotten = True

    def _reset(self) -> None:
        for call in self._calls:
            for end in call.ends:
                with contextlib.suppress(OSError):
                    end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                end.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        call = _Call(ends=[writer])
        self._calls.add(call)
        try:
            behind_reader, behind = await asyncio.open_connection(HOST, self._behind)
            call.ends.append(behind)
            await asyncio.gather(self._pump(call, reader, behind), self._pump(call, behind_reader, writer))
        except OSError:
            pass  # nobody listens behind
        finally:
            self._calls.discard(call)
            for end in call.ends:
                end.close()

    async def _pump(self, call: "_Call", source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(CHUNK_BYTES):
                await self._passage(len(data))
                if not call.is_forgotten:
                    sink.write(data)
                    await sink.drain()
        await self._passing.wait()
        if not call.is_forgotten:
            sink.close()

    async def _passage(self, size: int) -> None:
        await self._passing.wait()
        wait_s = self._delay_s + (size / self._bytes_per_s if self._bytes_per_s else 0.0)
        if wait_s:
            await asyncio.sleep(wait_s)
            await self._passing.wait()


@dataclass(slots=True, eq=False)
class _Call:
    ends: list[asyncio.StreamWriter]
    is_forgotten: bool = False
