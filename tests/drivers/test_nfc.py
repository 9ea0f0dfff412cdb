"""Readers by nfcpy: what is on the card is what PC/SC would say, and whatever a chip does, the gate goes on."""

import errno
import logging
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import contactless, registry
from drivers.contactless import ChipError
from drivers.contactless_link import Bounded, SerialLink
from drivers.contract import ReaderBroken, ReaderLost, ReaderName
from drivers.nfcpy_reader import NfcReader
from drivers.port import Port
from hardware_fakes import air
from hardware_fakes.acr122u import ACR122U
from hardware_fakes.card import Card
from hardware_fakes.pn532 import PN532, Fault
from hardware_fakes.rcs380 import RCS380
from hardware_fakes.reader import SlotReader
from hardware_fakes.slot import Slot
from hardware_fakes.usb_bus import UsbBus
from hardware_fakes.usb_chip import UsbChip
from hardware_fakes.watching import Watching, boot_ns

NAME = ReaderName("gate-1")
CARDS = [
    Card.felica(b"01234567"),
    Card.mifare_classic(b"8901"),
    Card.mifare_classic(b"7654321"),
    Card.iso14443_4(b"4321"),
    Card.iso14443_4(b"1234567"),
]
USB_CHIPS = {"rcs380": RCS380, "acr122u": ACR122U}


@pytest.fixture
def pn532(tmp_path: Path) -> Iterator[PN532]:
    with PN532(tmp_path / "pci-0000:00:14.0-usb-0:1.4:1.0-port0", air_s=0.001) as chip:
        yield chip


@pytest.fixture
def bus(tmp_path: Path) -> UsbBus:
    return UsbBus(tmp_path / "sys")


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def serial_reader(chip: PN532, **options: object) -> NfcReader:
    return NfcReader(name=NAME, now_ns=boot_ns, port=str(chip.path), nfc_poll_ms=0, **options)


def usb_reader(bus: UsbBus, **options: object) -> NfcReader:
    return NfcReader(name=NAME, now_ns=boot_ns, sysfs=bus.sysfs, usb_line=bus.opened, nfc_poll_ms=0, **options)


@pytest.fixture(params=["pn532", "rcs380"])
def lab(request: pytest.FixtureRequest, bus: UsbBus) -> tuple[PN532 | RCS380, Callable[..., NfcReader]]:
    """A chip and what makes its reader."""
    if request.param == "pn532":
        chip = request.getfixturevalue("pn532")
        return chip, lambda **options: serial_reader(chip, **options)
    bus.plug(usb_chip := RCS380())
    return usb_chip, lambda **options: usb_reader(bus, **options)


# ---------------------------------------------------------------- what is read
@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.number.decode())
def test_a_card_is_the_same_worker_here_and_at_pcsc(lab, card: Card, tmp_path: Path) -> None:
    """A worker enters at one gate and leaves at another, whose readers are of another kind."""
    chip, make = lab
    with Slot(tmp_path / "slot") as slot:
        slot.insert(card)
        with Watching(SlotReader(name=NAME, now_ns=boot_ns, match=str(slot.path))) as by_pcsc:
            by_pcsc.wait_for_sightings(1)
    chip.put(card)
    with Watching(make()) as by_nfcpy:
        by_nfcpy.wait_for_sightings(1)
    [want], [seen] = by_pcsc.sightings, by_nfcpy.sightings

    assert (want.token, want.technology, want.medium) == (seen.token, seen.technology, seen.medium)


def test_an_acr122u_reads_every_kind(bus: UsbBus) -> None:
    bus.plug(chip := ACR122U())
    with Watching(usb_reader(bus)) as watching:
        for number, card in enumerate([*CARDS, air.TypeB(pupi=b"pupi")], 1):
            chip.put(card)
            watching.wait_for_sightings(number)

    assert [*(card.number for card in CARDS), b"pupi"] == watching.tokens()


def test_a_uid_of_ten_bytes_is_read_whole(lab) -> None:
    chip, make = lab
    chip.put(air.TypeA(number=b"0123456789"))
    with Watching(make()) as watching:
        watching.wait_for_sightings(1)

    assert [b"0123456789"] == watching.tokens()


