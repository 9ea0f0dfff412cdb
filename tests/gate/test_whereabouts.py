"""Where a touch was taken: by the receiver's own fix or not at all; and outside the fence it says so."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from drivers.contract import AnswerKind, Fix, Medium, ReaderName, Sighting
from drivers.gnss import GnssReceiver
from edge_agent import hardware
from edge_agent.clock import SystemClock
from edge_agent.config import settings
from edge_agent.config.load import load_agent
from edge_agent.core import events
from edge_agent.core.attendance import Policy, Role
from edge_agent.core.parts import Place
from edge_agent.core.place import Fence
from edge_agent.core.rules import Rules
from edge_agent.core.touch import NS_PER_S, CredentialRef, Person, Worker, WorkerId
from edge_agent.door import Door
from edge_agent.intake import Intake, SiteRules
from edge_agent.ledger.steps import LEDGER_STEPS
from edge_agent.requests import gallery_of
from edge_agent.whereabouts import OLD_NS, Whereabouts
from hardware_fakes.clock import FakeClock
from hardware_fakes.crew import Known
from hardware_fakes.gnss import TOKYO, FakeGnss
from hardware_fakes.watching import boot_ns
from spool.journal import Journal
from spool.outbox import Outbox

READER = ReaderName("gate-1")
FENCE = Fence(latitude_deg=TOKYO[0], longitude_deg=TOKYO[1], radius_m=200)
S = NS_PER_S


def fix(at_ns: int, *, accuracy_m: float = 13.5, north_deg: float = 0.0) -> Fix:
    return Fix(latitude_deg=TOKYO[0] + north_deg, longitude_deg=TOKYO[1], accuracy_m=accuracy_m, at_ns=at_ns)


def test_nobody_told_so_nobody_knows() -> None:
    assert Whereabouts(FENCE).place(0) is None


def test_place_is_as_precise_as_it_can_be_and_says_how_old_it_is() -> None:
    known = Whereabouts(FENCE)
    known.hear(Fix(latitude_deg=35.68123649, longitude_deg=139.76712551, accuracy_m=13.46, at_ns=0))

    assert Place(lat=35.681236, lon=139.767126, acc_m=13.5, age_s=90, inside=True) == known.place(90 * S)


def test_fix_of_more_than_an_hour_ago_is_none() -> None:
    known = Whereabouts(FENCE)
    known.hear(fix(0))

    assert known.place(OLD_NS) is not None
    assert known.place(OLD_NS + 1) is None


def test_touch_seen_before_the_fix_was_told_has_no_age_below_zero() -> None:
    known = Whereabouts()
    known.hear(fix(5 * S))
    place = known.place(0)

    assert place is not None
    assert (0, None) == (place.age_s, place.inside)


class Gate:
    """An intake on a real spool that knows where it is."""

    def __init__(self, folder: Path) -> None:
        self.whereabouts = Whereabouts(FENCE)
        self.path = folder / "spool.db"
        self.clock = FakeClock()
        self.journal = Journal(self.path, owner_steps={"ledger": LEDGER_STEPS})
        worker = Worker(id=WorkerId("12345678901234"), ccus="12345678901234", name="山田 太郎")
        ref = CredentialRef("hmac:" + "0" * 32)
        self.intake = Intake(
            journal=self.journal,
            clock=self.clock,
            committed=lambda _: None,
            identities=Known(lambda card: Person(credential=card, worker=worker), lambda _token: ref),
            rules=SiteRules(
                gateway="gw-1",
                site="13-0042",
                policy=Policy(),
                cut_off_min=240,
                roles={READER: Role.TOGGLE},
                checks=Rules.of({"outside_fence": "warn"}),
            ),
            place=self.whereabouts.place,
        )

    def touch(self) -> AnswerKind:
        return self.intake.record(
            Sighting(
                reader=READER, medium=Medium.CARD, token=b"1234", technology="felica", seen_ns=self.clock.boot_ns()
            )
        ).kind

    def last(self) -> events.TouchData:
        with contextlib.closing(Outbox(self.path)) as outbox:
            *_, entry = outbox.after(0, limit=100)
        event = events.decode_event(entry.body)
        assert isinstance(event, events.TouchEvent)
        return event.data


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    gate = Gate(tmp_path)
    yield gate
    gate.journal.close()


def test_touch_inside_the_fence_carries_its_place(gate: Gate) -> None:
    gate.whereabouts.hear(fix(gate.clock.boot_ns() - 3 * S))

    assert AnswerKind.ENTERED is gate.touch()
    assert Place(lat=TOKYO[0], lon=TOKYO[1], acc_m=13.5, age_s=3, inside=True) == gate.last().place
    assert [] == gate.last().because


def test_touch_outside_the_fence_is_recorded_and_says_so(gate: Gate) -> None:
    """A box carried off the site is found by its events; the worker in front of it is not punished."""
    gate.whereabouts.hear(fix(gate.clock.boot_ns(), north_deg=0.01))

    assert AnswerKind.ENTERED is gate.touch()
    assert ["outside_fence"] == gate.last().because
    assert "accepted" == gate.last().standing
    place = gate.last().place
    assert place is not None
    assert place.inside is False


def test_touch_with_a_poor_fix_at_the_edge_accuses_nobody(gate: Gate) -> None:
    gate.whereabouts.hear(fix(gate.clock.boot_ns(), north_deg=0.002, accuracy_m=60))
    gate.touch()
    place = gate.last().place

    assert [] == gate.last().because
    assert place is not None
    assert place.inside is None


def test_touch_without_a_fix_has_no_place_at_all(gate: Gate) -> None:
    """Never 0, 0: nobody stands in the Gulf of Guinea."""
    gate.touch()

    assert gate.last().place is None
    assert [] == gate.last().because


def test_receiver_on_a_real_port_places_the_touch(gate: Gate, tmp_path: Path) -> None:
    stop, fixes = Event(), []
    receiver = GnssReceiver(
        name=hardware.GNSS,
        now_ns=gate.clock.boot_ns,
        hear_time=print,
        hear_fix=fixes.append,
        port=str(tmp_path / "tty"),
    )
    with FakeGnss(tmp_path / "tty") as fake, contextlib.closing(receiver.sightings(stop)) as sightings:
        next(sightings)
        fake.latitude_deg += 0.01
        fake.say_burst()
        while not fixes:
            assert next(sightings) is None
    gate.whereabouts.hear(fixes[-1])
    gate.touch()

    assert ["outside_fence"] == gate.last().because


CONFIG = """\
[agent]
gateway = "gw-0001"
lab = true
card_key_file = "{folder}/card.key"
[site]
id = "13-0042"
latitude = {0}
longitude = {1}
radius_m = 200
[broker]
host = "127.0.0.1"
tls = false
[gnss]
port = "{folder}/tty"
baud = 38400
[[reader]]
name = "gate-1"
driver = "simulated"
"""


@pytest.fixture
def config(tmp_path: Path) -> settings.AgentConfig:
    (tmp_path / "card.key").write_bytes(b"0123456789abcdef")
    (tmp_path / "card.key").chmod(0o600)
    path = tmp_path / "config.toml"
    path.write_text(CONFIG.format(*TOKYO, folder=tmp_path), encoding="utf-8")
    return load_agent(path)


def test_daemon_runs_the_receiver_beside_its_readers(config: settings.AgentConfig, tmp_path: Path) -> None:
    """What the configuration says is what the box does: fence, port, and time handed to the clock."""
    clock = SystemClock()
    whereabouts = Whereabouts(hardware.fence_of(config.site))
    gallery = gallery_of(config, clock=clock, spool=tmp_path / "spool.db")
    built = hardware.readers_of(
        config, clock=clock, whereabouts=whereabouts, faces=gallery, hear_hint=lambda _hint: None
    )
    devices = hardware.devices_of(built, record=Door(clock).record, clock=clock, speaker=None)
    receiver = devices._devices[-1]._reader
    with FakeGnss(tmp_path / "tty") as fake:
        devices.start()
        deadline_ns = boot_ns() + 10 * S
        while (place := whereabouts.place(boot_ns())) is None:
            fake.say_burst()
            Event().wait(0.05)
            assert boot_ns() < deadline_ns
        states = {status.name: (status.driver, status.state) for status in devices.status()}
        devices.stop()

    assert place.inside is True
    assert ("gnss", "open") == states[hardware.GNSS]
    assert 38400 == receiver._baud


def test_site_without_a_radius_has_no_fence(config: settings.AgentConfig) -> None:
    assert FENCE == hardware.fence_of(config.site)
    assert hardware.fence_of(settings.Site(id="13-0042")) is None
