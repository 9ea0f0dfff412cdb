"""What every reader promises, whatever it is made of: the same tests over a simulated one, the real pcscd, and nfcpy.

By hand over real hardware: `pytest tests/drivers/test_reader_contract.py --device '*ACR1252*' -s`.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event

import pytest

from drivers.contract import Answer, AnswerKind, Medium, Reader, ReaderBroken, ReaderLost, ReaderName
from drivers.line import SerialReader
from drivers.wedge import WedgeReader
from drivers.wiegand import WiegandReader
from hardware_fakes import wedge
from hardware_fakes.card import Card
from hardware_fakes.pn532 import PN532
from hardware_fakes.rcs380 import RCS380
from hardware_fakes.reader import SlotReader
from hardware_fakes.serial_reader import FakeLineReader, FakeWiegandConverter
from hardware_fakes.slot import Slot
from hardware_fakes.usb_bus import UsbBus
from hardware_fakes.watching import Watching, boot_ns

CARD_1, CARD_2 = Card.felica(b"01234567"), Card.mifare_classic(b"8901")
GREEN = "FF 00 40 2E 00"


class SlotHand:
    """Moves cards in the laboratory."""

    rests = has_lamp = True

    def __init__(self, slot: Slot) -> None:
        self.put, self.take, self.unplug, self.plug = slot.insert, slot.remove, slot.unplug, slot.plug
        self.lights = slot.escapes

    @staticmethod
    def token(card: Card) -> bytes:
        return card.number


class NfcHand:
    """Moves cards over a contactless chip that nfcpy reads."""

    rests, has_lamp = True, False
    lights = None

    def __init__(self, chip: PN532 | RCS380, bus: UsbBus | None = None) -> None:
        self.put, self.take = chip.put, chip.take
        self.unplug, self.plug = (
            (chip.unplug, chip.plug) if bus is None else (partial(bus.unplug, chip), partial(bus.plug, chip))
        )

    @staticmethod
    def token(card: Card) -> bytes:
        return card.number


class LineHand:
    """Touches readers that say what they saw once, and then know nothing of it."""

    rests = has_lamp = False
    lights = None

    def __init__(self, reader: FakeLineReader | wedge.FakeWedge, *, number_bytes: int) -> None:
        self._reader, self._number_bytes = reader, number_bytes
        self.unplug, self.plug = reader.unplug, reader.plug

    def put(self, card: Card) -> None:
        self._reader.touch(self.token(card))

    def take(self) -> None:
        """The reader does not notice."""

    def token(self, card: Card) -> bytes:
        return card.number[: self._number_bytes]


class HumanHand:
    """Asks the person in front of the reader; which card is which is learnt as they come."""

    rests = has_lamp = True

    def __init__(self) -> None:
        self.lights = None

    def put(self, card: Card) -> None:
        self._ask(f"put card {1 if card is CARD_1 else 2} on the reader")

    def take(self) -> None:
        self._ask("take the card away")

    def unplug(self) -> None:
        self._ask("unplug the reader")

    def plug(self) -> None:
        self._ask("plug the reader in")

    @staticmethod
    def token(card: Card) -> bytes | None:
        del card
        return None

    @staticmethod
    def _ask(what: str) -> None:
        print(f"\n>>> {what}", flush=True)  # noqa: T201 - a person is asked to act


@dataclass
class Bench:
    """A reader to be made, and the hand that moves its cards."""

    hand: SlotHand | NfcHand | LineHand | HumanHand
    make: Callable[..., Reader]
    patience_s: float = 5.0
    options: dict[str, object] = field(default_factory=dict)
    nowhere: dict[str, object] = field(default_factory=lambda: {"match": "no such reader", "port": "/dev/no-such-port"})
    """Settings of a reader that is not there."""

    def reader(self, **options: object) -> Reader:
        wanted = inspect.signature(self.make).parameters
        given = {"name": ReaderName("gate-1"), "now_ns": boot_ns} | self.options | options
        return self.make(**{name: value for name, value in given.items() if name in wanted})


NFC = {"nfc-pn532": PN532, "nfc-rcs380": RCS380}
LINES: dict[str, tuple[Callable[..., Reader], Callable[[Path], FakeLineReader | wedge.FakeWedge], int]] = {
    "serial": (SerialReader, FakeLineReader, 10),
    "wiegand": (WiegandReader, FakeWiegandConverter, 3),
    "wedge": (WedgeReader, wedge.FakeWedge, 10),
}


@pytest.fixture(params=["simulated", *NFC, pytest.param("pcsc", marks=pytest.mark.pcscd), *LINES])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    device = request.config.getoption("--device")
    if request.param != "pcsc" and device:
        pytest.skip("by hand, only the device is tested")
    if request.param in NFC:
        yield from nfc_bench(NFC[request.param], tmp_path)
        return
    if request.param in LINES:
        # Their real patience is a second, which test_line_readers keeps; here it would only be waited for.
        for module in ("line", "wedge", "wiegand"):
            request.getfixturevalue("monkeypatch").setattr(f"drivers.{module}.IDLE_S", 0.1)
        make, fake, number_bytes = LINES[request.param]
        with ExitStack() as stack:
            reader = stack.enter_context(fake(tmp_path / "port"))
            options = {"port": str(reader.path), "grab": wedge.grab}
            yield Bench(LineHand(reader, number_bytes=number_bytes), make, options=options)
        return
    if request.param == "simulated":
        with Slot(tmp_path / "slot.sock") as slot:
            yield Bench(SlotHand(slot), SlotReader, options={"match": str(slot.path)})
        return
    if not device:
        slot = request.getfixturevalue("pcsc_lab").slots[7]
        slot.remove()
        slot.escapes.clear()
        yield Bench(SlotHand(slot), pcsc_reader(), options={"match": "lab 07*"})
        slot.plug()
        return
    yield Bench(HumanHand(), pcsc_reader(), patience_s=60.0, options={"match": device})


def nfc_bench(made: type[PN532 | RCS380], folder: Path) -> Iterator[Bench]:
    reader = pytest.importorskip("drivers.nfcpy_reader").NfcReader
    if made is PN532:
        with PN532(folder / "port") as chip:
            nowhere = {"port": str(folder / "none")}
            yield Bench(NfcHand(chip), reader, options={"port": str(chip.path)}, nowhere=nowhere)
        return
    bus = UsbBus(folder / "sys")
    options = {"sysfs": bus.sysfs, "usb_line": bus.opened}
    bus.plug(chip := made())
    yield Bench(NfcHand(chip, bus), reader, options=options, nowhere=options | {"match": "no such reader"})


def pcsc_reader() -> Callable[..., Reader]:
    return pytest.importorskip("drivers.pcsc").PcscReader


def test_card_put_down_is_one_sighting(bench: Bench) -> None:
    before_ns = boot_ns()
    with Watching(bench.reader()) as watching:
        watching.wait_until_open()
        bench.hand.put(CARD_1)
        watching.wait_for_sightings(1, timeout_s=bench.patience_s)
        watching.wait_for_signs_of_life(3)
    [sighting] = watching.sightings

    assert "gate-1" == sighting.reader
    assert Medium.CARD is sighting.medium
    assert bench.hand.token(CARD_1) in (None, sighting.token)
    assert before_ns < sighting.seen_ns < boot_ns()


def test_card_that_was_there_before_the_start_is_seen(bench: Bench) -> None:
    """A worker who holds the card to the reader while the box starts is not sent away."""
    if not bench.hand.rests:
        pytest.skip("this reader says what it saw once, to whoever listens then")
    bench.hand.put(CARD_1)
    with Watching(bench.reader()) as watching:
        watching.wait_for_sightings(1, timeout_s=bench.patience_s)

    assert [CARD_1.number] == watching.tokens()


def test_next_worker_is_seen_at_once(bench: Bench) -> None:
    with Watching(bench.reader()) as watching:
        watching.wait_until_open()
        bench.hand.put(CARD_1)
        watching.wait_for_sightings(1, timeout_s=bench.patience_s)
        bench.hand.take()
        bench.hand.put(CARD_2)
        watching.wait_for_sightings(2, timeout_s=bench.patience_s)
    first, second = watching.tokens()

    assert first != second
    assert bench.hand.token(CARD_2) in (None, second)


def test_same_card_again_after_the_window_is_seen_again(bench: Bench) -> None:
    with Watching(bench.reader(reread_window_s=0.0)) as watching:
        watching.wait_until_open()
        for count in (1, 2):
            bench.hand.put(CARD_1)
            watching.wait_for_sightings(count, timeout_s=bench.patience_s)
            bench.hand.take()
            watching.wait_for_signs_of_life(1, timeout_s=bench.patience_s)
    first, second = watching.tokens()

    assert first == second


def test_same_card_again_within_the_window_is_no_sighting(bench: Bench) -> None:
    with Watching(bench.reader(reread_window_s=60.0)) as watching:
        watching.wait_until_open()
        bench.hand.put(CARD_1)
        watching.wait_for_sightings(1, timeout_s=bench.patience_s)
        bench.hand.take()
        watching.wait_for_signs_of_life(1)
        bench.hand.put(CARD_1)
        watching.wait_for_signs_of_life(3)

        assert 1 == len(watching.sightings)


def test_idle_reader_gives_a_sign_of_life_every_second(bench: Bench) -> None:
    """The watchdog tells a quiet morning from a dead thread."""
    with Watching(bench.reader()) as watching:
        watching.wait_for_signs_of_life(2, timeout_s=2.5)

    assert [] == watching.sightings


def test_stop_ends_it_within_a_second(bench: Bench) -> None:
    with Watching(bench.reader()) as watching:
        watching.wait_until_open()
        started_ns = boot_ns()
        watching.stop()

        assert boot_ns() - started_ns < 1_200_000_000
        assert not watching.reader.probe().is_open


def test_reader_that_is_not_there_is_waited_for_or_lost(bench: Bench) -> None:
    """A box may start before its readers: that is no error of the technician's."""
    with Watching(bench.reader(**bench.nowhere)) as watching:
        watching.wait_until(lambda w: bool(w.losses) or w.signs_of_life > 0)

        assert watching.broken is None
        assert not watching.reader.probe().is_open