def test_a_type_b_card_is_its_pupi(lab) -> None:
    chip, make = lab
    chip.put(air.TypeB(pupi=b"pupi"))
    with Watching(make()) as watching:
        watching.wait_for_sightings(1)

    assert [(b"pupi", "iso14443-4")] == [(each.token, each.technology) for each in watching.sightings]


@pytest.mark.parametrize(
    "card", [air.TypeB(draw=air.drawn()), air.TypeA(sak=0x20, draw=air.drawn(b"\x08"))], ids=["b", "a"]
)
def test_a_card_that_draws_its_number_anew_is_one_sighting_while_it_rests(lab, card: air.OnAir) -> None:
    """A driving licence in a wallet would be ten unknown workers a second."""
    chip, make = lab
    with Watching(make()) as watching:
        watching.wait_until_open()
        chip.put(card)
        watching.wait_for_sightings(1)
        watching.wait_for_signs_of_life(1)

        assert 1 == len(watching.sightings)


@pytest.mark.parametrize("target", ["212F", "424F"])
def test_only_the_system_asked_for_is_found(lab, target: str) -> None:
    chip, make = lab
    chip.put(air.Felica(idm=b"01234567", system_code=0xFE00))
    with Watching(make(nfc_targets=[target], nfc_system_code="0003")) as watching:
        watching.wait_for_signs_of_life(1)
        assert not watching.sightings
        chip.put(air.Felica(idm=b"76543210", system_code=0x0003))
        watching.wait_for_sightings(1)

    assert [b"76543210"] == watching.tokens()


def test_only_the_kinds_asked_for_are_found(lab) -> None:
    chip, make = lab
    chip.put(CARDS[1])
    with Watching(make(nfc_targets=["212F"])) as watching:
        watching.wait_for_signs_of_life(2)

        assert not watching.sightings


def test_with_two_cards_in_one_the_first_kind_asked_for_counts(pn532: PN532) -> None:
    class Both(air.Felica):
        def uid(self) -> tuple[bytes, int]:
            return b"8901", 0x20

    pn532.put(Both(idm=b"01234567"))
    with Watching(serial_reader(pn532, nfc_targets=["106A", "212F"])) as watching:
        watching.wait_for_sightings(1)

    assert [b"8901"] == watching.tokens()


# ---------------------------------------------------------------- what goes wrong
@pytest.mark.parametrize("fault", list(Fault)[1:])
def test_a_chip_that_fails_is_lost_with_advice_and_comes_back(pn532: PN532, fault: Fault) -> None:
    with Watching(serial_reader(pn532)) as watching:
        watching.wait_until_open()
        pn532.fault = fault
        watching.wait_until(lambda w: len(w.losses) >= 2)
        pn532.fault = Fault.NONE
        pn532.put(CARDS[0])
        watching.wait_for_sightings(1)
    lost, not_found = watching.losses[:2]

    assert "gate-1: does not answer any more" in str(lost)
    assert "no PN532 answers" in str(not_found)
    assert "is TX wired to RX" in str(not_found)


@pytest.mark.parametrize("made", USB_CHIPS.values(), ids=USB_CHIPS)
def test_a_usb_chip_that_falls_silent_is_lost_with_advice(bus: UsbBus, made: type[UsbChip]) -> None:
    bus.plug(chip := made())
    with Watching(usb_reader(bus)) as watching:
        watching.wait_until_open()
        chip.is_dead = True
        watching.wait_until(lambda w: len(w.losses) >= 2, timeout_s=15)

        assert "does not answer any more" in str(watching.losses[0])
        assert "plug it in anew" in str(watching.losses[1])


def test_one_lost_frame_is_no_loss(pn532: PN532) -> None:
    """A long cable beside a generator loses a byte now and then."""
    frames = count()
    pn532.garble_frame = lambda frame: frame[:-3] if next(frames) % 50 == 20 else frame
    with Watching(serial_reader(pn532)) as watching:
        watching.wait_until_open()
        pn532.wait_for_looks(100, timeout_s=20)
        pn532.put(CARDS[0])
        watching.wait_for_sightings(1)

    assert not watching.losses


