"""How the link stands, for people and for other threads: values and words. Decides nothing."""

from dataclasses import dataclass

from edge_agent.uplink.courier import Courier


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkStatus:
    """How the link stands. Times are nanoseconds of the boot clock, except where the name says UTC."""

    is_connected: bool = False
    error: str = "not connected yet"
    """Why not, or what is wrong although it is connected; empty if all is well."""
    protocol: int | None = None
    """5, or 4 for MQTT 3.1.1; None while not connected."""
    since_ns: int
    """When `is_connected` last changed."""
    in_flight: int = 0
    """Messages the broker has not acknowledged."""
    receipt: str
    """Whose word allows pruning: `receiver` or `broker`."""
    upto: int = 0
    """Everything up to here is receipted."""
    heard_utc_ns: int | None = None
    """When the last receipt came; None if none did, or the clock could not be believed."""
    is_forked: bool = False
    """The receiver knows other or later events of this epoch: a copied or restored disk. Nothing is sent."""
    is_taken: bool = False
    """Another box uses our identity. Nothing is sent until the agent is restarted."""
    ticked_ns: int
    """When the thread last showed a sign of life."""


def trouble(where: str, courier: Courier) -> str:
    """Return what is wrong although the broker is connected; empty if nothing is."""
    if courier.tally.is_forked:
        return (
            f"{where}: the receiver knows other or later events of this spool: "
            "was the disk copied or set back? None is sent"
        )
    if courier.refused:
        said = ", ".join(f"up/{leaf} (0x{code:02X})" for leaf, code in courier.refused.items())
        return f"{where}: the broker refuses messages on {said}; check its access rules for this gateway"
    if courier.too_large is not None:
        return f"{where}: event {courier.too_large} is larger than this broker takes; raise its packet size"
    if courier.broken_at is not None:
        return (
            f"the receiver finds the history broken at event {courier.broken_at}: "
            "was the spool changed by hand? It keeps both sides; look with: edge-agent spool verify"
        )
    return ""
