"""A device's process may crash, hang, babble or be killed: the reader is lost, and nothing else."""

import logging
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from drivers.child import ChildReader, Patience
from drivers.contract import Answer, AnswerKind, ReaderBroken, ReaderError, ReaderLost, ReaderName, Sighting
from edge_agent.devices import Device, Devices
from hardware_fakes.naughty import Mood, command
from hardware_fakes.watching import Watching, boot_ns

QUICK = Patience(start_s=10.0, silence_s=1.5, end_s=0.2)
BOUND_S = 20.0
BOUND_NS = 20 * 10**9


def reader(mood: Mood, word: str = "", *, patience: Patience = QUICK, name: str = "cam-1") -> ChildReader:
    return ChildReader(name=ReaderName(name), now_ns=boot_ns, command=command(mood, word), patience=patience)


def life(child: ChildReader, *, until: Callable[[list[Sighting]], bool] = lambda _: False) -> list[Sighting]:
    """Run it once, until it fails or the condition holds."""
    seen: list[Sighting] = []
    deadline_ns = boot_ns() + BOUND_NS
    stop = Event()
    for sighting in child.sightings(stop):
        if sighting:
            seen.append(sighting)
        if until(seen):
            stop.set()
        assert boot_ns() < deadline_ns, f"{child.probe()}"
    return seen


def failure(child: ChildReader, seen: list[Sighting] | None = None) -> ReaderError:
    """Run it until it fails; what it saw before is added to `seen`."""
    with pytest.raises(ReaderError) as raised:
        life(child, until=lambda all_: bool(seen is not None and seen.extend(all_[len(seen) :])))
    return raised.value


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def children() -> set[int]:
    """The child processes of this one, alive or not yet reaped."""
    tasks = Path("/proc/self/task").iterdir()
    return {int(pid) for task in tasks for pid in (task / "children").read_text().split()}


def is_gone(pid: int, *, within_s: float = 5.0) -> bool:
    deadline_ns = boot_ns() + round(within_s * 1e9)
    while boot_ns() < deadline_ns:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":  # ended; who reaps it is another question, asked in a test of its own
            return True
        Event().wait(0.02)
    return False


def test_what_the_child_sees_is_a_sighting_of_this_reader_with_the_childs_own_time() -> None:
    before_ns = boot_ns()
    [seen] = life(reader(Mood.GOOD, "card-7"), until=bool)

    assert ("cam-1", b"card-7") == (seen.reader, seen.token)
    assert before_ns < seen.seen_ns <= boot_ns()


def test_the_answer_reaches_the_child() -> None:
    with Watching(reader(Mood.GOOD), shows=AnswerKind.ENTERED) as watching:
        watching.wait_for_sightings(2, timeout_s=BOUND_S)

    assert b'heard {"type":"shown","kind":"entered","name":"","reason":""}' == watching.tokens()[1]


def test_the_probe_is_what_the_child_says_of_its_device() -> None:
    child = reader(Mood.GOOD)
    before = child.probe()
    with Watching(child) as watching:
        watching.wait_until_open(timeout_s=BOUND_S)
        during = child.probe()

    assert not before.is_open
    assert (True, "naughty", f"cam-1: pid {child_pid(during.detail)}") == (during.is_open, during.device, during.detail)
    assert not child.probe().is_open


def child_pid(detail: str) -> int:
    return int(detail.rpartition(" ")[2])


@pytest.mark.parametrize(
    ("mood", "why"),
    [
        (Mood.SEGV, "crashed with SIGSEGV"),
        (Mood.KILLED, "was killed: out of memory"),
        (Mood.HANG, "gave no sign of life for 1.5 s"),
        (Mood.ENDLESS, "gave no sign of life for 1.5 s"),
        (Mood.GARBAGE, "does not speak our language"),
        (Mood.FLOOD, "says far more"),
        (Mood.STDERR, "says far more"),
        (Mood.MUTE, "closed its output and lived on"),
        (Mood.ORPHAN, "ended with code 0"),
        (Mood.EXIT, r"ended with code 7 \(it said: no such camera\)"),
        (Mood.LOST, "cam-1: the cable is out"),
    ],
)
def test_a_child_that_goes_wrong_is_a_reader_lost_and_leaves_nothing_behind(mood: Mood, why: str) -> None:
    """Whatever a native library does, the gate has its other readers."""
    child = reader(mood, f"card of {mood}")
    seen: list[Sighting] = []
    files, others = open_files(), children()
    error = failure(child, seen)

    assert isinstance(error, ReaderLost)
    assert re.search(why, str(error))
    assert [f"card of {mood}".encode()] == [each.token for each in seen]
    assert children() <= others, "a zombie"
    assert open_files() <= files
    assert not child.probe().is_open
    assert str(child.probe().detail).startswith("cam-1: ")


