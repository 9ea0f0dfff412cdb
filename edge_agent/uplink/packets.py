"""What is asked of paho's codec: a client that does nothing by itself, properties, reasons in words. No socket."""

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge_agent.uplink.terms import Endpoint, Limits


def client(endpoint: Endpoint, protocol: MQTTProtocolVersion) -> paho.Client:
    """Return the paho client: its codec and its socket are used, nothing else of it."""
    is_v5 = protocol == paho.MQTTv5
    client = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=endpoint.client_id,
        clean_session=None if is_v5 else True,
        protocol=protocol,
        reconnect_on_failure=False,
    )
    client.max_inflight_messages_set(0)
    if endpoint.username:
        client.username_pw_set(endpoint.username, endpoint.password)
    if endpoint.will:
        later = properties(PacketTypes.WILLMESSAGE, WillDelayInterval=endpoint.will.delay_s) if is_v5 else None
        client.will_set(endpoint.will.topic, endpoint.will.payload, qos=1, retain=True, properties=later)
    return client


def publish_properties(limits: Limits, expiry_s: int | None) -> Properties | None:
    """Return what a PUBLISH carries beside topic and payload; None for nothing."""
    if expiry_s is None or limits.protocol != paho.MQTTv5:
        return None
    return properties(PacketTypes.PUBLISH, MessageExpiryInterval=expiry_s)


def properties(packet: int, **values: int) -> Properties:
    """Return the properties of a packet."""
    made = Properties(packet)  # type: ignore[no-untyped-call]  # paho left it without types
    for name, value in values.items():
        setattr(made, name, value)
    return made


def reference(properties: Properties | None) -> str:
    """Return which server the broker names in these; empty if none."""
    return str(getattr(properties, "ServerReference", ""))


def say(packet: int, code: int) -> str:
    """Return a reason code in words."""
    try:
        return str(ReasonCode(packet, identifier=code))
    except KeyError:
        return "a reason MQTT does not know"