def test_unplugged_reader_is_lost_and_comes_back(bench: Bench) -> None:
    with Watching(bench.reader()) as watching:
        watching.wait_until_open()
        bench.hand.unplug()
        watching.wait_until(lambda w: bool(w.losses), timeout_s=bench.patience_s)
        lost = watching.losses[0]
        bench.hand.plug()
        watching.wait_until_open(timeout_s=bench.patience_s)
        bench.hand.put(CARD_1)
        watching.wait_for_sightings(1, timeout_s=bench.patience_s)

    assert str(lost).startswith("gate-1: ")
    assert "unplugged" in str(lost)


def test_answer_is_shown_at_the_reader(bench: Bench) -> None:
    if bench.hand.lights is None or not bench.hand.has_lamp:
        pytest.skip("which commands light this device is not known here")
    with Watching(bench.reader(lamp={"entered": [GREEN]}), shows=AnswerKind.ENTERED) as watching:
        watching.wait_until_open()
        bench.hand.put(CARD_1)
        watching.wait_for_sightings(1)
        watching.wait_for_signs_of_life(1)

    assert [bytes.fromhex(GREEN)] == bench.hand.lights


def test_answer_for_a_card_already_taken_away_is_no_error(bench: Bench) -> None:
    reader = bench.reader(**{"lamp": {"entered": [GREEN]}} if bench.hand.has_lamp else {})
    sightings = reader.sightings(Event())
    next(sightings)
    bench.hand.put(CARD_1)
    while next(sightings) is None:
        pass
    bench.hand.take()
    reader.show(Answer(kind=AnswerKind.ENTERED))
    sightings.close()


def test_showing_at_a_closed_reader_says_it_is_lost(bench: Bench) -> None:
    if not bench.hand.has_lamp:
        pytest.skip("has nothing to show with")
    with pytest.raises(ReaderLost, match="gate-1: not open"):
        bench.reader(lamp={"entered": [GREEN]}).show(Answer(kind=AnswerKind.ENTERED))


def test_probe_of_a_reader_not_opened_yet_touches_nothing(bench: Bench) -> None:
    probe = bench.reader().probe()

    assert not probe.is_open
    assert not probe.device


def test_wrong_lamp_is_the_technicians_to_mend(bench: Bench) -> None:
    if not bench.hand.has_lamp:
        pytest.skip("this reader has no lamp")
    with pytest.raises(ReaderBroken, match=r"gate-1: .*'green' is not a valid AnswerKind"):
        bench.reader(lamp={"green": [GREEN]})
