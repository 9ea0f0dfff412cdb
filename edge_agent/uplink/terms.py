"""What we ask of a broker, what it grants, what it says: values only. No socket, and nothing of paho."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edge_agent.uplink.reasons import BrokerRefused

MQTT_5 = 5
MAX_PACKET_BYTES = 100_000
"""Our own cap, below that of the large hosted brokers (128 kB)."""
PACKET_OVERHEAD_BYTES = 20
"""Upper bound of what a PUBLISH has beside topic and payload: header 5, lengths 4, properties at most 11."""
RECEIVE_MAXIMUM_311 = 100
"""MQTT 3.1.1 cannot grant a window; hosted brokers end connections above this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Will:
    """What the broker says for us when the connection ends without a word. Retained, QoS 1."""

    topic: str
    payload: bytes
    delay_s: int = 60
    """A shorter interruption is not worth a word; MQTT 5 only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where the broker is and who we are there."""

    host: str
    port: int
    client_id: str
    keepalive_s: int = 30
    tls: bool = True
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    will: Will | None = None

    @property
    def where(self) -> str:
        """The broker's name in messages."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the broker granted."""

    protocol: int
    """5, or 4 for MQTT 3.1.1."""
    max_packet_bytes: int
    """Our own cap or the broker's, whichever is smaller."""
    receive_maximum: int
    """QoS 1 messages that may be under way at once."""
    keepalive_s: int
    has_shared_subscriptions: bool

    def payload_bytes(self, topic: str) -> int:
        """Return how large a payload on this topic may be."""
        return self.max_packet_bytes - len(topic.encode()) - PACKET_OVERHEAD_BYTES


@dataclass(frozen=True, slots=True)
class Published:
    """The broker's word on a QoS 1 message: its PUBACK."""

    mid: int
    code: int
    """Reason code; below 0x80 is good. MQTT 3.1.1 cannot refuse: always 0."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message on a topic subscribed to."""

    topic: str
    payload: bytes
    is_retained: bool


Happened = Published | Arrived


def granted(endpoint: Endpoint, protocol: int, values: Mapping[str, Any]) -> Limits:
    """
    Return the limits in the properties of a CONNACK.

    Raises:
        BrokerRefused: Without QoS 1 and retained messages there is no receipt.

    """
    if protocol != MQTT_5:
        return Limits(
            protocol=protocol,
            max_packet_bytes=MAX_PACKET_BYTES,
            receive_maximum=RECEIVE_MAXIMUM_311,
            keepalive_s=endpoint.keepalive_s,
            has_shared_subscriptions=False,
        )
    if values.get("MaximumQoS", 1) < 1 or not values.get("RetainAvailable", 1):
        raise BrokerRefused(f"{endpoint.where}: the broker grants no QoS 1 or keeps no retained messages; allow both")
    return Limits(
        protocol=protocol,
        max_packet_bytes=min(MAX_PACKET_BYTES, values.get("MaximumPacketSize", MAX_PACKET_BYTES)),
        receive_maximum=values.get("ReceiveMaximum", 65535),
        keepalive_s=values.get("ServerKeepAlive", endpoint.keepalive_s),
        has_shared_subscriptions=bool(values.get("SharedSubscriptionAvailable", 1)),
    )
