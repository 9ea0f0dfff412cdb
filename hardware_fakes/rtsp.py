"""
A network camera on the loopback that speaks RTSP: MJPEG in RTP (RFC 2435), inside the TCP connection of the call.

No H.264, no UDP, no password: what a reader does with opening, freezing and dying is the same without them.
"""

import struct
from collections.abc import Iterator
from socketserver import StreamRequestHandler, ThreadingTCPServer

from hardware_fakes.stream import Feed, OnLoopback, Playing

_PIECE = 1400
_CLOCK_HZ = 90_000
_JPEG = 26
"""RTP's payload type of JPEG."""
_SUBSAMPLED = 1
"""RFC 2435 type 1: 4:2:0, which is what OpenCV writes."""
_TABLES_INSIDE = 255
_SIDE_MAX_PX = 2040


class RtspServer(OnLoopback):
    """One network camera: `url` is what a reader opens."""

    def __init__(self, feed: Feed, *, fps: float = 15.0, port: int = 0) -> None:
        """Begin at once, on this port or a free one."""
        playing = Playing(feed, fps=fps)

        class Call(StreamRequestHandler):
            """One caller."""

            def handle(self) -> None:
                """Answer until one side has enough."""
                try:
                    _serve(self, playing)
                except OSError:  # the caller has enough
                    return

        super().__init__(playing, _Server(("127.0.0.1", port), Call))

    @property
    def url(self) -> str:
        """Where it is."""
        return f"rtsp://127.0.0.1:{self.port}/live"


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def _serve(call: StreamRequestHandler, playing: Playing) -> None:
    if not playing.may_be_called():
        return
    while request := _request(call):
        method, number = request
        call.wfile.write(_answer(method, number))
        if method == "PLAY":
            # What the caller says from now on is read by nobody: it hangs up, or it is hung up on.
            for packet in _packets(playing):
                call.wfile.write(packet)
            return


def _request(call: StreamRequestHandler) -> tuple[str, str] | None:
    lines = []
    while line := call.rfile.readline(4096).decode("ascii", errors="replace").strip():
        lines.append(line)
    if not lines:
        return None
    numbers = [line.partition(":")[2].strip() for line in lines if line.lower().startswith("cseq:")]
    return lines[0].split()[0], numbers[0] if numbers else "0"


def _answer(method: str, number: str) -> bytes:
    heads, body = [f"CSeq: {number}"], ""
    match method:
        case "OPTIONS":
            heads.append("Public: OPTIONS, DESCRIBE, SETUP, PLAY")
        case "DESCRIBE":
            body = f"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=gate\r\nt=0 0\r\nm=video 0 RTP/AVP {_JPEG}\r\na=control:0\r\n"
            heads += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        case "SETUP":
            heads += ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1", "Session: 1"]
        case _:
            heads.append("Session: 1")
    return "\r\n".join(["RTSP/1.0 200 OK", *heads, "", body]).encode()


def _packets(playing: Playing) -> Iterator[bytes]:
    """Yield each picture as one piece: all its packets, each framed for the TCP connection."""
    sequence = 0
    for number, jpeg in playing.pictures():
        stamp = round(number / playing.fps * _CLOCK_HZ) % 2**32
        packets = list(_of_picture(jpeg))
        framed = b""
        for last, packet in enumerate(packets, start=1 - len(packets)):
            sequence = (sequence + 1) % 2**16
            head = struct.pack(">BBHII", 0x80, _JPEG | (0x80 if last == 0 else 0), sequence, stamp, 1)
            framed += struct.pack(">cBH", b"$", 0, len(head) + len(packet)) + head + packet
        yield framed


def _of_picture(jpeg: bytes) -> Iterator[bytes]:
    """Yield what RFC 2435 makes of a JPEG: its tables once, its size with each piece of the pixels."""
    tables, (width, height), pixels = _taken_apart(jpeg)
    for at in range(0, len(pixels), _PIECE):
        # Rule: sizes in eights; what is no whole eight is cut off.
        head = struct.pack(">B3sBBBB", 0, at.to_bytes(3, "big"), _SUBSAMPLED, _TABLES_INSIDE, width // 8, height // 8)
        quantised = struct.pack(">BBH", 0, 0, len(tables)) + tables if at == 0 else b""
        yield head + quantised + pixels[at : at + _PIECE]


def _taken_apart(jpeg: bytes) -> tuple[bytes, tuple[int, int], bytes]:
    """Return quantisation tables, width and height, and the pixels; nonsense is sent as pixels of a small picture."""
    tables, size, at = b"", (64, 64), 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF:  # noqa: PLR2004 - a marker
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        segment, at = jpeg[at + 4 : at + 2 + length], at + 2 + length
        match marker:
            case 0xDB:
                tables += b"".join(segment[i + 1 : i + 65] for i in range(0, len(segment), 65))
            case 0xC0:
                height, width = struct.unpack(">HH", segment[1:5])
                size = min(width, _SIDE_MAX_PX), min(height, _SIDE_MAX_PX)
            case 0xDA:
                return tables, size, jpeg[at:-2]
    return bytes(128), size, jpeg
