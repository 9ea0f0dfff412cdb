"""What of a transaction is worth a line in the log, and whether it was said already. Decides nothing."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

from edge_agent.core.events import EpochData
from edge_agent.receiver.keep import Kept
from edge_agent.receiver.unpack import Garbage, Refused

log = logging.getLogger(__name__)

OTHER_KEY = "a gateway signs with another key"
CONTRADICTION = "a gateway's checkpoint contradicts its events"


@dataclass(slots=True)
class News:
    """Gathered within a transaction; told when it is committed."""

    generation: int | None = None
    """The new generation, where the file was found to be a restored backup."""
    refused: dict[tuple[str, str], None] = field(default_factory=dict)
    wrong: dict[tuple[str, str], None] = field(default_factory=dict)
    beginnings: list[tuple[str, EpochData]] = field(default_factory=list)

    def kept(self, gateway: str, kept: Kept) -> None:
        """Hear what came of a stream's items."""
        if kept.breaks:
            self.refused[gateway, "chain"] = None
        self.beginnings += [(gateway, data) for data in kept.beginnings]

    def rejected(self, gateway: str, items: Iterable[Refused | Garbage]) -> None:
        """Hear what was refused."""
        for item in items:
            self.refused[gateway, "garbage" if isinstance(item, Garbage) else item.code] = None

    def key(self, gateway: str, *, is_other: bool) -> None:
        """Hear whether a gateway's key is another one than before."""
        if is_other:
            self.wrong[gateway, OTHER_KEY] = None

    def checkpoint(self, gateway: str, *, contradicts: bool) -> None:
        """Hear whether a checkpoint names another hash than we hold."""
        if contradicts:
            self.wrong[gateway, CONTRADICTION] = None


class Teller:
    """Tells; the same of the same gateway once only, so that a broken box cannot fill the log."""

    def __init__(self) -> None:
        self._told: set[tuple[str, str]] = set()

    def tell(self, news: News) -> None:
        """Log what is new."""
        for gateway, code in news.refused:
            if self._is_new(gateway, code):
                log.warning("refused what a gateway sent", extra={"gateway": gateway, "code": code})
        for gateway, says in news.wrong:
            if self._is_new(gateway, says):
                log.error(says, extra={"gateway": gateway})
        for gateway, data in news.beginnings:
            log.warning(
                "a gateway began a new epoch",
                extra={"gateway": gateway, "reason": data.reason, "carried": data.carried, "lost": data.lost_count},
            )
        if news.generation is not None:
            log.warning("this file was set back: gateways send again", extra={"generation": news.generation})

    def _is_new(self, gateway: str, says: str) -> bool:
        is_new = (gateway, says) not in self._told
        self._told.add((gateway, says))
        return is_new
