"""The PIN of a modem's SIM, given as rarely as can be: after three wrong ones it is locked. Knows no port."""

import os
from pathlib import Path

from drivers.contract import ReaderBroken
from drivers.dialogue import Ask, Talk
from drivers.modem_state import ModemState

READY = {"READY", "SIM PIN2", "SIM PUK2"}
"""What a SIM says that lets calls in: PIN2 guards nothing we need."""
_LOCKED = "SIM PIN"
_TRIES = 3
_DIGITS = range(4, 9)
_CREDENTIAL = "credential:"


class Pin:
    """
    The PIN in a file, and those that were refused.

    Rule: one content of the file is tried once. As nobody remembers that through a restart, the first is tried only
    where the SIM has all its three tries, if the modem can tell; the last try is never used.
    """

    def __init__(self, owner: str, reference: str) -> None:
        """Take the PIN from this file; `credential:NAME` is one of systemd's, empty: none."""
        self._owner = owner
        self._reference = reference
        self._refused: set[str] = set()

    def enter(self, state: ModemState) -> Talk:
        """
        Unlock the SIM.

        Raises:
            ReaderBroken: It stays locked. The message says what to do, and holds no PIN.

        """
        if state.sim != _LOCKED:
            raise self._broken(f"the SIM wants {state.sim}: put it into a telephone and unlock it")
        pin = self._read()
        state.pin_tries = None
        for question in ("AT+CPINR", "AT+QPINC?"):
            yield Ask(command=question)
            if state.pin_tries is not None:
                break
        self._forbid(pin, state.pin_tries)
        # Before it is tried: a modem that is unplugged now may have counted it.
        self._refused.add(pin)
        reply = yield Ask(command=f'AT+CPIN="{pin}"', patience_s=20.0)
        if reply.error:
            raise self._broken(f"the SIM refused the PIN ({reply.error}); correct modem_pin_file, it is read again")
        self._refused.discard(pin)
        state.sim = "READY"

    def _forbid(self, pin: str, left: int | None) -> None:
        if pin in self._refused:
            raise self._broken("the SIM refused this PIN before; correct modem_pin_file, it is read again")
        least = _TRIES - min(len(self._refused), 1)
        if len(self._refused) >= _TRIES - 1 or (left is not None and left < least):
            told = "" if left is None else f", {left} left"
            raise self._broken(f"a try of the PIN has been used already{told}: enter it once in a telephone")

    def _read(self) -> str:
        if not self._reference:
            raise self._broken("the SIM wants a PIN: set modem_pin_file, or take the PIN off in a telephone")
        try:
            pin = _path(self._reference).read_text(encoding="ascii").strip()
        except (OSError, ValueError) as exc:
            raise self._broken("modem_pin_file cannot be read; see: edge-agent config check") from exc
        if not (pin.isascii() and pin.isdigit() and len(pin) in _DIGITS):
            raise self._broken("modem_pin_file holds no PIN of 4 to 8 digits")
        return pin

    def _broken(self, what: str) -> ReaderBroken:
        return ReaderBroken(f"{self._owner}: {what}")


def _path(reference: str) -> Path:
    if reference.startswith(_CREDENTIAL):
        return Path(os.environ.get("CREDENTIALS_DIRECTORY", "")) / reference.removeprefix(_CREDENTIAL)
    return Path(reference)
