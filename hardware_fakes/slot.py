"""One reader slot of the laboratory: cards are put down and taken away here, faults made, and what arrives is kept.

Whoever dials the slot's socket reads it: the real pcscd through `fakeifd.c`, or `SlotReader` in this process.
Wire: unix SEQPACKET, a packet a message. Questions: `S` presence, `U` power up (answer: ATR), `T` APDU, `X` escape
command, `I` channel id. Answers begin with `+`, or are `-` alone. A line on which `E` was said is pushed `!` whenever
something moved, and is asked nothing.
"""

import selectors
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Condition, Thread
from typing import Self

from hardware_fakes.card import Card

_PACKET_MAX = 65_600
_PRESENT, _ABSENT, _GONE, _FAULTY = b"P", b"A", b"G", b"E"


class Slot:
    """A reader slot, served by a thread of its own from construction to `close`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.apdus: list[bytes] = []
        """Every APDU that came, oldest first."""
        self.escapes: list[bytes] = []
        """Every escape command that came: lamp and buzzer."""
        self.channel_id = 0
        """What the reader gives as SCARD_ATTR_CHANNEL_ID; 0x0020_bus_address for USB."""
        self.refuses_escapes = False
        self._card: Card | None = None
        self._powered: Card | None = None
        self._is_plugged = True
        self._is_faulty = False
        self._changed = Condition()
        self._pushed: list[socket.socket] = []
        self._waker, self._wakened = socket.socketpair()
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        path.unlink(missing_ok=True)
        self._server.bind(str(path))
        self._server.listen(16)
        self._thread = Thread(target=self._serve, name=f"slot-{path.stem}", daemon=True)
        self._thread.start()

    # ------------------------------------------------------------ what a hand does
    def insert(self, card: Card) -> None:
        """Put a card down, in place of one that rests there."""
        self._set(card=card)

    def remove(self) -> None:
        """Take the card away."""
        self._set(card=None)

    def swap_unseen(self, card: Card) -> None:
        """
        Put another card in the place of the first between two looks of the reader: nothing is pushed.

        It answers nothing before it is powered up, as any card.
        """
        self._card = card

    def unplug(self) -> None:
        """Pull the reader's cable; a card goes with it."""
        self._set(card=None, is_plugged=False)

    def plug(self, card: Card | None = None) -> None:
        """Plug the reader in, with a card resting on it or none."""
        self._set(card=card, is_plugged=True)

    def fail(self) -> None:
        """Let the reader answer its driver with communication errors."""
        self._set(card=self._card, is_faulty=True)

    def heal(self) -> None:
        """End what `fail` began."""
        self._set(card=self._card, is_faulty=False)

    # ------------------------------------------------------------ what a test sees
    def wait_until(self, condition: Callable[["Slot"], bool], *, timeout_s: float = 5.0) -> None:
        """
        Wait until the condition holds; it is asked again whenever something reached the slot.

        Raises:
            TimeoutError: It did not in time.

        """
        with self._changed:
            if not self._changed.wait_for(lambda: condition(self), timeout_s):
                raise TimeoutError(
                    f"{self.path.name}: {len(self.apdus)} APDUs, {len(self.escapes)} escape commands came"
                )

    def wait_for_watcher(self, *, timeout_s: float = 5.0) -> None:
        """Wait until somebody is told when something moves."""
        self.wait_until(lambda slot: bool(slot._pushed), timeout_s=timeout_s)  # noqa: SLF001 - our own

    def forget_watchers(self) -> None:
        """Let `wait_for_watcher` wait for the next one; those of now are not told any more."""
        with self._changed:
            self._pushed.clear()

    def close(self) -> None:
        """Stop serving; whoever is connected sees the reader die."""
        self._waker.close()
        self._thread.join()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------ how it is served
    def _set(self, *, card: Card | None, is_plugged: bool | None = None, is_faulty: bool | None = None) -> None:
        self._card = card
        self._is_plugged = self._is_plugged if is_plugged is None else is_plugged
        self._is_faulty = self._is_faulty if is_faulty is None else is_faulty
        with self._changed:
            for watcher in self._pushed:
                with suppress(OSError):  # full: it has news to read; broken: the serving thread drops it
                    watcher.send(b"!", socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)

    def _serve(self) -> None:
        with selectors.DefaultSelector() as selector, self._server, self._wakened:
            selector.register(self._server, selectors.EVENT_READ)
            selector.register(self._wakened, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self._wakened:
                        self._drop_all(selector)
                        return
                    if key.fileobj is self._server:
                        selector.register(self._server.accept()[0], selectors.EVENT_READ)
                    elif isinstance(key.fileobj, socket.socket):
                        self._hear(selector, key.fileobj)

    def _hear(self, selector: selectors.BaseSelector, line: socket.socket) -> None:
        try:
            packet = line.recv(_PACKET_MAX)
            if packet == b"E":
                with self._changed:
                    self._pushed.append(line)
                    self._changed.notify_all()
            elif packet:
                answer = self._answer(packet[:1], packet[1:])
                line.send(b"-" if answer is None else b"+" + answer, socket.MSG_NOSIGNAL)
        except OSError:
            packet = b""
        if not packet:
            self._drop(selector, line)

    def _answer(self, question: bytes, content: bytes) -> bytes | None:
        if question == b"S":
            return self._presence()
        if not self._is_plugged or self._is_faulty:
            return None
        if question == b"X":
            self._keep(self.escapes, content)
            return None if self.refuses_escapes else b"\x90\x00"
        if question == b"I":
            return self.channel_id.to_bytes(4, "little") if self.channel_id else None
        return self._answer_of(self._card, question, content)

    def _answer_of(self, card: Card | None, question: bytes, content: bytes) -> bytes | None:
        if question == b"T":
            self._keep(self.apdus, content)
            return card.answer(content) if card and card is self._powered else None
        if question != b"U":
            return None
        self._powered = card
        return card.atr if card else None

    def _presence(self) -> bytes:
        if not self._is_plugged:
            return _GONE
        if self._is_faulty:
            return _FAULTY
        return _PRESENT if self._card else _ABSENT

    def _keep(self, record: list[bytes], packet: bytes) -> None:
        with self._changed:
            record.append(packet)
            self._changed.notify_all()

    def _drop(self, selector: selectors.BaseSelector, line: socket.socket) -> None:
        with self._changed:
            self._pushed = [each for each in self._pushed if each is not line]
        selector.unregister(line)
        line.close()

    def _drop_all(self, selector: selectors.BaseSelector) -> None:
        for key in list(selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket) and key.fileobj not in (self._server, self._wakened):
                self._drop(selector, key.fileobj)