def test_trouble_of_the_last_look_is_told_when_asked(pn532: PN532) -> None:
    reader = serial_reader(pn532)
    sightings = reader.sightings(Event())
    next(sightings)
    pn532.fault = Fault.DEAD
    with pytest.raises(ReaderLost):
        for _ in sightings:
            pass

    assert "does not answer any more" in reader.probe().detail


def test_a_dead_chip_does_not_hold_up_the_stop(pn532: PN532) -> None:
    with Watching(serial_reader(pn532)) as watching:
        watching.wait_until_open()
        pn532.fault = Fault.MUTE
        watching.stop(timeout_s=1.0)


@pytest.mark.parametrize("made", USB_CHIPS.values(), ids=USB_CHIPS)
def test_the_stop_does_not_wait_for_a_silent_usb_chip(bus: UsbBus, made: type[UsbChip]) -> None:
    """nfcpy waits for an RC-S380 without end."""
    bus.plug(chip := made())
    chip.is_dead = True
    with Watching(usb_reader(bus)) as watching:
        watching.stop(timeout_s=1.0)

    assert not watching.losses


def test_what_comes_and_goes_often_leaves_nothing_behind(lab, bus: UsbBus) -> None:
    """Threads and descriptors: a loose plug must not end the daemon after a week."""
    chip, make = lab
    unplug, plug = (
        (chip.unplug, chip.plug) if isinstance(chip, PN532) else (lambda: bus.unplug(chip), lambda: bus.plug(chip))
    )
    with Watching(make()) as watching:
        watching.wait_until_open()
        before = (descriptors(), threading.active_count())
        for losses in range(1, 21):
            unplug()
            watching.wait_until(lambda w, at_least=losses: len(w.losses) >= at_least)
            plug()
            watching.wait_until_open()
        chip.put(CARDS[0])
        watching.wait_for_sightings(1)

        assert before == (descriptors(), threading.active_count())
    assert all("unplugged" in str(each) or "not there" in str(each) for each in watching.losses)


def test_a_usb_line_that_fails_leaves_no_descriptor() -> None:
    for number in range(6):
        with pytest.raises(ChipError) as caught:
            contactless.open_usb(lambda: contactless.UsbLine(250, 250), "rcs380", now_ns=boot_ns, stop=Event())
        if number == 0:
            before = descriptors()

    assert caught.value.is_gone
    assert before == descriptors()


def test_an_acr122u_is_found_again_after_it_was_let_go(bus: UsbBus) -> None:
    """nfcpy's own way to close sends it to sleep until somebody comes and plugs it in anew."""
    bus.plug(chip := ACR122U())
    for _ in range(2):
        with Watching(usb_reader(bus)) as watching:
            watching.wait_until_open()

    assert not chip.is_asleep
    assert not watching.losses


def test_an_acr122u_put_to_sleep_by_another_program_is_lost_with_advice(bus: UsbBus) -> None:
    bus.plug(chip := ACR122U())
    chip.is_asleep = True

    with pytest.raises(ReaderLost, match=r'plug it in anew, or use driver = "pcsc"'):
        next(usb_reader(bus).sightings(Event()))


def test_the_field_is_off_when_a_reader_is_let_go(bus: UsbBus) -> None:
    bus.plug(chip := RCS380())
    chip.put(CARDS[0])
    sightings = usb_reader(bus).sightings(Event())
    assert next(sightings) is not None
    assert chip.is_field_on
    sightings.close()

    assert not chip.is_field_on
    assert 1 == chip.closings


@pytest.mark.parametrize(
    ("number", "kernel_driver", "says"),
    [
        (errno.EACCES, "", "not allowed; .*udev rule"),
        (errno.EBUSY, "port100", "echo blacklist port100 > /etc/modprobe.d/edge-agent-nfc.conf && rmmod port100"),
        (errno.EBUSY, "usbfs", "another program has it"),
    ],
)
def test_a_reader_that_may_not_be_opened_is_the_technicians_to_mend(
    bus, number: int, kernel_driver: str, says: str
) -> None:
    bus.plug(RCS380(), kernel_driver=kernel_driver)
    bus.refusal = number

    with pytest.raises(ReaderBroken, match=rf"gate-1: SONY RC-S380/P at USB 1-1\.4: .*{says}"):
        next(usb_reader(bus).sightings(Event()))


