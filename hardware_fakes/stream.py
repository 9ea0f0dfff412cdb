"""A network camera on the loopback: MJPEG over HTTP. It freezes, dies and lies to order; draws nothing itself."""

import enum
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Event, Lock, Thread
from typing import Protocol, Self

_NS_PER_S = 1_000_000_000


class Mood(enum.StrEnum):
    """How the camera behaves."""

    LIVE = "live"
    DARK = "dark"
    STUCK = "stuck"
    """The same picture for ever."""
    FROZEN = "frozen"
    """The line stays, no picture comes."""
    CORRUPT = "corrupt"
    """Bytes that are no picture."""
    SILENT = "silent"
    """Takes the call and says nothing."""
    UNPLUGGED = "unplugged"
    """Hangs up, and on everybody who calls."""


class Feed(Protocol):
    """What a camera shows. Asked from several threads, one at a time."""

    def mood_at(self, t_s: float) -> Mood:
        """Return how it behaves so many seconds after the beginning."""
        ...

    def jpeg_at(self, t_s: float) -> bytes:
        """Return the picture of that moment, as a JPEG or what it sends instead."""
        ...


class Playing:
    """A feed against the clock: so many pictures a second, each drawn once for however many look."""

    def __init__(self, feed: Feed, *, fps: float) -> None:
        self.ended = Event()
        self.began_ns = _boot_ns()
        self.fps = fps
        self._feed = feed
        self._lock = Lock()
        self._drawn: tuple[int, int, bytes] | None = None

    def begin(self) -> int:
        """Play from the beginning; return CLOCK_BOOTTIME of that moment."""
        self.began_ns = _boot_ns()
        return self.began_ns

    def is_in(self, mood: Mood) -> bool:
        """Return whether it behaves so now."""
        return self._feed.mood_at(self._now_s()) is mood

    def may_be_called(self) -> bool:
        """Wait while it is silent; return whether it takes the call."""
        while self.is_in(Mood.SILENT) and not self.ended.wait(0.02):
            pass
        return not (self.is_in(Mood.UNPLUGGED) or self.ended.is_set())

    def pictures(self) -> Iterator[tuple[int, bytes]]:
        """Yield number and JPEG of each picture when its time has come, until the camera hangs up."""
        while not self.is_in(Mood.UNPLUGGED):
            number = int(self._now_s() * self.fps) + 1
            if self.ended.wait(max(0.0, number / self.fps - self._now_s())):
                return
            if not self.is_in(Mood.FROZEN):
                yield number, self._jpeg(number)

    def _now_s(self) -> float:
        return (_boot_ns() - self.began_ns) / _NS_PER_S

    def _jpeg(self, number: int) -> bytes:
        with self._lock:
            if self._drawn is None or self._drawn[:2] != (self.began_ns, number):
                self._drawn = self.began_ns, number, self._feed.jpeg_at(number / self.fps)
            return self._drawn[2]


class OnLoopback:
    """A feed at a port of the loopback, for however many call; served by a thread until it is closed."""

    def __init__(self, playing: Playing, server: TCPServer) -> None:
        self.playing = playing
        self._server = server
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def begin(self) -> int:
        """Play from the beginning; return CLOCK_BOOTTIME of that moment."""
        return self.playing.begin()

    def close(self) -> None:
        """Take it away for good."""
        self.playing.ended.set()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class CameraServer(OnLoopback):
    """One network camera: `url` is what a reader opens."""

    def __init__(self, feed: Feed, *, fps: float = 15.0, port: int = 0) -> None:
        """Begin at once, on this port or a free one."""
        playing = Playing(feed, fps=fps)

        class Call(BaseHTTPRequestHandler):
            """One caller."""

            protocol_version = "HTTP/1.0"

            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def do_GET(self) -> None:
                """Send pictures until one side has enough."""
                _serve(self, playing)

        server = ThreadingHTTPServer(("127.0.0.1", port), Call)
        server.daemon_threads = True
        super().__init__(playing, server)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}/video.mjpg"


def _serve(call: BaseHTTPRequestHandler, playing: Playing) -> None:
    if not playing.may_be_called():
        return
    call.send_response(200)
    call.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
    call.end_headers()
    try:
        for _, jpeg in playing.pictures():
            head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
            call.wfile.write(head + jpeg + b"\r\n")
    except OSError:  # the caller has enough
        return


def _boot_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
