"""A gate's day behind the real pcscd: cables pulled, services restarted, cards torn away. No touch is lost by them."""

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.contract import AnswerKind, Reader, ReaderLost, ReaderName
from drivers.wire.apdu import CredentialProfile
from hardware_fakes.card import Card, Tear
from hardware_fakes.slot import Slot
from hardware_fakes.watching import Watching, boot_ns

pytestmark = pytest.mark.pcscd

CARD = Card.felica(b"01234567")
GREEN = "FF 00 40 2E 00"
MS = 1_000_000


def other(number: int) -> Card:
    return Card.felica(number.to_bytes(8, "big"))


def reader(match: str = "lab 03*", **options: object) -> Reader:
    pcsc = pytest.importorskip("drivers.pcsc")
    return pcsc.PcscReader(name=ReaderName("gate-1"), now_ns=boot_ns, match=match, **options)


@pytest.fixture
def slot(pcsc_lab) -> Iterator[Slot]:
    slot = pcsc_lab.slots[3]
    slot.apdus.clear()
    slot.escapes.clear()
    yield slot
    slot.refuses_escapes = False
    slot.channel_id = 0
    slot.heal()
    slot.plug()


@contextmanager
def opened(**options: object) -> Iterator[Watching]:
    with Watching(reader(**options), shows=AnswerKind.ENTERED) as watching:
        watching.wait_until_open()
        watching.wait_until(lambda w: w.signs_of_life > 0)
        yield watching


def take(slot: Slot, watching: Watching) -> None:
    """Take the card away as a hand does: slowly enough for the reader to see it gone."""
    before = watching.signs_of_life
    slot.remove()
    watching.wait_until(lambda w: w.signs_of_life > before)


# ---------------------------------------------------------------- cards
def test_technology_tells_felica_from_mifare(slot: Slot) -> None:
    with opened() as watching:
        slot.insert(CARD)
        watching.wait_for_sightings(1)
        take(slot, watching)
        slot.insert(Card.mifare_classic(b"ABCD"))
        watching.wait_for_sightings(2)

    assert ["felica", "mifare-classic-1k"] == [each.technology for each in watching.sightings]


def test_profile_reads_a_block_from_the_cards_it_fits_and_the_number_from_others(slot: Slot) -> None:
    read = bytes.fromhex("FFB0000010")
    profile = CredentialProfile(name="worker", atr="3B8F*0611003B*", script=["FF B0 00 00 10 -> 9000 take"])
    with opened(profiles=[profile]) as watching:
        slot.insert(Card.felica(b"01234567", {read: b"BLOCK-0-CONTENTS\x90\x00"}))
        watching.wait_for_sightings(1)
        take(slot, watching)
        slot.insert(Card.mifare_classic(b"ABCD"))
        watching.wait_for_sightings(2)

    assert [b"BLOCK-0-CONTENTS", b"ABCD"] == watching.tokens()


def test_card_that_refuses_its_profile_is_no_sighting_and_the_probe_says_why(slot: Slot) -> None:
    profile = CredentialProfile(name="worker", script=["FF B0 00 00 10 -> 9000 take"])
    with opened(profiles=[profile]) as watching:
        slot.insert(CARD)
        slot.wait_until(lambda slot: len(slot.apdus) >= 5)
        detail = watching.reader.probe().detail

    assert [] == watching.sightings
    assert "card not readable: profile 'worker': step 1: the card answered 6D00, the script wants 9000" == detail


@pytest.mark.parametrize("tear", Tear)
def test_card_torn_away_in_the_middle_is_no_sighting_and_no_loss(slot: Slot, tear: Tear) -> None:
    """pcscd calls one kind of torn answer a success: it must not become a worker with an empty number."""
    with opened() as watching:
        slot.insert(replace(CARD, tear=tear))
        slot.wait_until(lambda slot: len(slot.apdus) >= 3)
        slot.remove()
        slot.insert(other(1))
        watching.wait_for_sightings(1)

    assert [other(1).number] == watching.tokens()
    assert [] == watching.losses


def test_card_held_badly_is_read_as_soon_as_it_can_be(slot: Slot) -> None:
    with opened() as watching:
        slot.insert(replace(CARD, tear=Tear.ERROR))
        slot.wait_until(lambda slot: len(slot.apdus) >= 2)
        slot.swap_unseen(CARD)
        watching.wait_for_sightings(1, timeout_s=1.0)

    assert [CARD.number] == watching.tokens()
    assert "" == watching.reader.probe().detail.replace("not opened yet", "")


