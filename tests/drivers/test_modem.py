"""The telephone line over a pty: what every reader promises, and that a call is one sighting and never answered."""

import fcntl
import os
import threading
from pathlib import Path

import pytest

from drivers import registry
from drivers.contract import Answer, AnswerKind, HeardTime, Medium, ReaderBroken, ReaderName
from drivers.modem import Modem
from hardware_fakes.modem import FakeModem, Network
from hardware_fakes.watching import Watching, boot_ns

WORKER, OTHER = "09012345678", "08011112222"


@pytest.fixture
def modem(tmp_path: Path):
    with FakeModem(tmp_path / "tty") as modem:
        yield modem


def reader(modem: FakeModem, **settings) -> Modem:
    return Modem(name=ReaderName("line-1"), now_ns=boot_ns, port=str(modem.path), **settings)


def test_a_call_is_one_sighting_and_is_cut_once_it_is_recorded(modem: FakeModem) -> None:
    before_ns = boot_ns()
    with Watching(reader(modem), shows=AnswerKind.PENDING) as watching:
        watching.wait_until_open()
        modem.call(WORKER)
        watching.wait_for_sightings(1)
        watching.wait_until(lambda _: not modem.brain.is_ringing)
        modem.ring()
        watching.wait_for_signs_of_life(2)
    [sighting] = watching.sightings

    assert (Medium.PHONE, b"+819012345678", "call") == (sighting.medium, sighting.token, sighting.technology)
    assert ("line-1", True) == (sighting.reader, before_ns < sighting.seen_ns < boot_ns())


def test_the_next_worker_is_seen_at_once(modem: FakeModem) -> None:
    with Watching(reader(modem)) as watching:
        watching.wait_until_open()
        modem.call(WORKER)
        modem.hang_up()
        modem.call(OTHER)
        watching.wait_for_sightings(2)

    assert [b"+819012345678", b"+818011112222"] == watching.tokens()


def test_the_same_worker_again_is_another_sighting(modem: FakeModem) -> None:
    with Watching(reader(modem), shows=AnswerKind.PENDING) as watching:
        watching.wait_until_open()
        modem.call(WORKER)
        modem.ring()
        watching.wait_for_sightings(1)
        modem.hang_up()
        modem.call(WORKER)
        watching.wait_for_sightings(2)
        watching.wait_for_signs_of_life(2)

    assert 2 == len(watching.sightings)


def test_a_withheld_number_is_nobodys(modem: FakeModem) -> None:
    with Watching(reader(modem)) as watching:
        watching.wait_until_open()
        modem.call(None)
        watching.wait_for_sightings(1)
    [sighting] = watching.sightings

    assert (b"", "call-withheld") == (sighting.token, sighting.technology)


def test_a_call_during_a_call_is_seen(modem: FakeModem) -> None:
    with Watching(reader(modem)) as watching:
        watching.wait_until_open()
        modem.call(WORKER)
        modem.waiting_call(OTHER)
        watching.wait_for_sightings(2)

    assert [b"+819012345678", b"+818011112222"] == watching.tokens()


def test_what_a_modem_says_unasked_disturbs_nothing(modem: FakeModem) -> None:
    with Watching(reader(modem)) as watching:
        watching.wait_until_open()
        for noise in ("^RSSI:19", "+QIND: SMS DONE", '+CGEV: NW DETACH, "IP"', "\xff\xfe\x00>", "+CLIP:", "x" * 2000):
            modem.noise(noise)
        modem.call(WORKER)
        watching.wait_for_sightings(1)
        watching.wait_for_signs_of_life(2)

    assert [b"+819012345678"] == watching.tokens()
    assert [] == watching.losses


def test_a_modem_that_sends_byte_by_byte_is_understood(modem: FakeModem) -> None:
    modem.is_slow = True
    with Watching(reader(modem)) as watching:
        watching.wait_until_open()
        modem.call(WORKER)
        watching.wait_for_sightings(1)

    assert [b"+819012345678"] == watching.tokens()


def test_a_quiet_line_gives_a_sign_of_life_every_second(modem: FakeModem) -> None:
    with Watching(reader(modem)) as watching:
        watching.wait_until_open()
        watching.wait_for_signs_of_life(2, timeout_s=2.5)

    assert ([], []) == (watching.sightings, watching.losses)


@pytest.mark.parametrize("is_deaf", [False, True])
def test_stop_ends_it_within_a_second(modem: FakeModem, *, is_deaf: bool) -> None:
    modem.brain.is_deaf = is_deaf
    with Watching(reader(modem)) as watching:
        if not is_deaf:
            watching.wait_until_open()
        watching.wait_for_signs_of_life(1)
        started_ns = boot_ns()
        watching.stop()

    assert boot_ns() - started_ns < 1_200_000_000
    assert not watching.reader.probe().is_open
    assert "reader-line-1" not in {thread.name for thread in threading.enumerate()}


