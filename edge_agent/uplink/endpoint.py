"""From the table [broker] to where and as whom to connect. Reads the password; connects nothing."""

from edge_agent.config.secrets import read_secret, secret_path
from edge_agent.config.settings import Broker
from edge_agent.uplink.mqtt import Endpoint


def endpoint(broker: Broker, *, client_id: str) -> Endpoint:
    """
    Return the endpoint.

    Raises:
        SecretUnavailable: The password cannot be read.

    """
    return Endpoint(
        host=broker.host,
        port=broker.port,
        client_id=client_id,
        keepalive_s=broker.keepalive_s,
        tls=broker.tls,
        ca_file=broker.ca_file,
        cert_file=broker.cert_file,
        key_file=str(secret_path(broker.key_file)) if broker.key_file else "",
        username=broker.username,
        password=read_secret(broker.password_file).decode() if broker.password_file else "",
    )
