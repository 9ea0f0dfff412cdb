"""Topic names. The gateway stands at a fixed level, so that one ACL pattern serves every box."""

from dataclasses import dataclass

LAB_ROOT = "lab/"
"""What a box in the laboratory puts before its root: its events are never taken for a site's."""


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics below one root, such as `gate/1` (the 1 is the wire's major version)."""

    root: str

    def up(self, gateway: str, leaf: str) -> str:
        """Return where this gateway sends: `touch`, `batchz`, `state` or `health`."""
        return f"{self.root}/{gateway}/up/{leaf}"

    def receipt(self, gateway: str) -> str:
        """Return where this gateway hears what the receiver has committed."""
        return f"{self.root}/{gateway}/down/ack"

    def every_up(self, leaf: str = "+") -> str:
        """Return the filter for what all gateways send."""
        return f"{self.root}/+/up/{leaf}"

    def sender(self, topic: str) -> tuple[str, str] | None:
        """Return (gateway, leaf) of a topic a gateway sent on; None if it is none."""
        rest = topic.removeprefix(self.root + "/").split("/")
        match rest:
            case [gateway, "up", leaf] if topic.startswith(self.root + "/"):
                return gateway, leaf
            case _:
                return None
