"""A run: put the site up, let the drawn faults happen, let everything come home, compare. Says what happens."""

import contextlib
import heapq
import itertools
import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from hardware_fakes.chaos import books
from hardware_fakes.chaos.account import Account
from hardware_fakes.chaos.fault import Fault
from hardware_fakes.chaos.judge import judge
from hardware_fakes.chaos.plan import BREATH_S, draw
from hardware_fakes.chaos.stage import Stage

BEAT_S = 5.0
OPEN_TIMEOUT_S = 60.0
LIVE_TIMEOUT_S = 90.0
LIVE_EVENTS = 30
"""What may be on its way when touches travel at once."""
DRAIN_TIMEOUT_S = 180.0
AGAIN_S = 0.2
"""A fault whose part is not free yet, since another took longer than drawn, tries again after this time."""


class NotOver(Exception):
    """Something did not come in time."""


class Run:
    """One run on one stage."""

    def __init__(self, stage: Stage, *, seed: int, minutes: float, faults: Sequence[Fault]) -> None:
        self.account = Account(seed=seed, minutes=minutes, began_ns=stage.say.began_ns)
        self._stage = stage
        self._log = stage.say
        self._faults = faults
        self._steps: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._taken: set[str] = set()
        self._began_s = 0.0

    def play(self) -> Account:
        """Play it to the end, and return how it ended."""
        stage, log = self._stage, self._log
        log("starting")
        stage.receiver.start()
        stage.agent.start()
        self._wait(stage.is_open, "all readers are open", OPEN_TIMEOUT_S)
        for worker in stage.workers:
            worker.start()
        log(f"{len(stage.workers)} gates are open; workers touch for {self.account.minutes * 60:.0f} s")
        self._break()
        log("the faults are over")
        self._try(self._open_again)
        self._try(self._live_again)
        log("the workers go home")
        for worker in stage.workers:
            worker.stop()
        self._try(self._come_home)
        self._close()
        self._count()
        return self.account

    # ------------------------------------------------------------ the faults
    def _break(self) -> None:
        length_s = self.account.minutes * 60
        self._began_s = time.monotonic()
        plan = list(draw(self._faults, seed=self.account.seed, length_s=length_s))
        for number, (at_s, lasts_s, fault) in enumerate(plan):
            rng = random.Random(f"fault {self.account.seed} {number}")
            self._at(at_s, partial(self._begin, fault, lasts_s, rng))
        self._at(length_s, lambda: None)
        beat_s = 0.0
        while self._steps:
            at_s, _, step = heapq.heappop(self._steps)
            while (left_s := at_s - self._now_s) > 0:
                if self._now_s >= beat_s:
                    beat_s = self._now_s + BEAT_S
                    self._tell()
                time.sleep(min(left_s, 0.1))
            step()

    def _begin(self, fault: Fault, lasts_s: float, rng: random.Random) -> None:
        if fault.parts & self._taken:
            self._at(self._now_s + AGAIN_S, partial(self._begin, fault, lasts_s, rng))
            return
        self._taken |= fault.parts
        self.account.faults[fault.name] += 1
        self._log(f"begin  {fault.name} ({lasts_s:.1f} s)")
        happening = contextlib.ExitStack()
        happening.enter_context(fault.happens(self._stage, rng))
        self._at(self._now_s + lasts_s, partial(self._end, fault, happening))

    def _end(self, fault: Fault, happening: contextlib.ExitStack) -> None:
        happening.close()
        self._log(f"end    {fault.name}")
        self._at(self._now_s + BREATH_S, partial(self._taken.difference_update, fault.parts))

    def _at(self, at_s: float, step: Callable[[], None]) -> None:
        heapq.heappush(self._steps, (at_s, next(self._order), step))

    @property
    def _now_s(self) -> float:
        return time.monotonic() - self._began_s

    # ------------------------------------------------------------ the end
    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except NotOver as exc:
            self.account.findings.append(str(exc))

    def _open_again(self) -> None:
        """Let every gate say green once more: whatever failed must not have closed one for good."""
        marks = [(slot, len(slot.readings)) for slot in self._stage.slots]
        self._wait(
            lambda: all(any(reading.is_accepted for reading in slot.readings[mark:]) for slot, mark in marks),
            "all gates answer green again",
            OPEN_TIMEOUT_S,
        )

    def _live_again(self) -> None:
        """Let touches reach the office at once again, while workers go on: a quiet gate is no condition for that."""
        self._wait(self._is_live, "touches reach the office at once again", LIVE_TIMEOUT_S)

    def _is_live(self) -> bool:
        pending = self._stage.pending()
        return pending is not None and pending <= LIVE_EVENTS

    def _come_home(self) -> None:
        self._wait(self._is_home, "the office has everything", DRAIN_TIMEOUT_S)

    def _is_home(self) -> bool:
        # The box's word alone is not enough: the office may have forgotten what it had, and the box not know it yet.
        return self._stage.pending() == 0 and not judge(self._stage.readings(), self._stage.rows()).lost

    def _close(self) -> None:
        for unit in (self._stage.agent, self._stage.receiver):
            unit.end(signal.SIGTERM)
            unit.wait_ended()
        self._stage.keep_state()

    def _count(self) -> None:
        stage, account = self._stage, self.account
        rows = stage.rows()
        readings = stage.readings()
        account.verdict = judge(readings, rows)
        account.touches = sum(worker.touches for worker in stage.workers)
        account.answers = Counter(reading.answer.value if reading.answer else "none" for reading in readings)
        account.waits_ms = sorted(reading.waited_ns / 1e6 for reading in readings if reading.waited_ns is not None)
        account.epochs = len({row.epoch for row in rows})
        account.starts = Counter({unit.name: unit.starts for unit in (stage.agent, stage.receiver)})
        account.remarks += stage.agent.faults + stage.receiver.faults
        account.findings += stage.findings
        if account.epochs > stage.epochs:
            account.findings.append(f"{account.epochs} epochs, of which the faults explain {stage.epochs}")
        if strays := sum(slot.strays for slot in stage.slots):
            account.findings.append(f"{strays} lamps answered no card")
        for unit in (stage.agent, stage.receiver):
            if bugs := stage.lab.log(unit.name).count("Traceback (most recent call last)"):
                account.findings.append(f"{bugs} tracebacks in {unit.name}.log")
        self._verify()

    def _verify(self) -> None:
        """Let the office prove its file. An epoch whose disk was set back has two histories."""
        command = [sys.executable, "-m", "edge_agent", "receive", "verify", "--json"]
        command += ["--database", str(self._stage.lab.office)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        account, forked = self.account, self._stage.forked
        account.findings += [f"receive verify: {line}" for line in done.stderr.splitlines()]
        for found in map(json.loads, done.stdout.splitlines()):
            text = f"receive verify: {found['gateway']} {found['epoch']} {found['seq']}: {found['says']}"
            is_explained = found["epoch"] in forked or not found.get("is_wrong", True)
            (account.remarks if is_explained else account.findings).append(text)

    def _wait(self, condition: Callable[[], bool], what: str, timeout_s: float) -> None:
        deadline, beat_s = time.monotonic() + timeout_s, time.monotonic() + BEAT_S
        while not condition():
            if time.monotonic() > deadline:
                raise NotOver(f"not within {timeout_s:g} s: {what}")
            if time.monotonic() > beat_s:
                beat_s += BEAT_S
                self._tell()
            time.sleep(0.1)

    def _tell(self) -> None:
        accepted = sum(reading.is_accepted for slot in self._stage.slots for reading in list(slot.readings))
        status = self._stage.lab.status() if self._stage.agent.is_running and not self._taken & {"agent"} else {}
        pending = status.get("spool", {}).get("pending", "?")
        held = books.held(self._stage.lab.office)
        self._log(f"       accepted {accepted}, at the office {held}, waiting in the box {pending}")
