"""The clock: boot time goes on, and wall time is believed only as far as it deserves."""

from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from edge_agent import clock as clock_module
from edge_agent.clock import ABSURD_UTC_NS, NTP_LEAST_ERR_MS, TRUST_KEPT_NS, WRITTEN_UTC_NS, SystemClock
from edge_agent.core.touch import NS_PER_MS, NS_PER_S, Anchor, Trust
from hardware_fakes.clock import FakeClock

NOW_UTC_NS = WRITTEN_UTC_NS + 30 * 86_400 * NS_PER_S


def test_boot_time_only_goes_forward() -> None:
    clock = SystemClock()
    times = [clock.boot_ns() for _ in range(1000)]

    assert sorted(times) == times


def test_a_stamp_has_every_clock_and_the_kernels_boot_id() -> None:
    first, second = SystemClock().stamp(), SystemClock().stamp()

    assert first.boot == second.boot
    assert first.boot_ns <= second.boot_ns
    assert 36 == len(first.boot)


@pytest.mark.parametrize(
    ("state", "host_keeps_time", "has_rtc", "trust"),
    [
        (0, False, False, Trust.NTP),
        (5, False, True, Trust.RTC),
        (5, False, False, Trust.NONE),
        (5, True, False, Trust.HOST),
        (-1, False, False, Trust.NONE),
        (-1, False, True, Trust.RTC),
    ],
)
def test_trust_follows_who_keeps_the_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path, *, state: int, host_keeps_time: bool, has_rtc: bool, trust: Trust
) -> None:
    monkeypatch.setattr(clock_module, "_adjtimex", lambda: (state, 20_000))
    monkeypatch.setattr(clock_module, "RTC", tmp_path if has_rtc else tmp_path / "none")

    assert trust is SystemClock(host_keeps_time=host_keeps_time).stamp().trust


def test_a_wall_clock_before_this_program_was_written_is_never_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No RTC: the box wakes up in 1970 and says so."""
    monkeypatch.setattr(clock_module, "_adjtimex", lambda: (0, 0))
    monkeypatch.setattr(clock_module, "WRITTEN_UTC_NS", 2 * WRITTEN_UTC_NS)

    assert Trust.NONE is SystemClock().stamp().trust


class Kernel:
    """The kernel's clocks, in our hands, under the real SystemClock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, utc_ns: int = 0, state: int = 5) -> None:
        self.boot_ns, self.utc_ns, self.state, self.err_us, self.asked = 60 * NS_PER_S, utc_ns, state, 0, 0
        monkeypatch.setattr(clock_module.time, "clock_gettime_ns", self.gettime)
        monkeypatch.setattr(clock_module, "_adjtimex", self.adjtimex)
        monkeypatch.setattr(clock_module, "RTC", Path("/nonexistent"))
        self.clock = SystemClock()

    def gettime(self, which: int) -> int:
        return self.boot_ns if which == clock_module.time.CLOCK_BOOTTIME else self.utc_ns

    def adjtimex(self) -> tuple[int, int]:
        self.asked += 1
        return self.state, self.err_us

    def advance(self, seconds: float) -> None:
        self.boot_ns += round(seconds * NS_PER_S)
        self.utc_ns += round(seconds * NS_PER_S)

    def hear(self, trust: Trust, *, utc_ns: int = NOW_UTC_NS, err_ms: int = 100, **changes: object) -> None:
        said = Anchor(boot=self.clock.stamp().boot, boot_ns=self.boot_ns, utc_ns=utc_ns, trust=trust, err_ms=err_ms)
        self.clock.offer(replace(said, **changes))


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    return Kernel(monkeypatch)


def test_another_sources_word_is_the_time_from_then_on_with_an_error_that_grows(kernel: Kernel) -> None:
    before = kernel.clock.stamp()
    kernel.hear(Trust.GSM)
    kernel.advance(10_000)
    told = kernel.clock.stamp()

    assert (Trust.NONE, Trust.GSM) == (before.trust, told.trust)
    assert (NOW_UTC_NS + 10_000 * NS_PER_S, 100 + 1_000) == (told.utc_ns, told.err_ms)


def test_the_machines_own_clock_is_never_set(kernel: Kernel) -> None:
    kernel.hear(Trust.GPS)

    assert clock_module.system_utc_ns() < WRITTEN_UTC_NS