def test_a_reader_gone_between_finding_and_opening_is_lost(bus: UsbBus) -> None:
    bus.plug(RCS380())
    bus.refusal = errno.ENODEV

    with pytest.raises(ReaderLost, match="unplugged"):
        next(usb_reader(bus).sightings(Event()))


def test_missing_libusb_is_named_with_its_package(bus: UsbBus, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> None:
        raise OSError("libusb-1.0.so.0: cannot open shared object file")

    monkeypatch.setattr(contactless.transport.libusb, "loadLibrary", absent)
    bus.plug(RCS380())
    reader = NfcReader(name=NAME, now_ns=boot_ns, sysfs=bus.sysfs)

    with pytest.raises(ReaderBroken, match=r"apt-get install libusb-1\.0-0"):
        next(reader.sightings(Event()))


def test_missing_nfcpy_is_a_message_not_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("drivers.nfcpy_reader", "drivers.nfcpy_advice", "drivers.contactless"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "nfc.clf", None)

    with pytest.raises(ReaderBroken, match=r"'nfc' cannot be loaded: .*nfc.*is its package installed"):
        registry.load("nfc", lab=False)


# ---------------------------------------------------------------- which reader is meant
def test_two_that_fit_are_used_neither_and_both_named(bus: UsbBus) -> None:
    bus.plug(RCS380(), "1-1.1")
    bus.plug(RCS380(), "1-1.2")

    with pytest.raises(ReaderBroken, match=r"2 NFC readers fit: SONY RC-S380/P at 1-1\.1, .* at 1-1\.2; give usb_path"):
        next(usb_reader(bus).sightings(Event()))


@pytest.mark.parametrize("options", [{"usb_path": "1-1.2"}, {"match": "*acr122*"}], ids=["by socket", "by name"])
def test_the_reader_meant_is_used(bus: UsbBus, options: dict[str, str]) -> None:
    bus.plug(RCS380(), "1-1.1")
    bus.plug(ACR122U(), "1-1.2")
    reader = usb_reader(bus, **options)
    next(reader.sightings(Event()))
    with Watching(usb_reader(bus, **options)) as watching:
        watching.wait_until_open()

        assert "ACS ACR122U PICC Interface at USB 1-1.2" == watching.reader.probe().device


def test_a_device_nfcpy_does_not_know_is_left_alone(bus: UsbBus) -> None:
    """A keyboard has a USB socket too; and an RC-S300 is read by PC/SC alone."""
    bus.plug(keyboard := RCS380())
    bus.unplug(keyboard)
    keyboard.product = 0x0DC8
    bus.plug(keyboard)
    reader = usb_reader(bus)

    assert next(reader.sightings(Event())) is None
    assert "no NFC reader fits '*'; is it plugged in?" in reader.probe().detail


@pytest.mark.parametrize("wrong", [{"nfc_targets": []}, {"nfc_targets": ["106C"]}, {"nfc_system_code": "FFF"}])
def test_a_wrong_setting_is_the_technicians_to_mend(wrong: dict[str, object]) -> None:
    with pytest.raises(ReaderBroken, match="gate-1: nfc_"):
        NfcReader(name=NAME, now_ns=boot_ns, **wrong)


def test_nfcpy_is_quiet_about_cards_and_failures(pn532: PN532, caplog: pytest.LogCaptureFixture) -> None:
    """Its log holds the cards' numbers."""
    caplog.set_level(logging.DEBUG)
    pn532.put(CARDS[0])
    with Watching(serial_reader(pn532)) as watching:
        watching.wait_for_sightings(1)
        pn532.fault = Fault.NOISE
        watching.wait_until(lambda w: bool(w.losses))

    assert not caplog.records


# ---------------------------------------------------------------- whatever a chip says
class Said:
    """A line on which the given frames come, then nothing; time passes with each wait."""

    TYPE = "USB"
    manufacturer_name = product_name = "x"

    def __init__(self, frames: list[bytes]) -> None:
        self._frames = list(frames)
        self.now_ns = 0

    def read(self, timeout: int = 0) -> bytearray:
        self.now_ns += 1_000_000
        if not self._frames:
            self.now_ns += timeout * 1_000_000
            raise OSError(errno.ETIMEDOUT, "")
        return bytearray(self._frames.pop(0))

    def write(self, frame: bytes) -> None:
        pass

    def close(self) -> None:
        pass


@given(
    st.lists(st.binary(max_size=40), max_size=12), st.sampled_from(["rcs380", "acr122", "pn533", "pn531", "rcs956", ""])
)
def test_any_frames_at_the_opening_are_a_chip_error_at_most(frames: list[bytes], chip: str) -> None:
    line = Said(frames)
    clock = lambda: line.now_ns  # noqa: E731 - the line's own
    try:
        if chip:
            contactless.open_usb(lambda: line, chip, now_ns=clock, stop=Event())
        else:
            contactless.open_serial(line, now_ns=clock, stop=Event())
    except ChipError:
        pass

    assert line.now_ns < 6_000_000_000


@settings(deadline=None, max_examples=400)
@given(
    made=st.sampled_from(list(USB_CHIPS)),
    card=st.sampled_from([*CARDS[:3], air.TypeB(pupi=b"pupi"), None]),
    nth=st.integers(0, 16),
    garbled=st.one_of(st.integers(0, 20), st.binary(max_size=24)),
)
def test_any_answer_to_a_look_is_a_card_or_a_chip_error(
    made: str, card: Card | air.OnAir | None, nth: int, garbled: int | bytes
) -> None:
    """Frames are whole; what is in one of them is cut short, or not what it should be."""
    chip = USB_CHIPS[made]()
    chip.is_plugged = True
    opened = contactless.open_usb(lambda: chip, made.removesuffix("u"), now_ns=boot_ns, stop=Event())
    if card:
        chip.put(card)
    answers = count()

    def garble(data: bytes) -> bytes:
        if next(answers) != nth:
            return data
        return garbled if isinstance(garbled, bytes) else data[:garbled]

    (chip.core if isinstance(chip, ACR122U) else chip).garble = garble
    with suppress(ChipError):
        opened.look(contactless.wanted(contactless.TECHNOLOGIES, system_code=b"\xff\xff"), Event())
    opened.close()

    assert 1 == chip.closings


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=10))
def test_any_bytes_on_a_serial_line_are_frames_or_a_time_out(chunks: list[bytes]) -> None:
    class Bytes:
        def __init__(self) -> None:
            self.left = list(chunks)

        def read(self) -> bytes:
            return self.left.pop(0) if self.left else b""

    link = SerialLink(port := Bytes())
    while port.left:
        with suppress(TimeoutError):
            assert link.read().startswith(b"\x00\x00\xff")


