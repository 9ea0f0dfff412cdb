"""Readers on ports: plugged and unplugged at will, one owner each, and no touch out of noise."""

import fcntl
import gc
import os
import struct
import threading
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from pathlib import Path

import pytest

from drivers import registry
from drivers.contract import Medium, Reader, ReaderBroken, ReaderLost, ReaderName
from drivers.gnss import GnssReceiver
from drivers.line import SerialReader
from drivers.wedge import WedgeReader
from drivers.wiegand import WiegandReader
from edge_agent.config.settings import Reader as Settings
from hardware_fakes import wedge
from hardware_fakes.gnss import FakeGnss
from hardware_fakes.pty_port import PtyPort
from hardware_fakes.serial_reader import FakeLineReader, FakeWiegandConverter
from hardware_fakes.watching import Watching, boot_ns

UID = bytes.fromhex("04A1B2C3")


@dataclass(frozen=True)
class Kind:
    """A driver, and what stands at the other end of its cable."""

    fake: Callable[[Path], PtyPort]
    make: Callable[..., Reader]

    def reader(self, port: Path, **settings: object) -> Reader:
        return self.make(name=ReaderName("gate-1"), now_ns=boot_ns, port=str(port), **settings)


def gnss(**settings: object) -> Reader:
    return GnssReceiver(hear_time=lambda _: None, hear_fix=lambda _: None, **settings)


def wedge_reader(**settings: object) -> Reader:
    return WedgeReader(grab=wedge.grab, **settings)


KINDS = {
    "serial": Kind(FakeLineReader, SerialReader),
    "wiegand": Kind(FakeWiegandConverter, WiegandReader),
    "wedge": Kind(wedge.FakeWedge, wedge_reader),
    "gnss": Kind(FakeGnss, gnss),
}
kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def fds() -> int:
    gc.collect()
    return len([*Path("/proc/self/fd").iterdir()])