def test_card_swapped_between_two_looks_is_seen(slot: Slot) -> None:
    """Two workers, one behind the other: the second card may take the first one's place without any event."""
    with opened() as watching:
        slot.insert(CARD)
        watching.wait_for_sightings(1)
        for count, card in enumerate([other(2), Card.mifare_classic(b"ABCD"), CARD], 2):
            slot.swap_unseen(card)
            watching.wait_for_sightings(count, timeout_s=1.0)

    assert [CARD.number, other(2).number, b"ABCD", CARD.number] == watching.tokens()
    assert ["felica", "felica", "mifare-classic-1k", "felica"] == [each.technology for each in watching.sightings]


def test_shortest_touch_is_a_sighting(slot: Slot) -> None:
    """Read is read: a card gone in the moment it has answered is a touch."""
    with opened(reread_window_s=0.0) as watching:
        for number in range(20):
            slot.insert(other(number))
            slot.wait_until(lambda slot, number=number: len(slot.apdus) > number)
            take(slot, watching)

    assert [other(number).number for number in range(20)] == watching.tokens()


def test_slow_card_is_read(slot: Slot) -> None:
    with opened() as watching:
        slot.insert(replace(CARD, delay_s=0.3))
        watching.wait_for_sightings(1)

    assert [CARD.number] == watching.tokens()


def test_card_held_by_another_process_is_read_when_it_is_free(slot: Slot) -> None:
    scard = pytest.importorskip("smartcard.scard")
    with opened() as watching:
        _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        slot.insert(replace(CARD, tear=Tear.ERROR))
        device, result = watching.reader.probe().device, None
        while result != 0:  # the reader looks now and then: between two looks the card is free to be taken
            result, *held = scard.SCardConnect(context, device, scard.SCARD_SHARE_EXCLUSIVE, scard.SCARD_PROTOCOL_T1)
        slot.swap_unseen(CARD)
        watching.wait_for_signs_of_life(8)
        seen_while_held = list(watching.sightings)
        trouble = watching.reader.probe().detail
        scard.SCardDisconnect(held[0], scard.SCARD_LEAVE_CARD)
        watching.wait_for_sightings(1)
        scard.SCardReleaseContext(context)

    assert [] == seen_while_held
    assert "SCARD_E_SHARING_VIOLATION" in trouble


# ---------------------------------------------------------------- readers
def test_cable_pulled_and_put_back_five_times(slot: Slot) -> None:
    with opened(reread_window_s=0.0) as watching:
        for number in range(5):
            slot.unplug()
            watching.wait_until(lambda w, number=number: len(w.losses) > number)
            slot.plug()
            watching.wait_until_open()
            slot.insert(other(number))
            watching.wait_for_sightings(number + 1)

    assert [other(number).number for number in range(5)] == watching.tokens()


def test_card_that_lies_on_the_reader_when_it_is_plugged_in_is_read(slot: Slot) -> None:
    with opened() as watching:
        slot.unplug()
        watching.wait_until(lambda w: bool(w.losses))
        slot.plug(CARD)
        watching.wait_for_sightings(1)

    assert [CARD.number] == watching.tokens()


def test_reader_that_fails_inside_is_lost_and_back(slot: Slot) -> None:
    with opened() as watching:
        slot.fail()
        watching.wait_until(lambda w: bool(w.losses))
        slot.heal()
        watching.wait_until_open()
        slot.insert(CARD)
        watching.wait_for_sightings(1)

    assert [CARD.number] == watching.tokens()


def test_pattern_that_fits_two_readers_is_the_technicians_to_mend(slot: Slot) -> None:
    with Watching(reader("lab 0?*")) as watching:
        watching.wait_until(lambda w: w.broken is not None)

    assert slot
    assert "Lab 03 03 00" in str(watching.broken)
    assert "Lab 04 04 00" in str(watching.broken)
    assert "be more exact" in str(watching.broken)


