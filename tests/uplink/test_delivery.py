"""End to end: a real spool, the real Mosquitto with TLS and access rules, an office of thirty lines."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hardware_fakes import broker as amqtt
from hardware_fakes import mosquitto
from hardware_fakes.broker import Broker
from hardware_fakes.mosquitto import Mosquitto

pytestmark = pytest.mark.mosquitto


@pytest.fixture
def site(tmp_path: Path, require: Callable[[str | None], None]) -> Iterator[Mosquitto]:
    require(mosquitto.available())
    with Mosquitto(tmp_path / "broker") as running:
        yield running


@pytest.fixture
def office(site: Mosquitto, box: Any, open_office: Callable[..., Any]) -> Any:
    return open_office(site.settings("receiver"), epoch=box.journal.epoch)


def test_a_backlog_and_live_touches_arrive_complete_and_are_receipted(
    site: Mosquitto, box: Any, office: Any, eventually: Callable[..., bool]
) -> None:
    box.record(5_000)
    box.connect(site.settings("gw-1"))
    for _ in range(20):
        box.record()
        threading.Event().wait(0.01)

    assert eventually(lambda: box.upto() == 5_020)
    assert box.truth == office.store


def test_a_receiver_that_says_less_than_before_is_told_at_once_what_it_had_said(
    site: Mosquitto, box: Any, office: Any, eventually: Callable[..., bool]
) -> None:
    """Restored from a backup while all boxes stay connected: it could not know, and they would not say it for hours."""
    box.record(10)
    box.connect(site.settings("gw-1"))
    assert eventually(lambda: box.upto() == 10)
    for lost in range(5, 11):
        del office.store[lost]

    assert eventually(lambda: office.states == ["ready", "ready"])
    office.generation += 1
    assert eventually(lambda: box.truth == office.store)


def test_a_live_touch_does_not_wait_for_the_backlog(
    site: Mosquitto, box: Any, office: Any, eventually: Callable[..., bool]
) -> None:
    """I7, over a real line."""
    box.record(100_000, lambda number: b'{"n":%d}' % number)
    box.connect(site.settings("gw-1"))
    assert eventually(lambda: office.batches)
    box.record()

    assert eventually(lambda: office.lives == [100_001])
    assert 100_000 not in office.store


@pytest.mark.parametrize("fault", ["restart", "kill", "freeze"])
def test_whatever_happens_to_the_broker_everything_arrives(
    site: Mosquitto, box: Any, office: Any, eventually: Callable[..., bool], fault: str
) -> None:
    """A broker that is killed forgets what it has acknowledged: nobody may have believed it."""
    box.record(3_000)
    box.connect(site.settings("gw-1") | {"keepalive_s": 2}, receipt_timeout_s=2.0)
    assert eventually(lambda: office.store)
    if fault == "freeze":
        site.freeze()
        box.record(10)
        threading.Event().wait(0.5)
        site.thaw()
    elif fault == "kill":
        site.kill()
        box.record(10)
        site.start()
    else:
        box.record(10)
        site.restart()
    box.record(10)

    assert eventually(lambda: box.upto() == 3_020, within_s=40)
    assert box.truth == office.store


def test_a_receiver_that_was_away_gets_what_the_broker_forgot(
    site: Mosquitto, box: Any, open_office: Callable[..., Any], eventually: Callable[..., bool]
) -> None:
    """Without a subscriber the broker acknowledges everything and keeps nothing."""
    box.record(500)
    link = box.connect(site.settings("gw-1"), receipt_timeout_s=1.0)
    assert eventually(lambda: link.status().is_connected)
    threading.Event().wait(1.5)
    before = box.upto()
    office = open_office(site.settings("receiver"), epoch=box.journal.epoch)

    assert 0 == before
    assert eventually(lambda: box.upto() == 500)
    assert box.truth == office.store


def test_a_restored_receiver_gets_its_gap_filled(
    site: Mosquitto, box: Any, office: Any, open_office: Callable[..., Any], eventually: Callable[..., bool]
) -> None:
    box.record(300)
    box.connect(site.settings("gw-1"))
    assert eventually(lambda: box.upto() == 300)
    office.stop()
    restored = open_office(site.settings("receiver"), epoch=box.journal.epoch, generation=2)
    box.record()

    assert eventually(lambda: box.upto() == 301 and len(restored.store) == 301)
    assert box.truth == restored.store


def test_a_refused_event_holds_up_nothing(
    site: Mosquitto, box: Any, office: Any, eventually: Callable[..., bool]
) -> None:
    office.bad = {2}
    box.record(5)
    box.connect(site.settings("gw-1"))

    assert eventually(lambda: box.upto() == 5)
    assert [(2, "schema")] == box.quarantine()


def test_a_box_whose_certificate_says_another_name_is_told_so(
    site: Mosquitto, box: Any, eventually: Callable[..., bool]
) -> None:
    """Installed with the neighbour's certificate: every touch is safe on disk, and the message names the rules."""
    box.record(3)
    link = box.connect(site.settings("gw-2"))

    assert eventually(lambda: "access rules" in link.status().error)
    assert link.status().is_connected
    assert 0 == box.upto()


def test_the_office_sees_a_box_come_and_go(
    site: Mosquitto, box: Any, office: Any, eventually: Callable[..., bool]
) -> None:
    link = box.connect(site.settings("gw-1"))
    assert eventually(lambda: office.states == ["ready"])
    link.stop()

    assert eventually(lambda: office.states == ["ready", "stopped"])


def test_without_mosquitto_the_small_broker_carries_the_same(
    box: Any, require: Callable[[str | None], None], open_office: Callable[..., Any], eventually: Callable[..., bool]
) -> None:
    """The demo on a laptop, with MQTT 3.1.1."""
    require(amqtt.available())
    with Broker() as small:
        office = open_office(small.settings("receiver"), epoch=box.journal.epoch)
        box.record(1_000)
        link = box.connect(small.settings("gw-1"))
        assert eventually(lambda: link.status().is_connected)
        box.record()

        assert eventually(lambda: box.upto() == 1_001)
        assert box.truth == office.store
        assert 4 == link.status().protocol
        link.stop()
        office.stop()
