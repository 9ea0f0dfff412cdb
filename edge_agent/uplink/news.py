"""The kernel's word that the network has changed for the better. Only listens; where it may not, there is no news.

Without it a box whose line was away for an hour would come back minutes after the line does.
"""

import contextlib
import socket
import struct
from collections import deque
from collections.abc import Iterator

from edge_agent.core.touch import NS_PER_S

# linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h
_LINK, _IPV4_ADDRESS, _IPV4_ROUTE, _IPV6_ADDRESS, _IPV6_ROUTE = 0x1, 0x10, 0x40, 0x100, 0x400
_GROUPS = _LINK | _IPV4_ADDRESS | _IPV4_ROUTE | _IPV6_ADDRESS | _IPV6_ROUTE
_NEW_LINK, _NEW_ADDRESS, _NEW_ROUTE = 16, 20, 24
_HEADER = struct.Struct("=IHHII")
_LINK_FLAGS = struct.Struct("=8xI")
_IS_RUNNING = 0x40
_IS_TENTATIVE = 0x40
_UNICAST = 1
READ_BYTES = 65_536


class News:
    """A netlink socket of the routing family. For one thread."""

    def __init__(self) -> None:
        """Begin to listen, where that is allowed."""
        self._socket: socket.socket | None = None
        with contextlib.suppress(OSError):  # a sandbox without AF_NETLINK
            listening = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
            self._socket = listening
            listening.bind((0, _GROUPS))

    @property
    def fd(self) -> int | None:
        """What becomes readable with the next news; None if there is never any."""
        return None if self._socket is None else self._socket.fileno()

    def heard(self) -> bool:
        """Return, once, whether a link came up, or an address or a route was added."""
        is_good = False
        if self._socket is None:
            return False
        with contextlib.suppress(BlockingIOError):
            while True:
                try:
                    is_good |= any(is_improvement(kind, body) for kind, body in messages(self._socket.recv(READ_BYTES)))
                except BlockingIOError:
                    raise
                except OSError:  # ENOBUFS: so much news that some is lost
                    is_good = True
        return is_good

    def close(self) -> None:
        """Stop listening."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class Hurry:
    """How often news may cut a wait short: a link that flaps must not make a storm. Pure."""

    TIMES = 3
    WITHIN_NS = 30 * NS_PER_S

    def __init__(self) -> None:
        self._times: deque[int] = deque(maxlen=self.TIMES)

    def allows(self, now_ns: int) -> bool:
        """Tell whether it may now, and count it."""
        if len(self._times) == self.TIMES and now_ns - self._times[0] < self.WITHIN_NS:
            return False
        self._times.append(now_ns)
        return True


def messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (type, body) of each netlink message in these bytes, as far as they are whole."""
    while len(data) >= _HEADER.size:
        length, kind, *_ = _HEADER.unpack_from(data)
        if not _HEADER.size <= length <= len(data):
            return
        yield kind, data[_HEADER.size : length]
        data = data[(length + 3) & ~3 :]


def is_improvement(kind: int, body: bytes) -> bool:
    """Tell whether this message is one after which the broker may be reachable again."""
    match kind:
        case _ if kind == _NEW_LINK and len(body) >= _LINK_FLAGS.size:
            return bool(_LINK_FLAGS.unpack_from(body)[0] & _IS_RUNNING)
        case _ if kind == _NEW_ADDRESS and len(body) > 2:  # noqa: PLR2004 - the third byte is its flags
            return not body[2] & _IS_TENTATIVE
        case _ if kind == _NEW_ROUTE and len(body) > 7:  # noqa: PLR2004 - the eighth byte is its type
            return body[7] == _UNICAST
        case _:
            return False
