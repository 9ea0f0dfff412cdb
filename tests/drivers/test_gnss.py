"""The receiver on its port: open means that sentences come, and the technician is told what is wrong."""

from pathlib import Path
from threading import Event

from drivers.contract import Answer, AnswerKind, Fix, HeardTime, ReaderName
from drivers.gnss import GnssReceiver
from hardware_fakes.gnss import FakeGnss
from hardware_fakes.watching import Watching, boot_ns

S = 1_000_000_000


class Heard:
    def __init__(self, port: Path) -> None:
        self.times: list[HeardTime] = []
        self.fixes: list[Fix] = []
        self.later_ns = 0
        self.reader = GnssReceiver(
            name=ReaderName("gnss"),
            now_ns=lambda: boot_ns() + self.later_ns,
            hear_time=self.times.append,
            hear_fix=self.fixes.append,
            port=str(port),
        )


def test_receiver_tells_where_it_is_and_sees_nobody(tmp_path: Path) -> None:
    heard = Heard(tmp_path / "port")
    with FakeGnss(tmp_path / "port") as fake, Watching(heard.reader) as watching:
        watching.wait_for_signs_of_life(1)
        fake.say_burst()
        watching.wait_until(lambda _: bool(heard.fixes))
        probe = heard.reader.probe()
        heard.reader.show(Answer(kind=AnswerKind.ENTERED))

    assert probe.is_open
    assert not probe.detail
    assert [] == watching.sightings


def test_receiver_without_a_fix_is_open_and_says_so(tmp_path: Path) -> None:
    heard = Heard(tmp_path / "port")
    with FakeGnss(tmp_path / "port") as fake, Watching(heard.reader) as watching:
        fake.has_fix = False
        watching.wait_for_signs_of_life(1)
        fake.say_burst()
        watching.wait_until(lambda w: w.reader.probe().is_open)

        assert "no fix" in heard.reader.probe().detail


def test_noise_and_silence_are_not_open_and_name_the_speed(tmp_path: Path) -> None:
    """The commonest mistake: 9600 where the receiver speaks 38400."""
    heard = Heard(tmp_path / "port")
    with FakeGnss(tmp_path / "port") as fake, Watching(heard.reader) as watching:
        watching.wait_for_signs_of_life(1)
        for seed in range(3):
            fake.say_noise(seed)
        watching.wait_for_signs_of_life(2)
        assert not heard.reader.probe().is_open
        assert "baud" in heard.reader.probe().detail
        fake.say(b"\r\n")
        fake.say_burst()
        watching.wait_until(lambda w: w.reader.probe().is_open)
        heard.later_ns = 11 * S

        assert not heard.reader.probe().is_open


def test_receiver_plugged_in_again_is_listened_to_again(tmp_path: Path) -> None:
    heard = Heard(tmp_path / "port")
    with FakeGnss(tmp_path / "port") as fake, Watching(heard.reader) as watching:
        for count in (1, 2):
            watching.wait_for_signs_of_life(1)
            fake.say_burst()
            watching.wait_until(lambda _, count=count: len(heard.fixes) >= count)
            fake.unplug()
            watching.wait_until(lambda w, count=count: sum("unplugged" in str(e) for e in w.losses) >= count)
            fake.plug()

    assert len(heard.fixes) >= 2


def test_receiver_that_was_never_opened_touches_nothing(tmp_path: Path) -> None:
    heard = Heard(tmp_path / "none")
    stop = Event()
    stop.set()

    assert not heard.reader.probe().is_open
