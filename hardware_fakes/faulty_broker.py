"""A broker that misbehaves on demand: MQTT 5 and 3.1.1, one client at a time. It also catches a client that does.

Its conduct may be changed while it runs: `broker.conduct = Conduct(puback=None)`.
"""

import contextlib
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
CONNECT, PUBLISH, PUBACK, SUBSCRIBE, PINGREQ, DISCONNECT = 1, 3, 4, 8, 12, 14
CONNACK_BYTE, PUBACK_BYTE, SUBACK_BYTE, PINGRESP_BYTE, DISCONNECT_BYTE = 0x20, 0x40, 0x90, 0xD0, 0xE0
V5 = 5


@dataclass(frozen=True, slots=True)
class Message:
    """What the client published."""

    topic: str
    payload: bytes
    qos: int
    is_retained: bool


def good(_message: Message) -> int:
    """Accept everything."""
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """How the broker behaves from now on."""

    protocol: int = V5
    """The newest it knows; a newer CONNECT is answered with 0x84."""
    answers_connect: bool = True
    connack: int = 0
    reference: str = ""
    """Another server, named in a refusal or at the end."""
    receive_maximum: int | None = None
    maximum_packet_size: int | None = None
    server_keep_alive: int | None = None
    puback: Callable[[Message], int | None] | None = good
    """The reason code for a message; None: none ever."""
    pubacks: int = 1
    """How often each is said."""
    lag_s: float = 0.0
    """How long it takes to say it: only then can a client break what it was granted."""
    chokes_on: Callable[[Message], bool] = field(default=lambda _message: False)
    """Messages over which it closes the connection without a word."""
    disconnect: tuple[int, int] | None = None
    """After so many messages of a connection: DISCONNECT with this reason code."""
    is_deaf: bool = False
    """The line is open; nothing is read or said."""