def test_a_child_that_sees_more_than_there_can_be_is_ended_before_it_fills_the_disk() -> None:
    child = reader(Mood.SIGHTINGS)
    seen: list[Sighting] = []

    assert "sees more than there can be" in str(failure(child, seen))
    assert 0 < len(seen) < 200


def test_what_a_child_leaves_behind_ends_with_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "drivers.child")
    failure(reader(Mood.ORPHAN))
    [pid] = [int(vars(record)["line"]) for record in caplog.records]

    assert is_gone(pid)


def test_a_child_that_never_greets_is_given_up_in_time() -> None:
    child = reader(Mood.LATE, patience=Patience(start_s=0.7, end_s=0.1))

    assert "no sign of life for 0.7 s" in str(failure(child))


def test_a_child_of_another_version_is_the_technicians_to_mend() -> None:
    with pytest.raises(ReaderBroken, match="install the whole package again"):
        life(reader(Mood.OLD))


def test_a_child_that_knows_what_is_broken_says_it() -> None:
    with pytest.raises(ReaderBroken, match="cam-1: not installed"):
        life(reader(Mood.BROKEN))


def test_no_program_at_all_is_said_in_its_own_words() -> None:
    child = ChildReader(name=ReaderName("cam-1"), now_ns=boot_ns, command=["/no/such/program"], patience=QUICK)

    assert "ended with code 127 (it said: /no/such/program: No such file or directory)" in str(failure(child))


def test_what_a_later_child_adds_is_ignored_and_nothing_is_seen_in_the_future() -> None:
    seen = life(reader(Mood.FUTURE), until=lambda seen: len(seen) > 1)

    assert [b"card-1", b"future"] == [each.token for each in seen]
    assert seen[1].seen_ns <= boot_ns()


def test_a_child_that_dies_again_and_again_is_the_technicians_to_mend() -> None:
    """A reader that restarts for ever would look like a quiet morning."""
    child = reader(Mood.EXIT, patience=Patience(deaths=3, deaths_within_s=60.0))
    kinds = [type(failure(child)) for _ in range(4)]

    assert [ReaderLost, ReaderLost, ReaderBroken, ReaderBroken] == kinds
    assert "ended 3 times within 60 s" in child.probe().detail


class Unkillable:
    """A process whose device's driver holds it in the kernel: not even SIGKILL ends it."""

    def __init__(self) -> None:
        self.holds = True

    def end(self, *, patience_s: float) -> bool:
        del patience_s
        return not self.holds


def test_a_child_its_driver_holds_is_told_and_no_second_one_is_started_beside_it() -> None:
    """Else every try would leave one more process that nobody can end."""
    child, held = reader(Mood.GOOD), Unkillable()
    child._undead = held
    error = failure(child)
    held.holds = False

    assert isinstance(error, ReaderBroken)
    assert "cannot be killed, the device's driver holds it; unplug the device" in str(error)
    assert life(child, until=bool)


def test_deaths_of_long_ago_are_forgotten() -> None:
    now_ns = boot_ns()
    child = ChildReader(
        name=ReaderName("cam-1"),
        now_ns=lambda: now_ns,
        command=command(Mood.EXIT),
        patience=Patience(deaths=2, deaths_within_s=60.0),
    )
    kinds = []
    for _ in range(3):
        kinds.append(type(failure(child)))
        now_ns += 61 * 10**9

    assert [ReaderLost] * 3 == kinds


def test_a_lost_child_is_started_anew() -> None:
    with Watching(reader(Mood.SEGV)) as watching:
        watching.wait_for_sightings(3, timeout_s=BOUND_S)

    assert len(watching.losses) >= 2


def test_stop_ends_a_child_that_hears_nothing_within_a_second() -> None:
    child = reader(Mood.HANG, patience=Patience(end_s=0.2))
    with Watching(child) as watching:
        watching.wait_for_sightings(1, timeout_s=BOUND_S)
        pid, began_ns = child.pid, boot_ns()
        watching.stop()
        took_ns = boot_ns() - began_ns

    assert took_ns < 1_500_000_000
    assert pid is not None
    assert is_gone(pid)


def test_answers_to_a_child_that_does_not_listen_hold_nobody_up() -> None:
    child = reader(Mood.HANG)
    sightings = child.sightings(Event())
    while next(sightings) is None:
        pass
    began_ns = boot_ns()
    for _ in range(3000):
        child.show(Answer(kind=AnswerKind.ENTERED, name="x" * 2000))
    sightings.close()

    assert boot_ns() - began_ns < 5 * 10**9


