"""Answer on a Unix socket: one JSON object a line, one request a connection. Peers are known by the kernel's word."""

import contextlib
import grp
import json
import logging
import os
import pwd
import socket
import struct
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from threading import Event, Lock, Semaphore, Thread

log = logging.getLogger(__name__)

MAX_REQUEST_BYTES = 16 << 20
LARGE_BYTES = 64 * 1024
"""Of requests larger than this one is heard at a time: memory is bounded, whoever asks."""
_PART_BYTES = 64 * 1024
MAX_CLIENTS = 16
PATIENCE_S = 5.0
"""How long a peer may take to say what it wants, or to take an answer."""

Answers = Iterable[Mapping[str, object]]
Handler = Callable[[Mapping[str, object]], Answers]


class BadRequest(Exception):
    """The peer asked for something that is not there. The message says what is."""


class Server:
    """The control socket. `handlers` are named after what a peer may ask for."""

    def __init__(self, path: Path, *, handlers: Mapping[str, Handler], group: str = "") -> None:
        self._path = path
        self._handlers = handlers
        self._group = group
        self._stop = Event()
        self._room = Semaphore(MAX_CLIENTS)
        self._large = Lock()
        self._socket: socket.socket | None = None
        self._thread = Thread(target=self._accept, name="control", daemon=True)

    def start(self) -> None:
        """
        Listen. A socket file left by a process that died is replaced.

        Where that is not possible it is logged, and nothing else suffers: the gate matters more.
        """
        try:
            self._socket = self._listening()
        except OSError as exc:
            log.error("control socket cannot be opened", extra={"path": str(self._path), "error": str(exc)})  # noqa: TRY400 - said, not traced
            return
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and remove the socket file."""
        self._stop.set()
        if self._socket is None:
            return
        self._socket.shutdown(socket.SHUT_RDWR)  # wakes the waiting accept
        self._thread.join()
        self._socket.close()
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()

    def _listening(self) -> socket.socket:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            listener.bind(str(self._path))
            # Anybody may knock where a group is configured; who may enter is decided for each peer.
            self._path.chmod(0o666 if self._group else 0o600)
            listener.listen(MAX_CLIENTS)
        except OSError:
            listener.close()
            raise
        return listener

    def _accept(self) -> None:
        while self._socket and not self._stop.is_set():
            try:
                peer, _ = self._socket.accept()
            except OSError:
                # Stopping; or a peer that gave up before it was let in.
                continue
            if not self._room.acquire(blocking=False):
                peer.close()
                continue
            Thread(target=self._serve, args=(peer,), name="control-peer", daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        with contextlib.closing(peer):
            try:
                peer.settimeout(PATIENCE_S)
                self._answer(peer)
            except OSError:
                # The peer went away, or does not listen: its loss alone.
                return
            finally:
                self._room.release()

    def _answer(self, peer: socket.socket) -> None:
        with contextlib.ExitStack() as stack:
            try:
                self._admit(peer)
                wish = _wish(self._heard(peer, stack))
                for answer in self._handler(wish)(wish):
                    _send(peer, answer)
                    if self._stop.is_set():
                        return
            except BadRequest as exc:
                _send(peer, {"error": str(exc)})

    def _heard(self, peer: socket.socket, stack: contextlib.ExitStack) -> bytearray:
        line = bytearray()
        is_large = False
        while not line.endswith(b"\n") and (part := peer.recv(_PART_BYTES)):
            line += part
            if len(line) > MAX_REQUEST_BYTES:
                raise BadRequest(f"a request has at most {MAX_REQUEST_BYTES} bytes")
            if len(line) > LARGE_BYTES and not is_large:
                is_large = self._large.acquire(timeout=PATIENCE_S)
                if not is_large:
                    raise BadRequest("another large request is under way; try again")
                stack.callback(self._large.release)
        return line

    def _handler(self, wish: Mapping[str, object]) -> Handler:
        handler = self._handlers.get(str(wish.get("do")))
        if handler is None:
            raise BadRequest(f"no such request: {wish.get('do')!r}; there are: {', '.join(sorted(self._handlers))}")
        return handler

    def _admit(self, peer: socket.socket) -> None:
        _, uid, gid = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
        if uid not in {0, os.geteuid()} and not _is_member(uid, gid, self._group):
            _hear_out(peer)
            raise BadRequest("not allowed: ask as root, as the agent's user, or as a member of its group")


def _is_member(uid: int, gid: int, group: str) -> bool:
    try:
        entry = grp.getgrnam(group) if group else None
        return entry is not None and (gid == entry.gr_gid or pwd.getpwuid(uid).pw_name in entry.gr_mem)
    except KeyError:  # no such group, or no such user
        return False


def _hear_out(peer: socket.socket) -> None:
    """Let a stranger finish, and keep nothing of it: who is cut off in the middle of a word does not hear why."""
    for _ in range(LARGE_BYTES // _PART_BYTES + 1):
        part = peer.recv(_PART_BYTES)
        if not part or part.endswith(b"\n"):
            return


def _wish(line: bytearray) -> Mapping[str, object]:
    try:
        wish = json.loads(line)
    except (ValueError, RecursionError) as exc:
        raise BadRequest(f"a request is one line of JSON: {exc}") from exc
    if not isinstance(wish, dict):
        raise BadRequest('a request is a JSON object such as {"do": "status"}')
    return wish


def _send(peer: socket.socket, answer: Mapping[str, object]) -> None:
    peer.sendall(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