class FaultyBroker:
    """Listens on a free port of the loopback until the block is left."""

    def __init__(self, conduct: Conduct | None = None) -> None:
        self.conduct = conduct or Conduct()
        self.received: list[Message] = []
        self.violations: list[str] = []
        """What the client did against MQTT or against what it was granted."""
        self.connections = 0
        self.greetings: list[bytes] = []
        """The CONNECT packets, without their first bytes."""
        self._changed = threading.Condition()
        self._listener = socket.create_server((HOST, 0))
        self._listener.settimeout(0.02)
        self.port = int(self._listener.getsockname()[1])
        self._stop = threading.Event()
        self._talk: _Talk | None = None
        self._thread = threading.Thread(target=self._serve, name="faulty-broker", daemon=True)

    def settings(self, name: str) -> dict[str, str | int | bool]:
        """Return how a client of this name connects, as in the table `broker`."""
        return {"host": HOST, "port": self.port, "tls": False, "username": name}

    def send(self, topic: str, payload: bytes, *, is_retained: bool = False) -> None:
        """Publish to the client that is connected now."""
        talk = self._talk
        if talk is not None:
            talk.publish(topic, payload, is_retained=is_retained)

    def wait_until(self, is_so: Callable[[], bool], *, timeout_s: float = 10.0) -> bool:
        """Wait until something has been received and it is so; return whether it is."""
        with self._changed:
            return self._changed.wait_for(is_so, timeout_s)

    def on(self, leaf: str) -> list[Message]:
        """Return what was published on topics that end so."""
        return [message for message in tuple(self.received) if message.topic.endswith("/" + leaf)]

    def note(self, message: Message) -> None:
        """Keep what was published."""
        with self._changed:
            self.received.append(message)
            self._changed.notify_all()

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
        self._listener.close()

    def _serve(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                line, _ = self._listener.accept()
                with line, contextlib.suppress(OSError, EOFError):
                    self.connections += 1
                    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    line.settimeout(0.02)
                    self._talk = _Talk(self, line, self._stop)
                    self._talk.run()
                self._talk = None
                with self._changed:
                    self._changed.notify_all()


class _Talk:
    """One connection."""

    def __init__(self, broker: FaultyBroker, line: socket.socket, stop: threading.Event) -> None:
        self._broker, self._line, self._stop = broker, line, stop
        self._sending = threading.Lock()
        self._level = V5
        self._count = 0
        self._open: set[int] = set()
        self._granted = broker.conduct
        self._later: deque[tuple[float, int, bytes]] = deque()

    def run(self) -> None:
        """Talk until one of the two ends it."""
        while not self._stop.is_set():
            kind, flags, body, size = self._packet()
            conduct = self._broker.conduct
            if kind == CONNECT:
                if not self._welcome(conduct, body):
                    return
            elif kind == PUBLISH:
                if not self._take(conduct, flags, body, size):
                    return
            elif kind == SUBSCRIBE:
                properties = b"\0" if self._level == V5 else b""
                self._say(SUBACK_BYTE, body[:2] + properties + b"\x01")
            elif kind == PINGREQ:
                self._say(PINGRESP_BYTE, b"")
            elif kind == DISCONNECT:
                return

    def publish(self, topic: str, payload: bytes, *, is_retained: bool) -> None:
        """Send at QoS 0: a fake need not resend."""
        name = topic.encode()
        properties = b"\0" if self._level == V5 else b""
        self._say(0x30 | is_retained, struct.pack("!H", len(name)) + name + properties + payload)

    def _welcome(self, conduct: Conduct, body: bytes) -> bool:
        self._level = body[6]
        self._granted = conduct
        self._broker.greetings.append(body)
        if not conduct.answers_connect:
            return False
        if self._level > conduct.protocol:
            # As a broker of before MQTT 5 says it: return code 1.
            self._say(CONNACK_BYTE, b"\x00\x01")
            return False
        properties = _granted(conduct) if self._level == V5 else b""
        self._say(CONNACK_BYTE, bytes([0, conduct.connack]) + properties)
        return conduct.connack == 0

    def _take(self, conduct: Conduct, flags: int, body: bytes, size: int) -> bool:
        message, mid = self._message(flags, body)
        self._check(mid, size)
        self._count += 1
        self._broker.note(message)
        if conduct.chokes_on(message):
            return False
        code = conduct.puback(message) if conduct.puback and mid else None
        if code is not None:
            puback = struct.pack("!H", mid) + (bytes([code]) if self._level == V5 and code else b"")
            self._later.append((time.monotonic() + conduct.lag_s, mid, puback))
            self._say_due(conduct)
        if conduct.disconnect and self._count >= conduct.disconnect[0]:
            if self._level == V5:
                self._say(DISCONNECT_BYTE, bytes([conduct.disconnect[1]]) + _properties(_referred(conduct)))
            return False
        return True

    def _say_due(self, conduct: Conduct) -> None:
        while self._later and self._later[0][0] <= time.monotonic():
            _, mid, puback = self._later.popleft()
            self._open.discard(mid)
            for _ in range(conduct.pubacks):
                self._say(PUBACK_BYTE, puback)

    def _message(self, flags: int, body: bytes) -> tuple[Message, int]:
        qos = flags >> 1 & 3
        (length,) = struct.unpack("!H", body[:2])
        topic, rest, mid = body[2 : 2 + length].decode(), body[2 + length :], 0
        if qos:
            (mid,) = struct.unpack("!H", rest[:2])
            rest = rest[2:]
        if self._level == V5:
            rest = rest[1 + rest[0] :]
        return Message(topic, rest, qos, bool(flags & 1)), mid

    def _check(self, mid: int, size: int) -> None:
        granted, broker = self._granted, self._broker
        if mid:
            if mid in self._open:
                broker.violations.append(f"packet id {mid} used twice")
            self._open.add(mid)
        if granted.receive_maximum is not None and len(self._open) > granted.receive_maximum:
            broker.violations.append(f"{len(self._open)} under way, {granted.receive_maximum} granted")
        if granted.maximum_packet_size is not None and size > granted.maximum_packet_size:
            broker.violations.append(f"{size} bytes, {granted.maximum_packet_size} granted")

    def _packet(self) -> tuple[int, int, bytes, int]:
        head = self._read(1)[0]
        length = shift = 0
        size = 1
        while True:
            byte = self._read(1)[0]
            size += 1
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:  # noqa: PLR2004 - the flag for "more follows"
                break
        return head >> 4, head & 15, self._read(length), size + length

    def _read(self, count: int) -> bytes:
        parts = b""
        while len(parts) < count:
            if self._stop.is_set():
                raise EOFError
            if self._broker.conduct.is_deaf:
                time.sleep(0.01)
                continue
            self._say_due(self._broker.conduct)
            try:
                part = self._line.recv(count - len(parts))
            except TimeoutError:
                continue
            if not part:
                raise EOFError
            parts += part
        return parts

    def _say(self, first: int, body: bytes) -> None:
        if self._broker.conduct.is_deaf:
            return
        length, size = len(body), b""
        while True:
            length, byte = divmod(length, 128)
            size += bytes([byte | (128 if length else 0)])
            if not length:
                break
        with self._sending:
            self._line.sendall(bytes([first]) + size + body)


def _granted(conduct: Conduct) -> bytes:
    properties = _referred(conduct)
    if conduct.receive_maximum is not None:
        properties += b"\x21" + struct.pack("!H", conduct.receive_maximum)
    if conduct.maximum_packet_size is not None:
        properties += b"\x27" + struct.pack("!I", conduct.maximum_packet_size)
    if conduct.server_keep_alive is not None:
        properties += b"\x13" + struct.pack("!H", conduct.server_keep_alive)
    return _properties(properties)


def _referred(conduct: Conduct) -> bytes:
    name = conduct.reference.encode()
    return b"\x1c" + struct.pack("!H", len(name)) + name if name else b""


def _properties(properties: bytes) -> bytes:
    return bytes([len(properties)]) + properties
