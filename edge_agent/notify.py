"""Tell systemd how things stand (sd_notify(3)). Silent where nobody asked."""

import os
import socket

NS_PER_US = 1000


class Notify:
    """One datagram per message to the service manager."""

    def __init__(self) -> None:
        address = os.environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        asked_us = int(os.environ.get("WATCHDOG_USEC", "0"))
        self.watchdog_s: float | None = asked_us / 1_000_000 if asked_us else None
        """How long systemd waits for a sign of life before it restarts us; None where it does not."""

    def ready(self) -> None:
        """Everything is started."""
        self._send("READY=1")

    def stopping(self) -> None:
        """SIGTERM was heard."""
        self._send("STOPPING=1")

    def status(self, text: str) -> None:
        """Show one line in `systemctl status`."""
        self._send("STATUS=" + text.replace("\n", " "))

    def watchdog(self) -> None:
        """Every part moved."""
        self._send("WATCHDOG=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
            try:
                sock.connect(self._address)
                sock.sendall(message.encode())
            except OSError:
                # The service manager restarts: it asks again through the next message.
                return