@pytest.fixture(autouse=True)
def _quick(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    # Who waits for nothing needs no patience.
    if "patient" not in request.fixturenames:
        for module in ("line", "wedge", "wiegand"):
            monkeypatch.setattr(f"drivers.{module}.IDLE_S", 0.1)


@pytest.fixture
def patient() -> None:
    """Let the reader wait as long as it does at a gate."""


@kinds
def test_unplugging_all_day_leaks_nothing(kind: Kind, tmp_path: Path) -> None:
    """A loose plug on a mast: each time the same port is found again, and nothing is left over."""
    before = fds(), threading.active_count()
    with kind.fake(tmp_path / "port") as fake, Watching(kind.reader(fake.path)) as watching:
        for count in range(1, 26):
            watching.wait_for_signs_of_life(0)
            wait_until_listening(fake, watching)
            fake.unplug()
            watching.wait_until(lambda w, count=count: sum("unplugged" in str(e) for e in w.losses) >= count)
            assert not watching.reader.probe().is_open
            fake.plug()

    assert watching.broken is None
    assert before == (fds(), threading.active_count())


def wait_until_listening(fake: PtyPort, watching: Watching) -> None:
    """Wait until the reader holds the port: only then is a pulled cable seen as such."""
    if isinstance(fake, FakeGnss):
        deadline_ns = boot_ns() + 5_000_000_000
        while not watching.reader.probe().is_open:
            fake.say_burst()
            threading.Event().wait(0.01)
            assert boot_ns() < deadline_ns
    else:
        watching.wait_until_open()


@kinds
@pytest.mark.usefixtures("patient")
def test_silent_reader_gives_a_sign_of_life_every_second(kind: Kind, tmp_path: Path) -> None:
    """The watchdog tells a quiet morning from a dead thread."""
    with kind.fake(tmp_path / "port") as fake, Watching(kind.reader(fake.path)) as watching:
        watching.wait_for_signs_of_life(2, timeout_s=3.0)

    assert ([], []) == (watching.sightings, watching.losses)


@kinds
@pytest.mark.usefixtures("patient")
def test_stopping_takes_less_than_a_second(kind: Kind, tmp_path: Path) -> None:
    with kind.fake(tmp_path / "port") as fake, Watching(kind.reader(fake.path)) as watching:
        wait_until_listening(fake, watching)
        began_ns = boot_ns()
        watching.stop()

    assert boot_ns() - began_ns < 1_300_000_000


@kinds
def test_second_opener_is_refused_and_told_why(kind: Kind, tmp_path: Path) -> None:
    """Two programs at one port would each get half of every number."""
    with kind.fake(tmp_path / "port") as fake, Watching(kind.reader(fake.path)) as first:
        wait_until_listening(fake, first)
        before = fds()
        for _ in range(10):
            with pytest.raises(ReaderBroken, match=r"gate-1: .*program"):
                next(kind.reader(fake.path).sightings(threading.Event()))

        assert before == fds()


@kinds
def test_port_that_is_not_there_is_lost_not_broken(kind: Kind, tmp_path: Path) -> None:
    with pytest.raises(ReaderLost, match=r"gate-1: .*not there"):
        next(kind.reader(tmp_path / "none").sightings(threading.Event()))


@kinds
def test_driver_without_a_port_says_so(kind: Kind) -> None:
    with pytest.raises(ReaderBroken, match="gate-1: port is not set"):
        kind.make(name=ReaderName("gate-1"), now_ns=boot_ns)


@pytest.mark.parametrize(("kind", "group"), [(KINDS["serial"], "dialout"), (KINDS["wedge"], "input")])
def test_missing_permission_names_the_group(kind: Kind, group: str, tmp_path: Path, monkeypatch) -> None:
    """We are root here, whom nothing is refused: so the kernel's answer is played."""
    port = tmp_path / "port"
    port.touch()
    refused = PermissionError(13, "Permission denied", str(port))

    def refuse(*_args: object, **_more: object) -> int:
        raise refused

    monkeypatch.setattr(os, "open", refuse)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(ReaderBroken, match=f"gate-1: .*group {group}"):
        next(kind.reader(port).sightings(threading.Event()))


def test_file_that_is_no_keyboard_is_told(tmp_path: Path) -> None:
    with wedge.FakeWedge(tmp_path / "port") as fake, pytest.raises(ReaderBroken, match="no input device"):
        next(WedgeReader(name=ReaderName("gate-1"), now_ns=boot_ns, port=str(fake.path)).sightings(threading.Event()))


def test_qr_scanner_gives_the_badges_text(tmp_path: Path) -> None:
    with (
        FakeLineReader(tmp_path / "port") as fake,
        Watching(KINDS["serial"].reader(fake.path, medium="qr")) as watching,
    ):
        watching.wait_until_open()
        fake.send_line("EA1.k-1_A.山田".encode())
        watching.wait_for_sightings(1)
    [sighting] = watching.sightings

    assert (Medium.QR, "EA1.k-1_A.山田".encode()) == (sighting.medium, sighting.token)


def test_qr_scanner_as_keyboard_gives_the_badges_text(tmp_path: Path) -> None:
    with (
        wedge.FakeWedge(tmp_path / "port") as fake,
        Watching(KINDS["wedge"].reader(fake.path, medium="qr")) as watching,
    ):
        watching.wait_until_open()
        fake.type_line("EA1.k-1_A.xYz~")
        watching.wait_for_sightings(1)
    [sighting] = watching.sightings

    assert (Medium.QR, b"EA1.k-1_A.xYz~") == (sighting.medium, sighting.token)


def test_125_khz_module_with_its_sum(tmp_path: Path) -> None:
    settings = {"frame_start": "02", "frame_end": "03", "frame_checksum": "xor-hex"}
    with (
        FakeLineReader(tmp_path / "port", prefix=b"\x02", suffix=b"\x03") as fake,
        Watching(KINDS["serial"].reader(fake.path, **settings)) as watching,
    ):
        watching.wait_until_open()
        fake.send_line(b"010063E9AE24")
        fake.send_line(b"010063E9AE25")
        watching.wait_for_sightings(1)

    assert [bytes.fromhex("010063E9AE")] == watching.tokens()


def test_binary_reader_without_marks_is_read_by_its_pauses(tmp_path: Path) -> None:
    settings = {"frame_end": "none", "number_as": "bytes", "frame_gap_ms": 50}
    with (
        FakeLineReader(tmp_path / "port", suffix=b"") as fake,
        Watching(KINDS["serial"].reader(fake.path, **settings)) as watching,
    ):
        watching.wait_until_open()
        fake.send_line(UID)
        watching.wait_for_sightings(1)

    assert [UID] == watching.tokens()


def test_reader_that_repeats_a_resting_card_is_one_touch(tmp_path: Path) -> None:
    """125 kHz modules send the number twenty times a second for as long as the card is there."""
    with FakeLineReader(tmp_path / "port") as fake, Watching(KINDS["serial"].reader(fake.path)) as watching:
        watching.wait_until_open()
        for _ in range(20):
            fake.touch(UID)
        fake.touch(b"next")
        watching.wait_for_sightings(2)

    assert [UID, b"next"] == watching.tokens()


@pytest.mark.parametrize("kind", [KINDS["serial"], KINDS["wiegand"]], ids=["serial", "wiegand"])
def test_noise_is_no_touch_and_is_told_to_the_technician(kind: Kind, tmp_path: Path) -> None:
    with kind.fake(tmp_path / "port") as fake, Watching(kind.reader(fake.path)) as watching:
        watching.wait_until_open()
        fake.say(b"\xff\x00\x93\r\nno number\r\n")
        watching.wait_until(lambda w: "not understood" in w.reader.probe().detail)
        assert [] == watching.sightings
        assert "no number" not in watching.reader.probe().detail
        fake.touch(UID[:3])
        watching.wait_for_sightings(1)

        assert not watching.reader.probe().detail


@pytest.mark.parametrize(
    "settings", [{"frame_pattern": "(a+)+"}, {"frame_start": "xyz"}, {"frame_end": ""}, {"medium": "nfc"}]
)
def test_settings_that_make_no_sense_are_the_technicians_to_mend(settings) -> None:
    with pytest.raises(ReaderBroken, match=r"gate-1: .*correct the configuration"):
        KINDS["serial"].reader(Path("/dev/ttyS9"), **settings)


@pytest.mark.parametrize("driver", ["serial", "wiegand", "wedge"])
def test_driver_is_built_from_the_configurations_own_defaults(driver: str) -> None:
    """Every setting of [[reader]] has the meaning and the default its driver has."""
    table = {f.name: f.default for f in fields(Settings) if f.default is not MISSING}
    offered = {**table, "name": ReaderName("gate-1"), "now_ns": boot_ns, "port": "/dev/ttyS9"}

    assert "gate-1" == registry.build(driver, offered, lab=False).name


class Keyboard:
    """A real keyboard of the kernel's, made by uinput."""

    SET_EVBIT, SET_KEYBIT, CREATE, SETUP = 0x40045564, 0x40045565, 0x5501, 0x405C5503


def test_real_keyboard_is_grabbed_read_and_lost() -> None:
    """The one thing no fake shows: that EVIOCGRAB is what we think it is."""
    path = Path("/dev/uinput")
    if not path.exists():
        pytest.skip("this kernel has no /dev/uinput, and no package brings it")
    fd = os.open(path, os.O_WRONLY)
    fcntl.ioctl(fd, Keyboard.SET_EVBIT, 1)
    for code in range(1, 100):
        fcntl.ioctl(fd, Keyboard.SET_KEYBIT, code)
    fcntl.ioctl(fd, Keyboard.SETUP, struct.pack("HHHH80sI", 3, 1, 1, 1, b"edge-agent test", 0))
    fcntl.ioctl(fd, Keyboard.CREATE)
    found = [
        p for p in Path("/sys/class/input").glob("event*") if (p / "device/name").read_text() == "edge-agent test\n"
    ]
    port = Path("/dev/input") / found[0].name
    with Watching(WedgeReader(name=ReaderName("gate-1"), now_ns=boot_ns, port=str(port))) as watching:
        watching.wait_until_open()
        with pytest.raises(ReaderBroken, match="another program"):
            next(WedgeReader(name=ReaderName("b"), now_ns=boot_ns, port=str(port)).sightings(threading.Event()))
        os.write(fd, wedge.typed("04A1B2C3") + wedge.press(28))
        watching.wait_for_sightings(1)
        os.close(fd)
        watching.wait_until(lambda w: bool(w.losses))

    assert [UID] == watching.tokens()
