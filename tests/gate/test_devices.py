"""Readers fail alone, come back by themselves, and say so once each way (I11)."""

import logging
from collections.abc import Callable, Iterator
from threading import Event

import pytest

from drivers.contract import Answer, AnswerKind, Medium, Probe, ReaderBroken, ReaderLost, ReaderName, Sighting
from edge_agent import devices as devices_module
from edge_agent.devices import Device, Devices
from hardware_fakes.clock import FakeClock

PATIENCE_S = 10.0
Step = Sighting | Exception | Callable[[], None] | None


def sighting(reader: str = "gate-1", token: bytes = b"\x01") -> Sighting:
    return Sighting(reader=ReaderName(reader), medium=Medium.CARD, token=token, technology="felica", seen_ns=0)


class ScriptedReader:
    """Yields what its script says, one list an opening; afterwards it idles."""

    def __init__(self, name: str, *openings: list[Step]) -> None:
        self.name = ReaderName(name)
        self.shown: list[Answer] = []
        self.is_done = Event()
        self.is_open = True
        self._openings = list(openings)

    def sightings(self, stop: Event) -> Iterator[Sighting | None]:
        for step in self._openings.pop(0) if self._openings else []:
            if isinstance(step, Exception):
                raise step
            if callable(step):
                step()
                continue
            yield step
        if not self._openings:
            while not stop.wait(0.005):
                yield None
                self.is_done.set()  # what was yielded has been dealt with

    def show(self, answer: Answer) -> None:
        self.shown.append(answer)

    def probe(self) -> Probe:
        return Probe(
            is_open=self.is_open, device="Scripted 00 00" if self.is_open else "", detail="" if self.is_open else "away"
        )


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST_WAIT_S", "LONGEST_WAIT_S", "BROKEN_WAIT_S"):
        monkeypatch.setattr(devices_module, name, 0.001)


def entered(_: Sighting) -> Answer:
    return Answer(kind=AnswerKind.ENTERED)


def serve(clock: FakeClock, *readers: ScriptedReader) -> Devices:
    devices = Devices()
    for reader in readers:
        devices.add(Device(reader, driver="scripted", record=entered, boot_ns=clock.boot_ns))
    devices.start()
    for reader in readers:
        assert reader.is_done.wait(PATIENCE_S)
    return devices


def test_each_sighting_is_recorded_and_its_answer_shown(clock: FakeClock) -> None:
    reader = ScriptedReader("gate-1", [sighting(), None, sighting(token=b"\x02")])
    devices = serve(clock, reader)
    devices.stop()

    assert [Answer(kind=AnswerKind.ENTERED)] * 2 == reader.shown


@pytest.mark.parametrize("failure", [ReaderLost("unplugged"), ReaderBroken("two readers"), RuntimeError("a bug")])
def test_a_reader_that_fails_is_opened_again_and_the_others_go_on(clock: FakeClock, failure: Exception) -> None:
    failing = ScriptedReader("gate-1", [sighting(), failure], [failure], [sighting()])
    steady = ScriptedReader("gate-2", [sighting("gate-2")] * 3)
    devices = serve(clock, failing, steady)
    devices.stop()

    assert (len(failing.shown), len(steady.shown)) == (2, 3)


def test_lost_and_back_are_logged_once_each(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    """A reader unplugged over the weekend must not fill the disk with log lines."""
    lost = [ReaderLost("unplugged")]
    reader = ScriptedReader("gate-1", [None, *lost], *([list(lost)] * 20), [None])
    with caplog.at_level(logging.INFO):
        devices = serve(clock, reader)
        devices.stop()

    told = [record.getMessage() for record in caplog.records if record.name == "edge_agent.devices"]
    assert told == ["reader open", "reader lost", "reader open"]


def test_a_reader_that_is_not_there_at_the_start_is_told_once(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    reader = ScriptedReader("gate-1", [None, lambda: clock.advance(6), *[None] * 5])
    reader.is_open = False
    devices = serve(clock, reader)
    devices.stop()

    told = [record.getMessage() for record in caplog.records if record.name == "edge_agent.devices"]
    assert ["reader lost"] == told


def test_a_reader_that_takes_its_time_to_open_was_never_lost(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A modem is set up for a second; an alarm at every start would teach people to look away."""
    reader = ScriptedReader("gate-1")

    def opens() -> None:
        clock.advance(2)
        reader.is_open = True

    reader.is_open = False
    reader._openings = [[None, opens, None]]
    with caplog.at_level(logging.INFO):
        serve(clock, reader).stop()

    told = [record.getMessage() for record in caplog.records if record.name == "edge_agent.devices"]
    assert ["reader open"] == told


def test_status_names_what_is_wrong_and_what_to_do(clock: FakeClock) -> None:
    reader = ScriptedReader("gate-1")
    reader.is_open = False
    devices = serve(clock, reader)
    [status] = devices.status()
    devices.stop()

    assert (status.state, status.detail, status.device) == ("lost", "away", "")


def test_a_reader_held_by_its_library_is_told_as_stalled_and_stopping_goes_on(clock: FakeClock) -> None:
    """pcscd frozen: its calls block without limit. The other gates work, and the box can be stopped."""
    release = Event()

    class Held(ScriptedReader):
        def sightings(self, stop: Event) -> Iterator[Sighting | None]:
            yield None
            self.is_done.set()
            release.wait(PATIENCE_S)
            yield from super().sightings(stop)

    held, steady = Held("gate-1"), ScriptedReader("gate-2", [sighting("gate-2")])
    devices = serve(clock, held, steady)
    clock.advance(11)
    states = {status.name: status.state for status in devices.status()}
    devices.stop(timeout_s=0.01)
    release.set()

    assert states[held.name] == "stalled"
    assert len(steady.shown) == 1
