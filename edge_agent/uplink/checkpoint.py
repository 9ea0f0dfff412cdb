"""Sign the box's history from time to time, also without a connection. Sends nothing.

What was signed cannot be changed unseen afterwards, not even by who has the key: the signature lies in the spool and,
retained, at the broker and the receiver.
"""

import logging
from dataclasses import replace
from pathlib import Path

from edge_agent.clock import Clock
from edge_agent.core.calendar import rfc3339
from edge_agent.core.message import Checkpoint
from edge_agent.core.touch import NS_PER_S
from edge_agent.core.wire import chain_hash
from edge_agent.signing import KeyUnavailable, SigningKey
from edge_agent.uplink.shelf import Shelf
from spool.transaction import Signed

log = logging.getLogger(__name__)


class Notary:
    """One thread's signing of new events, at most once in so many seconds. A key that fails is told, never fatal."""

    def __init__(
        self, *, key_path: Path | None, gateway: str, epoch: str, shelf: Shelf, clock: Clock, every_s: float
    ) -> None:
        """Read nothing yet; without a path nothing is ever signed."""
        self.error = ""
        """Why nothing is signed; empty if all is well."""
        self._key_path = key_path
        self._gateway, self._epoch = gateway, epoch
        self._shelf, self._clock = shelf, clock
        self._every_ns = round(every_s * NS_PER_S)
        self._due_ns = clock.boot_ns() + self._every_ns
        self._key: SigningKey | None = None
        self._newest: Signed | None = None

    @property
    def public(self) -> str:
        """The public key; empty while there is none."""
        return "" if self._key is None else self._key.public

    def sign(self, *, is_urgent: bool = False) -> None:
        """Sign what is new, if it is time, or if it is urgent."""
        now_ns = self._clock.boot_ns()
        if self._key_path is None or (now_ns < self._due_ns and not is_urgent):
            return
        self._due_ns = now_ns + self._every_ns
        entry = self._shelf.newest()
        self._newest = self._newest or self._shelf.signed()
        if entry is None or (self._newest is not None and self._newest.seq >= entry.seq and not is_urgent):
            return
        key = self._key or self._load(self._key_path)
        if key is not None and (self._newest is None or self._newest.seq < entry.seq):
            self._sign(key, entry.seq, chain_hash(entry.body))

    def newest(self) -> Checkpoint | None:
        """Return the newest signature as a message; None if there is none."""
        return None if self._newest is None else self._message(self._newest)

    def _sign(self, key: SigningKey, seq: int, hashed: str) -> None:
        unsigned = Signed(seq=seq, hash=hashed, signature="", key=key.public, utc_ns=self._clock.stamp().utc_ns)
        text = self._message(unsigned).signed_text()
        signed = replace(unsigned, signature=key.sign(text))
        if self._shelf.sign(signed):
            self._newest = signed

    def _message(self, signed: Signed) -> Checkpoint:
        return Checkpoint(
            gw=self._gateway,
            epoch=self._epoch,
            seq=signed.seq,
            hash=signed.hash,
            key=signed.key,
            signature=signed.signature,
            t=rfc3339(signed.utc_ns),
        )

    def _load(self, path: Path) -> SigningKey | None:
        try:
            self._key = SigningKey.load(path)
        except KeyUnavailable as exc:
            if not self.error:
                log.error("history cannot be signed", extra={"error": str(exc)})  # noqa: TRY400 - said, not traced
            self.error = str(exc)
            return None
        if self.error:
            log.info("history is signed again")
        self.error = ""
        return self._key