@pytest.mark.parametrize("cut", [1, 3, 7, 40])
def test_a_frame_that_comes_in_pieces_is_one_frame(cut: int) -> None:
    frames = [b"\x00\x00\xff\x00\xff\x00", b"\x00\x00\xff\x02\xfe\xd5\x15\x16\x00"]
    frames.append(b"\x00\x00\xff\xff\xff\x01\x09\xf6" + bytes(0x109) + b"\x00\x00")
    stream = b"\x55\x00" + b"".join(frames)
    pieces = [stream[at : at + cut] for at in range(0, len(stream), cut)]

    class Bytes:
        def read(self) -> bytes:
            return pieces.pop(0) if pieces else b""

    link, heard = SerialLink(Bytes()), []
    while len(heard) < 3:
        try:
            heard.append(bytes(link.read()))
        except TimeoutError:
            assert pieces

    assert frames == heard


def test_acknowledgements_without_end_come_to_an_end() -> None:
    line = Said([b"\x00\x00\xff\x00\xff\x00"] * 100_000)
    bounded = Bounded(line, now_ns=lambda: line.now_ns)
    bounded.allow(0.9)
    heard = iter(lambda: bounded.read(100), None)
    with pytest.raises(TimeoutError):
        deque(heard, maxlen=0)

    assert line.now_ns < 1_000_000_000


def test_a_port_forgets_what_came_before(tmp_path: Path) -> None:
    with PN532(tmp_path / "port") as chip, Port(NAME, str(chip.path), patience_s=0.05) as port:
        chip.say(b"old")
        assert b"o" == port.read(1)
        port.forget()

        assert b"" == port.read()