def test_a_modem_that_is_not_there_is_lost_and_taken_when_it_comes(modem: FakeModem) -> None:
    modem.unplug()
    with Watching(reader(modem)) as watching:
        watching.wait_until(lambda w: len(w.losses) > 1)
        assert watching.broken is None
        assert not watching.reader.probe().is_open
        modem.plug()
        modem.brain.restart()
        watching.wait_until_open()

    assert "line-1" in str(watching.losses[0])
    assert "is it plugged in?" in str(watching.losses[0])


def test_an_unplugged_modem_is_lost_and_comes_back(modem: FakeModem) -> None:
    with Watching(reader(modem)) as watching:
        watching.wait_until_open()
        modem.unplug()
        watching.wait_until(lambda w: bool(w.losses))
        modem.brain.restart()
        modem.plug()
        watching.wait_until_open()
        modem.call(WORKER)
        watching.wait_for_sightings(1)

    assert "unplugged" in str(watching.losses[0])
    assert [b"+819012345678"] == watching.tokens()


def test_a_modem_pulled_while_it_rings_leaves_nothing_behind(modem: FakeModem) -> None:
    with Watching(reader(modem), shows=AnswerKind.PENDING) as watching:
        watching.wait_until_open()
        modem.call(WORKER)
        modem.unplug()
        watching.wait_until(lambda w: bool(w.losses))
        modem.brain.restart()
        modem.plug()
        watching.wait_until_open()
        modem.call(OTHER)
        watching.wait_until(lambda w: b"+818011112222" in w.tokens())

    assert 1 == watching.tokens().count(b"+818011112222")


def test_a_port_another_program_holds_is_told_with_the_rule_that_frees_it(modem: FakeModem) -> None:
    theirs = os.open(modem.path, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(theirs, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        with pytest.raises(
            ReaderBroken, match=r'held by another program; ModemManager.*ENV\{ID_MM_DEVICE_IGNORE\}="1"'
        ):
            next(iter(reader(modem).sightings(threading.Event())))
    finally:
        os.close(theirs)


def test_a_missing_sim_is_the_technicians_to_mend(modem: FakeModem) -> None:
    modem.brain.network.sim = ""
    with Watching(reader(modem)) as watching:
        watching.wait_until(lambda w: w.broken is not None or len(w.losses) > 3)

    assert "no SIM" in str(watching.broken)
    assert "no SIM" in watching.reader.probe().detail


def test_the_probe_tells_network_signal_and_device(modem: FakeModem) -> None:
    with Watching(reader(modem)) as watching:
        watching.wait_until(lambda w: "DOCOMO" in w.reader.probe().detail)
        probe = watching.reader.probe()

    assert probe.is_open
    assert f"LAB-LTE1 {modem.path}" == probe.device
    assert "NTT DOCOMO, -71 dBm" == probe.detail


def test_without_a_network_the_line_is_open_and_says_why_it_is_quiet(tmp_path: Path) -> None:
    with (
        FakeModem(tmp_path / "tty", Network(registered=2, csq=99)) as modem,
        Watching(reader(modem)) as watching,
    ):
        watching.wait_until(lambda w: "searching" in w.reader.probe().detail)

        assert watching.reader.probe().is_open


@pytest.mark.parametrize("is_wanted", [True, False])
def test_the_networks_time_is_handed_on_where_it_is_wanted(modem: FakeModem, *, is_wanted: bool) -> None:
    heard: list[HeardTime] = []
    with Watching(reader(modem, hear_time=heard.append, modem_time=is_wanted)) as watching:
        watching.wait_until(lambda _: "AT+CLIP=1" in modem.brain.heard[modem.brain.heard.index("AT+CCLK?") :]
                            if "AT+CCLK?" in modem.brain.heard else False)  # fmt: skip

    assert is_wanted == bool(heard)


def test_a_message_answers_the_caller_where_wanted(modem: FakeModem) -> None:
    with Watching(reader(modem, modem_sms=True), shows=AnswerKind.PENDING) as watching:
        watching.wait_until_open()
        modem.call(WORKER)
        watching.wait_for_sightings(1)
        watching.wait_until(lambda _: bool(modem.brain.sms))
    [(number, text)] = modem.brain.sms

    assert "+819012345678" == number
    assert "きろくしました" in text


def test_probe_and_show_before_it_is_opened_touch_nothing(modem: FakeModem) -> None:
    line = reader(modem)
    line.show(Answer(kind=AnswerKind.ENTERED))

    assert ("", False) == (line.probe().device, line.probe().is_open)
    assert [] == modem.brain.heard


def test_a_line_without_a_port_is_told_by_its_name() -> None:
    with pytest.raises(ReaderBroken, match="line-1: set port"):
        Modem(name=ReaderName("line-1"), now_ns=boot_ns)


def test_the_driver_is_found_by_its_name_and_takes_its_settings(modem: FakeModem) -> None:
    offered = {"name": "line-1", "now_ns": boot_ns, "port": str(modem.path), "match": "*", "modem_sms": True}

    assert isinstance(registry.build("modem", offered, lab=False), Modem)
