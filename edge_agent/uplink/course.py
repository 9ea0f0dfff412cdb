"""Where to connect: to the broker of the configuration, or to the one it sends us to. Pure; connects nothing.

A server is followed once in an attempt. `Moved` holds for this run of the agent, as long as the new one takes us;
`use another` holds for one connection. Only the name and the port change: authority, certificate and TLS stay.
"""

import re
from dataclasses import replace

from edge_agent.uplink.reasons import MOVED, BrokerMoved, BrokerRefused
from edge_agent.uplink.terms import Endpoint

_REFERENCE = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[^\s\[\]:]+))(?::(?P<port>[0-9]{1,5}))?")
PORTS = range(1, 65536)


class Course:
    """Which endpoint is the next."""

    def __init__(self, home: Endpoint) -> None:
        """Begin with the endpoint of the configuration."""
        self.target = self._home = home
        self._moved_to = home
        self._has_followed = False

    def begin(self, *, after: BrokerMoved | None = None) -> None:
        """
        Begin an attempt to connect.

        Args:
            after: How the connection before ended, where the broker itself sent us on.

        Raises:
            BrokerRefused: It sends us on to nowhere.

        """
        self._has_followed = False
        self.target, was = self._moved_to, self.target
        if after is not None:
            self.target = was
            self.follow(after)

    def follow(self, moved: BrokerMoved) -> None:
        """
        Take up the server the target names.

        Raises:
            BrokerRefused: It is the second in this attempt, or the target itself, or no name.

        """
        there = _named(moved.reference, self.target)
        if there is None or there == self.target:
            raise BrokerRefused(f"{moved}: that is no other server; ask who runs the broker", code=moved.code)
        if self._has_followed:
            raise BrokerRefused(f"{moved}, a second time: not followed; ask who runs the broker", code=moved.code)
        self._has_followed = True
        self.target = there
        if moved.code == MOVED:
            self._moved_to = there

    def failed(self) -> None:
        """Hear that the target does not take us: the next attempt is at home."""
        self._moved_to = self._home


def _named(reference: str, target: Endpoint) -> Endpoint | None:
    """Return the endpoint under the first name of a server reference; None if there is none."""
    first = reference.split(maxsplit=1)[:1]
    found = _REFERENCE.fullmatch(first[0]) if first else None
    if found is None:
        return None
    port = int(found["port"] or target.port)
    return replace(target, host=found["v6"] or found["name"], port=port) if port in PORTS else None