@pytest.mark.parametrize(
    "wrong",
    [
        {"boot": "another boot"},
        {"utc_ns": 0},
        {"utc_ns": WRITTEN_UTC_NS - 1},
        {"utc_ns": ABSURD_UTC_NS},
        {"boot_ns": 61 * NS_PER_S},
        {"err_ms": -1},
        {"trust": Trust.NONE},
        {"trust": Trust.RTC},
    ],
)
@pytest.mark.parametrize("kind", ["real", "fake"])
def test_a_word_that_cannot_be_true_is_not_heard(kernel: Kernel, wrong: dict[str, object], kind: str) -> None:
    """A modem without a network says 1980; a receiver with GPS of 1999 rolled over says 2007."""
    clock = kernel.clock if kind == "real" else FakeClock(utc_ns=0, trust=Trust.NONE)
    stamp = clock.stamp()
    said = Anchor(boot=stamp.boot, boot_ns=stamp.boot_ns, utc_ns=NOW_UTC_NS, trust=Trust.GSM, err_ms=1)
    clock.offer(replace(said, **wrong))
    deaf = clock.stamp().trust
    clock.offer(said)

    assert (Trust.NONE, Trust.GSM) == (deaf, clock.stamp().trust)


def test_a_worse_word_does_not_replace_a_better_one(kernel: Kernel) -> None:
    kernel.hear(Trust.GPS, err_ms=50)
    kernel.hear(Trust.SERVER, utc_ns=NOW_UTC_NS + 3600 * NS_PER_S, err_ms=1)
    kernel.hear(Trust.GPS, utc_ns=NOW_UTC_NS + 40 * NS_PER_MS, err_ms=500)

    assert (NOW_UTC_NS, Trust.GPS) == (kernel.clock.stamp().utc_ns, kernel.clock.stamp().trust)


def test_ntp_in_the_kernel_goes_before_every_other_word(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(monkeypatch, utc_ns=NOW_UTC_NS, state=0)
    kernel.hear(Trust.GPS, utc_ns=NOW_UTC_NS + 3600 * NS_PER_S, err_ms=1)

    assert (NOW_UTC_NS, Trust.NTP, NTP_LEAST_ERR_MS) == (
        kernel.clock.stamp().utc_ns,
        kernel.clock.stamp().trust,
        kernel.clock.stamp().err_ms,
    )


def test_what_ntp_knew_outlives_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine hours without an answer, and the kernel gives up its claim: the boot clock has not stopped."""
    kernel = Kernel(monkeypatch, utc_ns=NOW_UTC_NS, state=0)
    kernel.clock.stamp()
    kernel.state = 5
    kernel.advance(9 * 3600)
    told = kernel.clock.stamp()

    assert (Trust.NTP, NOW_UTC_NS + 9 * 3600 * NS_PER_S) == (told.trust, told.utc_ns)
    assert 3_240 <= (told.err_ms or 0) <= 3_240 + NTP_LEAST_ERR_MS


def test_a_clock_set_by_hand_after_ntp_does_not_move_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel drops its claim when somebody sets the clock; that is noticed at once, not ten seconds later."""
    kernel = Kernel(monkeypatch, utc_ns=NOW_UTC_NS, state=0)
    kernel.clock.stamp()
    kernel.state = 5
    kernel.utc_ns -= 3600 * NS_PER_S

    assert NOW_UTC_NS == kernel.clock.stamp().utc_ns


def test_the_last_word_of_ntp_counts_not_the_one_with_the_smallest_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A time server was wrong by an hour and set right since."""
    kernel = Kernel(monkeypatch, utc_ns=NOW_UTC_NS, state=0)
    kernel.clock.stamp()
    kernel.utc_ns -= 3600 * NS_PER_S
    kernel.err_us = 900_000
    kernel.clock.stamp()
    kernel.state = 5
    kernel.advance(60)

    assert NOW_UTC_NS - 3540 * NS_PER_S == kernel.clock.stamp().utc_ns


def test_ntp_that_arrives_with_a_step_is_believed_at_once(kernel: Kernel) -> None:
    kernel.clock.stamp()
    kernel.state, kernel.utc_ns = 0, NOW_UTC_NS

    assert Trust.NTP is kernel.clock.stamp().trust


def test_a_touch_does_not_ask_the_kernel_each_time(kernel: Kernel) -> None:
    for _ in range(1000):
        kernel.advance(TRUST_KEPT_NS / NS_PER_S / 1000)
        kernel.clock.stamp()

    assert kernel.asked <= 2


def test_offers_from_many_threads_leave_the_best(kernel: Kernel) -> None:
    threads = [
        Thread(target=kernel.hear, args=(trust,), kwargs={"err_ms": err_ms})
        for err_ms in range(1, 30)
        for trust in (Trust.SERVER, Trust.GSM, Trust.GPS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (Trust.GPS, 1) == (kernel.clock.stamp().trust, kernel.clock.stamp().err_ms)
