"""A PC/SC card reader, through pcscd. Says what was read from which card; never what that means."""

import logging
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Literal

from drivers import winscard
from drivers.contract import Answer, AnswerKind, Medium, Probe, Reader, ReaderBroken, ReaderLost, ReaderName, Sighting
from drivers.pcsc_search import Search
from drivers.sensing import Sensing
from drivers.winscard import Context, PcscError, ReaderState
from drivers.wire import apdu
from drivers.wire.apdu import ApduError, CredentialProfile

__all__ = ["CredentialProfile", "PcscReader"]

log = logging.getLogger(__name__)

_NS_PER_S = 1_000_000_000
_IDLE_S = 1.0
"""The longest wait: a sign of life, and a look at the stop event."""
_RESTING_S = 0.5
"""A card that rests is read again this often: swapped between two looks of its reader, it makes no event."""
_RETRY_S = 0.02
_QUICK_RETRIES = 5
_DENIALS_MAX = 5
"""A pcscd that is just ending hangs up on a call or two; one that does not let us in lets none succeed."""


class _UnreadableError(Exception):
    """The card gave no token this time. The message never holds what it said of itself."""


class PcscReader:
    """One reader of pcscd's, found by a pattern on its name, by the USB socket it is plugged into, or by both."""

    def __init__(
        self,
        *,
        name: ReaderName,
        now_ns: Callable[[], int],
        match: str = "*",
        usb_path: str = "",
        profiles: Sequence[CredentialProfile] = (),
        reread_window_s: float = 1.5,
        lamp: Mapping[str, Sequence[str]] | None = None,
        lamp_by: Literal["escape", "transmit"] = "escape",
        escape_code: int = winscard.ESCAPE,
        sysfs: Path = Path("/sys"),
    ) -> None:
        self._name = name
        self._now_ns = now_ns
        self._search = Search(match=match, usb_path=usb_path, sysfs=sysfs)
        self._sensing = Sensing(reread_window_s=reread_window_s)
        try:
            self._profiles = [each.compile() for each in (*profiles, CredentialProfile(name="uid"))]
            self._lamp = {
                AnswerKind(kind): [apdu.parse_hex(one) for one in all_] for kind, all_ in (lamp or {}).items()
            }
        except ValueError as exc:
            raise ReaderBroken(f"{name}: {exc}; correct the configuration") from exc
        self._lamp_by = lamp_by
        self._escape_code = escape_code
        self._context: Context | None = None
        self._device = ""
        self._whereabouts = "not opened yet"
        self._card_trouble = ""
        self._lamp_trouble = ""
        self._denials: Counter[str] = Counter()

    @property
    def name(self) -> ReaderName:
        """The name from the configuration."""
        return self._name

    def sightings(self, stop: Event) -> Iterator[Sighting | None]:
        """
        Wait until the reader is there, then yield each sighting as it happens; None at least once a second.

        Whether it is there yet says `probe`. A frozen pcscd blocks this thread for as long as it is frozen.

        Raises:
            ReaderLost: pcscd is away, or the reader went away after it was there.
            ReaderBroken: No permission, or two readers fit.

        """
        try:
            with self._translated(), Context() as context:
                self._context = context
                self._denials["SCardEstablishContext"] = 0
                self._device = yield from self._appearance(context, stop)
                yield from self._watch(context, self._device, stop)
        finally:
            self._context, self._device = None, ""
            self._sensing.left(self._now_ns())

    def show(self, answer: Answer) -> None:
        """
        Send the reader what is configured for this answer.

        Raises:
            ReaderLost: The reader or pcscd is away.

        """
        commands = self._lamp.get(answer.kind)
        if not commands:
            return
        if self._context is None:
            raise ReaderLost(f"{self._name}: not open")
        with self._translated():
            self._note_lamp(self._light(self._context, commands))

    def probe(self) -> Probe:
        """Return what is known, with what was wrong with the last card and the last lamp."""
        wrong = "; ".join(part for part in (self._card_trouble, self._lamp_trouble) if part)
        device = self._device
        return Probe(is_open=bool(device), device=device, detail=wrong or ("" if device else self._whereabouts))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except PcscError as exc:
            self._denials[exc.call] += exc.is_denied
            error = self._reader_error(exc)
            self._whereabouts = str(error)
            raise error from exc

    def _reader_error(self, exc: PcscError) -> ReaderLost | ReaderBroken:
        if exc.is_denied and self._denials[exc.call] >= _DENIALS_MAX:
            return ReaderBroken(
                f"{self._name}: pcscd does not let us in ({exc}); allow it by polkit: edge-agent help readers"
            )
        if exc.is_denied:
            return ReaderLost(f"{self._name}: pcscd hung up ({exc}); it is ending, or polkit does not allow it")
        if exc.is_service_away:
            return ReaderLost(f"{self._name}: pcscd is away ({exc}); is pcscd.socket enabled?")
        if exc.is_reader_away:
            return ReaderLost(f"{self._name}: unplugged ({exc}); check the cable")
        return ReaderLost(f"{self._name}: {exc}")

    def _appearance(self, context: Context, stop: Event) -> Generator[None, None, str]:
        # pcscd takes 16 states a call, the one for PnP among them, and may have 16 readers: to wait for either the
        # reader or the list of readers, never for both, needs no counting.
        plugged = ReaderState()
        while not stop.is_set():
            found = self._only_one(self._search.found(context))
            if found:
                return found
            self._whereabouts = f"no reader fits {self._search}; is it plugged in? see: edge-agent help readers"
            plugged = context.status_change(winscard.PNP, plugged, _IDLE_S) or plugged
            yield None
        return ""

    def _only_one(self, names: Sequence[str]) -> str:
        if len(names) > 1:
            self._whereabouts = f"{len(names)} readers fit {self._search}: {', '.join(names)}; be more exact"
            raise ReaderBroken(f"{self._name}: {self._whereabouts}")
        return names[0] if names else ""

    def _watch(self, context: Context, device: str, stop: Event) -> Iterator[Sighting | None]:
        known, failures, due_ns = ReaderState(), 0, 0
        while not stop.is_set():
            state = context.status_change(device, known, _wait_s(known, failures))
            has_moved = state is not None and state.has_moved_since(known)
            known = state or known
            if known.is_away:
                raise ReaderLost(f"{self._name}: unplugged, or does not answer its driver; check the cable")
            if has_moved:
                failures = 0
                self._sensing.left(self._now_ns())
            if not known.has_card or not (has_moved or state is None or self._now_ns() >= due_ns):
                yield None
                continue
            if failures:
                # The card was powered anew after the last look: this is its ATR now.
                known = context.state(device) or known
            sighting, failures = self._look(context, device, known.atr, failures)
            due_ns = self._now_ns() + round(_wait_s(known, failures) * _NS_PER_S)
            yield sighting

    def _look(self, context: Context, device: str, atr: bytes, failures: int) -> tuple[Sighting | None, int]:
        try:
            token = self._read(context, device, atr)
        except _UnreadableError as exc:
            self._card_trouble = f"card not readable: {exc}"
            return None, failures + 1
        self._card_trouble = ""
        now_ns = self._now_ns()
        if not self._sensing.is_new(token, now_ns):
            return None, 0
        kind = apdu.technology(atr)
        return Sighting(reader=self._name, medium=Medium.CARD, token=token, technology=kind, seen_ns=now_ns), 0

    def _read(self, context: Context, device: str, atr: bytes) -> bytes:
        profile = next(each for each in self._profiles if each.fits(atr))
        try:
            with context.connect_card(device) as card:
                self._denials.clear()
                return apdu.run(profile.steps, card.transmit)
        except ApduError as exc:
            raise _UnreadableError(f"profile {profile.name!r}: {exc}") from exc
        except PcscError as exc:
            if exc.is_fatal:
                raise
            raise _UnreadableError(str(exc)) from exc

    def _light(self, context: Context, commands: Sequence[bytes]) -> str:
        """Send the commands; return why the reader refused them, empty when it did not."""
        by_card = self._lamp_by == "transmit"
        try:
            with context.connect_card(self._device) if by_card else context.connect_reader(self._device) as line:
                for command in commands:
                    line.transmit(command) if by_card else line.control(self._escape_code, command)
        except PcscError as exc:
            if exc.is_fatal:
                raise
            # A card taken away is no error, and through it no lamp can be lit.
            return "" if exc.is_card_away else f"lamp not lit: {exc}; does the driver allow escape commands?"
        return ""

    def _note_lamp(self, trouble: str) -> None:
        if bool(trouble) != bool(self._lamp_trouble):
            log.warning("lamp lost" if trouble else "lamp back", extra={"reader": self._name})
        self._lamp_trouble = trouble


def _wait_s(state: ReaderState, failures: int) -> float:
    if not state.has_card:
        return _IDLE_S
    return _RETRY_S if 0 < failures <= _QUICK_RETRIES else _RESTING_S


if TYPE_CHECKING:
    _: type[Reader] = PcscReader