def test_usb_path_chooses_between_readers_of_one_name(pcsc_lab, slot: Slot, tmp_path: Path) -> None:
    """Two readers of one make differ only by the socket they are plugged into."""
    usb = tmp_path / "bus/usb/devices/1-1.4"
    usb.mkdir(parents=True)
    (usb / "busnum").write_text("1\n")
    (usb / "devnum").write_text("9\n")
    slot.channel_id = 0x00200109
    pcsc_lab.slots[4].channel_id = 0x0020010A
    with opened(match="lab *", usb_path="1-1.4", sysfs=tmp_path) as watching:
        device = watching.reader.probe().device

    assert "Lab 03 03 00" == device


def test_reader_in_no_usb_socket_is_waited_for(slot: Slot, tmp_path: Path) -> None:
    usb = tmp_path / "bus/usb/devices/1-1.4"
    slot.channel_id = 0x00200109
    with Watching(reader("lab *", usb_path="1-1.4", sysfs=tmp_path)) as watching:
        watching.wait_for_signs_of_life(1)
        detail = watching.reader.probe().detail
        usb.mkdir(parents=True)
        (usb / "busnum").write_text("1\n")
        (usb / "devnum").write_text("9\n")
        watching.wait_until_open()

    assert "no reader fits 'lab *' at USB path 1-1.4; is it plugged in? see: edge-agent help readers" == detail


def test_sixteen_readers_see_their_own_cards(pcsc_lab) -> None:
    with ExitStack() as stack:
        all_ = [stack.enter_context(Watching(reader(f"lab {i:02}*"))) for i in range(16)]
        for watching in all_:
            watching.wait_until_open()
        for i, slot in enumerate(pcsc_lab.slots):
            slot.insert(other(i))
        for watching in all_:
            watching.wait_for_sightings(1)
        for slot, watching in zip(pcsc_lab.slots, all_, strict=True):
            slot.remove()
            watching.ask_to_stop()

    assert [[other(i).number] for i in range(16)] == [watching.tokens() for watching in all_]


def test_missing_reader_is_waited_for_beside_fifteen_others(pcsc_lab) -> None:
    """pcscd takes 16 states a call: with a full house there is no room for another."""
    with Watching(reader("no such reader")) as watching:
        watching.wait_for_signs_of_life(3)

    assert pcsc_lab
    assert [] == watching.losses


# ---------------------------------------------------------------- lamp
def test_lamp_commands_arrive_as_escape_commands(slot: Slot) -> None:
    with opened(lamp={"entered": [GREEN, "E0 00 00 29 01 02"]}) as watching:
        slot.insert(CARD)
        slot.wait_until(lambda slot: len(slot.escapes) == 2)
        watching.wait_for_signs_of_life(1)

    assert [bytes.fromhex(GREEN), bytes.fromhex("E00000290102")] == slot.escapes


def test_lamp_commands_arrive_through_the_card_where_so_configured(slot: Slot) -> None:
    with opened(lamp={"entered": [GREEN]}, lamp_by="transmit") as watching:
        slot.insert(CARD)
        slot.wait_until(lambda slot: bytes.fromhex(GREEN) in slot.apdus)
        watching.wait_for_signs_of_life(1)

    assert [] == slot.escapes
    assert "" == watching.reader.probe().detail.replace("not opened yet", "")


def test_reader_that_refuses_its_lamp_still_reads(slot: Slot, caplog: pytest.LogCaptureFixture) -> None:
    """A lamp is worth no touch: said once, shown by the probe, and the next card is read."""
    slot.refuses_escapes = True
    with caplog.at_level(logging.INFO), opened(lamp={"entered": [GREEN]}) as watching:
        for number in range(3):
            slot.insert(other(number))
            watching.wait_for_sightings(number + 1)
        watching.wait_for_signs_of_life(1)
        detail = watching.reader.probe().detail
        slot.refuses_escapes = False
        slot.insert(CARD)
        watching.wait_for_sightings(4)
        watching.wait_for_signs_of_life(1)

    assert "lamp not lit" in detail
    assert ["lamp lost", "lamp back"] == [record.getMessage() for record in caplog.records]


# ---------------------------------------------------------------- pcscd
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_pcscd_that_ends_is_a_loss_and_its_return_is_noticed(pcsc_lab, slot: Slot, end: str) -> None:
    with opened() as watching:
        getattr(pcsc_lab.pcscd, end)()
        watching.wait_until(lambda w: len(w.losses) >= 2)
        pcsc_lab.pcscd.start()
        watching.wait_until_open()
        slot.insert(CARD)
        watching.wait_for_sightings(1)

    assert all("pcscd is away" in str(loss) for loss in watching.losses)


