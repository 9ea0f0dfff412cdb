"""Certificates on a box that does not know the date: all else is checked as ever, and the date once it is known."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge_agent import clock as clock_module
from edge_agent.clock import WRITTEN_UTC_NS, SystemClock, system_utc_ns
from edge_agent.core.touch import NS_PER_S, Anchor, Stamp, Trust
from edge_agent.uplink.dates import Today, judge
from edge_agent.uplink.mqtt import BrokerError, BrokerRefused, CertificateDate, Endpoint, Session
from hardware_fakes import mosquitto
from hardware_fakes.certificates import DAY, EXPIRED, NOT_YET, VALID, Authority, Validity
from hardware_fakes.mosquitto import Mosquitto

DAY_NS = 86_400 * NS_PER_S
LONG_EXPIRED = Validity(begins=-900 * DAY, ends=-400 * DAY)


def today(trust: Trust, *, off_days: float = 0, known_utc_ns: int = WRITTEN_UTC_NS) -> Today:
    """Return what a box knows whose clock is off by so many days: 0 is the truth."""
    utc_ns = system_utc_ns() + round(off_days * DAY_NS)
    return Today(at=Stamp(boot="b", boot_ns=1, utc_ns=utc_ns, trust=trust), known_utc_ns=known_utc_ns)


IN_1970 = replace(today(Trust.NONE), at=replace(today(Trust.NONE).at, utc_ns=60 * NS_PER_S))


def now_s() -> float:
    return SystemClock().boot_ns() / NS_PER_S


@pytest.fixture
def serve(tmp_path: Path, require: Callable[[str | None], None]) -> Iterator[Callable[[Validity], Mosquitto]]:
    """Start the real broker with a certificate of this validity."""
    require(mosquitto.available())
    running: list[Mosquitto] = []
    authority = Authority(tmp_path / "tls")

    def start(validity: Validity) -> Mosquitto:
        server = authority.server("127.0.0.1", validity=validity)
        running.append(Mosquitto(tmp_path / "broker", authority=authority, server=server, acl=False).start())
        return running[-1]

    yield start
    for broker in running:
        broker.stop()


def connect(broker: Mosquitto, known: Today, **changes: str) -> Session:
    endpoint = replace(Endpoint(client_id="gw-1", **broker.settings("gw-1")), **changes)  # type: ignore[arg-type]
    return Session.open(endpoint, timeout_s=5, now=now_s, today=lambda: known)


@pytest.mark.mosquitto
def test_a_box_in_1970_reaches_a_broker_whose_certificate_lies_in_its_future(serve) -> None:
    """No RTC, no NTP: the receiver, who knows the time, is behind this certificate."""
    session = connect(serve(NOT_YET), IN_1970)

    assert 5 == session.limits.protocol
    session.check_dates()  # knows no more than before
    session.close()


@pytest.mark.mosquitto
def test_a_certificate_that_ran_out_before_the_last_known_time_is_refused_even_then(serve) -> None:
    broker = serve(LONG_EXPIRED)

    with pytest.raises(CertificateDate, match="certificate is at fault, not the clock"):
        connect(broker, IN_1970)


@pytest.mark.mosquitto
def test_the_time_a_box_has_seen_before_counts_in_1970(serve) -> None:
    """It ran out yesterday; the box knows it only if an earlier boot knew the time."""
    broker = serve(EXPIRED)
    session = connect(broker, IN_1970)
    session.close()

    with pytest.raises(CertificateDate, match="has run out"):
        connect(broker, replace(IN_1970, known_utc_ns=system_utc_ns()))


@pytest.mark.mosquitto
@pytest.mark.parametrize("known", [IN_1970, today(Trust.SERVER, off_days=2)], ids=["1970", "told otherwise"])
def test_a_foreign_authority_and_a_wrong_name_are_refused_whatever_the_clock_says(
    serve, tmp_path: Path, known: Today
) -> None:
    broker = serve(VALID)
    stranger = Authority(tmp_path / "stranger", name="Stranger CA")

    with pytest.raises(BrokerRefused, match="not from the authority"):
        connect(broker, known, ca_file=str(stranger.file))
    with pytest.raises(BrokerRefused, match="for another name"):
        connect(broker, known, host="localhost")


@pytest.mark.mosquitto
@pytest.mark.parametrize(
    ("validity", "off_days", "is_taken"),
    [(NOT_YET, 2, True), (NOT_YET, 60, False), (EXPIRED, -2, True), (VALID, 60, False), (VALID, 1, True)],
)
def test_the_believed_clock_judges_where_the_machines_is_wrong(
    serve, *, validity: Validity, off_days: float, is_taken: bool
) -> None:
    broker = serve(validity)
    known = today(Trust.GSM, off_days=off_days)
    if is_taken:
        connect(broker, known).close()
    else:
        with pytest.raises(CertificateDate):
            connect(broker, known)


@pytest.mark.mosquitto
def test_where_both_clocks_agree_openssl_judges_the_whole_chain(serve) -> None:
    broker = serve(NOT_YET)
    with pytest.raises(CertificateDate, match=r"not valid yet.*by ntp: the certificate is at fault"):
        connect(broker, today(Trust.NTP))
    with pytest.raises(CertificateDate, match="kept by a battery and nobody has checked it"):
        connect(broker, today(Trust.RTC))


@pytest.mark.mosquitto
def test_the_date_is_judged_as_soon_as_it_is_known(serve) -> None:
    """The receiver's own word, or NTP's, ends a connection that should never have been."""
    broker, known = serve(EXPIRED), [IN_1970]
    endpoint = Endpoint(client_id="gw-1", **broker.settings("gw-1"))  # type: ignore[arg-type]
    session = Session.open(endpoint, timeout_s=5, now=now_s, today=lambda: known[-1])
    session.check_dates()
    known.append(today(Trust.SERVER))

    with pytest.raises(CertificateDate, match=r"has run out on .* by server: the certificate is at fault"):
        session.check_dates()
    session.close()


@pytest.mark.mosquitto
def test_a_link_without_a_date_connects_and_ends_when_the_date_shows_the_certificate_has_run_out(
    serve, box, eventually, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(clock_module, "_adjtimex", lambda: (5, 0))
    monkeypatch.setattr(clock_module, "RTC", Path("/nonexistent"))
    link = box.connect(serve(EXPIRED).settings("gw-1"))
    connected = eventually(lambda: link.status().is_connected)
    clock = link._clock
    clock.offer(_now(clock.stamp()))

    assert connected
    assert eventually(lambda: not link.status().is_connected and "has run out" in link.status().error)
    assert "certificate is at fault" in link.status().error
    assert "PRIVATE KEY" not in caplog.text


@pytest.mark.mosquitto
def test_a_link_without_a_date_still_refuses_what_has_certainly_run_out(
    serve, box, eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock_module, "_adjtimex", lambda: (5, 0))
    monkeypatch.setattr(clock_module, "RTC", Path("/nonexistent"))
    link = box.connect(serve(LONG_EXPIRED).settings("gw-1"))

    assert eventually(lambda: "has run out" in link.status().error)
    assert not link.status().is_connected


def _now(stamp: Stamp) -> Anchor:
    return Anchor(boot=stamp.boot, boot_ns=stamp.boot_ns, utc_ns=system_utc_ns(), trust=Trust.SERVER, err_ms=100)


@pytest.mark.mosquitto
def test_a_certificate_renewed_in_place_is_used_at_the_next_connect_of_the_same_link(serve, box, eventually) -> None:
    broker = serve(VALID)
    assert broker.authority is not None
    old = broker.authority.client("gw-7", validity=EXPIRED)
    link = box.connect(broker.settings("gw-1") | {"cert_file": str(old.cert), "key_file": str(old.key)})
    refused = eventually(lambda: "our certificate has run out" in link.status().error)
    broker.authority.client("gw-7")

    assert refused
    assert eventually(lambda: link.status().is_connected)


# ---------------------------------------------------------------- without a broker


def _certificate(begins_days: float, ends_days: float) -> dict[str, str]:
    now = system_utc_ns() // NS_PER_S
    return {
        name: _as_ssl(now + round(days * 86_400))
        for name, days in (("notBefore", begins_days), ("notAfter", ends_days))
    }


def _as_ssl(utc_s: int) -> str:
    return (datetime.fromtimestamp(0, UTC) + timedelta(seconds=utc_s)).strftime("%b %d %H:%M:%S %Y GMT")


def test_a_clock_that_may_be_a_minute_off_does_not_refuse_by_seconds() -> None:
    unsure = today(Trust.SERVER)
    unsure = replace(unsure, at=replace(unsure.at, err_ms=60_000))
    judge("broker:8883", _certificate(30 / 86_400, 30), unsure)

    with pytest.raises(CertificateDate, match="only from"):
        judge("broker:8883", _certificate(120 / 86_400, 30), unsure)


def test_a_battery_that_stands_before_a_time_already_known_is_no_clock() -> None:
    """Its cell has run empty: what it says must not lock the box out."""
    empty = today(Trust.RTC, off_days=-20)
    judged = replace(empty, known_utc_ns=system_utc_ns() - DAY_NS)

    judge("broker:8883", _certificate(-1, 30), judged)
    with pytest.raises(CertificateDate, match="battery"):
        judge("broker:8883", _certificate(-1, 30), empty)


@pytest.mark.parametrize(("trust", "word"), [(Trust.GPS, "certificate is at fault"), (Trust.RTC, "set the clock")])
def test_the_message_says_clock_or_certificate(trust: Trust, word: str) -> None:
    with pytest.raises(BrokerError, match=word):
        judge("broker:8883", _certificate(-30, -1), today(trust))
