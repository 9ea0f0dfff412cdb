"""One attempt to connect, in a thread of its own: a name server that does not answer cannot be interrupted.

The uplink's thread meanwhile shows that it lives, writes down receipts and stops when it is told to.
"""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread

from edge_agent.uplink import tls
from edge_agent.uplink.mqtt import Session


class Opening:
    """A session to come."""

    def __init__(self, connect: Callable[[], Session], *, done: Callable[[], None]) -> None:
        """
        Begin.

        Args:
            connect: Returns the session, or raises; called in another thread.
            done: Called from there at the end.

        """
        self._future: Future[Session] = Future()
        self._future.add_done_callback(lambda _: done())
        Thread(target=self._run, args=(connect,), name="connect", daemon=True).start()

    @property
    def is_done(self) -> bool:
        """Whether `session` would not wait."""
        return self._future.done()

    def session(self) -> Session:
        """
        Return the session.

        Raises:
            BrokerError: There is none, and why.

        """
        session = self._future.result()
        tls.forget_errors()
        return session

    def abandon(self) -> None:
        """Want it no more: should it come after all, it is closed."""
        self._future.add_done_callback(_close)

    def _run(self, connect: Callable[[], Session]) -> None:
        try:
            session = connect()
        except BaseException as exc:  # noqa: BLE001 - handed to the uplink's thread, whatever it is
            self._future.set_exception(exc)
        else:
            self._future.set_result(session)


def _close(future: "Future[Session]") -> None:
    if future.exception() is None:
        future.result().close()