def test_frozen_pcscd_loses_no_card_that_still_rests_there(pcsc_lab, slot: Slot) -> None:
    with opened() as watching:
        pcsc_lab.pcscd.freeze()
        slot.insert(CARD)
        threading.Event().wait(2.0)
        seen_while_frozen = watching.tokens()
        pcsc_lab.pcscd.thaw()
        watching.wait_for_sightings(1)

    assert [] == seen_while_frozen
    assert [CARD.number] == watching.tokens()


def test_pcscd_restarted_twenty_times_leaves_threads_and_files_constant(pcsc_lab, slot: Slot) -> None:
    """A box runs for months; Debian restarts pcscd with each upgrade. pyscard's own monitors do not survive one."""

    def used() -> tuple[int, int]:
        return threading.active_count(), len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counted, not read

    with opened(reread_window_s=0.0) as watching:
        counts = []
        for number in range(20):
            pcsc_lab.pcscd.restart()
            watching.wait_until_open()
            slot.insert(other(number))
            watching.wait_for_sightings(number + 1)
            slot.remove()
            counts.append(used())

    assert [other(number).number for number in range(20)] == watching.tokens()
    assert [counts[0]] * 20 == counts


@pytest.fixture
def refusal(pcsc_lab) -> Iterator[socket.socket]:
    """A pcscd that hangs up on everybody, as one does whom polkit tells to: without a word."""
    pcsc_lab.pcscd.stop()
    path = Path(os.environ["PCSCLITE_CSOCK_NAME"])
    path.parent.mkdir(exist_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=hang_up, args=(listener,), daemon=True)
        thread.start()
        yield listener
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    path.unlink()
    pcsc_lab.pcscd.start()


def hang_up(listener: socket.socket) -> None:
    with suppress(OSError):
        while True:
            listener.accept()[0].close()


def test_pcscd_that_lets_nobody_in_is_the_technicians_to_mend(refusal: socket.socket) -> None:
    """
    Debian 13's polkit refuses every service user until a rule allows it: retrying does not help.

    A pcscd that is restarted hangs up as well, but not for long: that is a loss.
    """
    with Watching(reader()) as watching:
        watching.wait_until(lambda w: w.broken is not None)

    assert refusal
    assert 4 <= len(watching.losses)
    assert "SCARD_W_SECURITY_VIOLATION" in str(watching.broken)
    assert "allow it by polkit" in str(watching.broken)


def test_restarts_over_the_months_do_not_add_up_to_a_lack_of_permission(pcsc_lab) -> None:
    """pcscd hangs up now and then when it is upgraded: that must never close the gate."""
    denied = pytest.importorskip("drivers.winscard").PcscError(0x8010006A, "SCardEstablishContext")
    gate = reader()
    for _ in range(6):
        with pytest.raises(ReaderLost, match="pcscd hung up"), gate._translated():
            raise denied
        with closing(gate.sightings(threading.Event())) as sightings:
            next(sightings)

    assert pcsc_lab


def test_card_gone_and_back_between_two_looks_has_moved() -> None:
    """pcscd merges the two events into one state, "present": only its count of events tells."""
    state = pytest.importorskip("drivers.winscard").ReaderState

    assert state(0x0003_0022).has_moved_since(state(0x0001_0022))
    assert not state(0x0001_0122).has_moved_since(state(0x0001_0022)), "used by another process: no news"


def test_hanging_up_is_a_denial_only_where_pcscd_asks_polkit() -> None:
    """libpcsclite has one result for "not allowed" and for "pcscd just ended"."""
    error = pytest.importorskip("drivers.winscard").PcscError
    establish, wait = error(0x8010006A, "SCardEstablishContext"), error(0x8010006A, "SCardGetStatusChange")

    assert (True, False) == (establish.is_denied, establish.is_service_away)
    assert (False, True) == (wait.is_denied, wait.is_service_away)


def test_touch_reaches_the_agent_within_milliseconds(slot: Slot) -> None:
    put_ns: list[int] = []
    with opened(reread_window_s=0.0) as watching:
        for number in range(50):
            put_ns.append(boot_ns())
            slot.insert(other(number))
            watching.wait_for_sightings(number + 1)
            take(slot, watching)
    passed_ms = sorted((each.seen_ns - put) / MS for each, put in zip(watching.sightings, put_ns, strict=True))

    assert passed_ms[25] < 20