def test_an_answer_to_a_child_that_is_gone_says_so() -> None:
    child = reader(Mood.GOOD)
    with pytest.raises(ReaderLost, match="cam-1: not open"):
        child.show(Answer(kind=AnswerKind.ENTERED))
    sightings = child.sightings(Event())
    while next(sightings) is None:
        pass
    os.kill(child.pid, signal.SIGKILL)
    assert is_gone(child.pid)
    with pytest.raises(ReaderLost, match="cam-1: its process was killed"):
        child.show(Answer(kind=AnswerKind.ENTERED))
    sightings.close()


def test_what_a_child_says_beside_goes_to_the_log_bounded_and_harmless(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "drivers.child")
    with Watching(reader(Mood.CHATTY)) as watching:
        watching.wait_for_signs_of_life(4, timeout_s=BOUND_S)
    lines = [vars(record)["line"] for record in caplog.records]

    assert "line 0" == lines[0]
    assert 10 < len(lines) < 60
    assert all(len(line) <= 300 and line.isprintable() for line in lines)


def test_a_child_that_has_closed_its_stderr_keeps_nobody_busy() -> None:
    """A pipe at its end is always ready: asked again and again, it would cost a core."""
    with Watching(reader(Mood.TACITURN)) as watching:
        watching.wait_for_sightings(1, timeout_s=BOUND_S)
        before, began_ns = watching.signs_of_life, boot_ns()
        watching.wait_for_signs_of_life(8, timeout_s=BOUND_S)
        rate_hz = (watching.signs_of_life - before) / ((boot_ns() - began_ns) / 1e9)

    assert rate_hz < 60


PARENT = """
import sys
from threading import Event
from drivers.child import ChildReader
from hardware_fakes.naughty import Mood, command
from hardware_fakes.watching import boot_ns
child = ChildReader(name="cam-1", now_ns=boot_ns, command=command(Mood(sys.argv[1])))
for sighting in child.sightings(Event()):
    if sighting:
        print(child.pid, flush=True)
"""


@pytest.mark.parametrize("mood", [Mood.GOOD, Mood.HANG])
def test_a_child_does_not_outlive_its_parent(mood: Mood) -> None:
    """A camera held by a forgotten process could not be opened by the next."""
    with subprocess.Popen([sys.executable, "-c", PARENT, mood], stdout=subprocess.PIPE) as parent:
        pid = int(parent.stdout.readline())
        parent.kill()

    assert is_gone(pid)


class Gate:
    """A reader that behaves, beside others that may not: how long each of its touches waited to be served."""

    def __init__(self, *others: Mood) -> None:
        self._waits_ns: list[int] = []
        self._unfailed = set(others)
        self._devices = Devices()
        for mood in others:
            self._devices.add(Device(reader(mood, name=mood), driver="camera", record=tapped, boot_ns=boot_ns))
        self._devices.add(Device(reader(Mood.GOOD, name="good"), driver="camera", record=self._served, boot_ns=boot_ns))

    def median_wait_ns(self, *, of: int) -> int:
        """Serve until so many touches were served and every other reader has failed."""
        self._devices.start()
        deadline_ns = boot_ns() + 6 * BOUND_NS
        while (len(self._waits_ns) < of or self._unfailed) and boot_ns() < deadline_ns:
            Event().wait(0.05)
            self._unfailed -= {each.name for each in self._devices.status() if "its process" in each.detail}
        states = {each.name: each.state for each in self._devices.status()}
        self._devices.stop()

        assert "open" == states["good"], f"{states}, served {len(self._waits_ns)}"
        assert len(self._waits_ns) >= of
        assert not self._unfailed
        return sorted(self._waits_ns)[of // 2]

    def _served(self, sighting: Sighting) -> Answer:
        self._waits_ns.append(boot_ns() - sighting.seen_ns)
        return tapped(sighting)


def tapped(_: Sighting) -> Answer:
    return Answer(kind=AnswerKind.TAPPED)


def test_other_readers_of_the_gate_do_not_notice() -> None:
    """I11: one child crashes, others flood, babble and hang; the reader beside them is served within a second."""
    beside_ns = Gate(Mood.SEGV, Mood.FLOOD, Mood.HANG, Mood.GARBAGE).median_wait_ns(of=30)
    # The machine may be short of time for everybody; then nobody is served within a second, and nobody is to blame.
    alone_ns = Gate().median_wait_ns(of=30)

    assert beside_ns < max(10**9, 20 * alone_ns)


def test_the_child_gives_way_to_the_daemon() -> None:
    """When the memory or the processor is short, what is accepted is worth more than what is seen."""
    child = reader(Mood.GOOD)
    with Watching(child) as watching:
        watching.wait_for_sightings(1, timeout_s=BOUND_S)
        score = int(Path(f"/proc/{child.pid}/oom_score_adj").read_text())
        nice = os.getpriority(os.PRIO_PROCESS, child.pid)

    assert score >= 500
    assert nice > os.getpriority(os.PRIO_PROCESS, 0)
