"""The faults: how each begins and ends. When it comes and how long it lasts is drawn elsewhere."""

import random
import signal
from collections.abc import Iterator

from hardware_fakes.chaos import books, stick, volume, wallclock
from hardware_fakes.chaos.fault import FAULTS, fault
from hardware_fakes.chaos.spoil import spoil
from hardware_fakes.chaos.stage import Stage

__all__ = ["FAULTS"]

# ---------------------------------------------------------------- the agent


@fault("agent-killed", "agent", lasts_s=(0.0, 3.0), weight=3)
def _agent_killed(stage: Stage, _: random.Random) -> Iterator[None]:
    stage.agent.end(signal.SIGKILL)
    yield
    stage.agent.start()


@fault("agent-stopped", "agent", lasts_s=(0.0, 3.0), weight=2)
def _agent_stopped(stage: Stage, _: random.Random) -> Iterator[None]:
    stage.agent.end(signal.SIGTERM)
    yield
    stage.agent.start()


@fault("agent-frozen", "agent", lasts_s=(0.5, 6.0), weight=2)
def _agent_frozen(stage: Stage, _: random.Random) -> Iterator[None]:
    stage.agent.freeze()
    yield
    stage.agent.thaw()


@fault("agent-started-offline", "agent", "line", lasts_s=(2.0, 7.0), weight=2)
def _agent_started_offline(stage: Stage, _: random.Random) -> Iterator[None]:
    stage.line.down(on=True)
    stage.agent.end(signal.SIGTERM)
    stage.agent.start()
    yield
    stage.line.down(on=False)


@fault("clock-wrong", "agent", lasts_s=(2.0, 6.0), weight=2, missing=wallclock.available())
def _clock_wrong(stage: Stage, rng: random.Random) -> Iterator[None]:
    """It starts in 1970, or hours off, and is set right while it runs: that is no reason to restart."""
    says = rng.choice([wallclock.IN_1970, "-9h", "+5h"])
    stage.say(f"the clock: {says}")
    stage.agent.end(signal.SIGTERM)
    stage.agent.wait_ended()
    stage.clock.goes_wrong(says)
    stage.agent.start()
    yield
    stage.clock.is_set_right()


# ---------------------------------------------------------------- the office


@fault("receiver-killed", "receiver", lasts_s=(0.0, 3.0), weight=3)
def _receiver_killed(stage: Stage, _: random.Random) -> Iterator[None]:
    stage.receiver.end(signal.SIGKILL)
    yield
    stage.receiver.start()


@fault("receiver-away", "receiver", lasts_s=(2.0, 8.0), weight=2)
def _receiver_away(stage: Stage, _: random.Random) -> Iterator[None]:
    stage.receiver.end(signal.SIGTERM)
    yield
    stage.receiver.start()


@fault("receiver-frozen", "receiver", lasts_s=(0.5, 9.0))
def _receiver_frozen(stage: Stage, _: random.Random) -> Iterator[None]:
    stage.receiver.freeze()
    yield
    stage.receiver.thaw()


@fault("receiver-restored", "receiver", "history", lasts_s=(3.0, 10.0), weight=2)
def _receiver_restored(stage: Stage, _: random.Random) -> Iterator[None]:
    """Its disk is gone, and its backup is some seconds old: boxes still hold what it had receipted since."""
    backup = stage.folder / "office-backup.db"
    books.back_up(stage.lab.office, backup)
    yield
    stage.receiver.end(signal.SIGTERM)
    stage.receiver.wait_ended()
    for suffix in ("-wal", "-shm"):
        stage.lab.office.with_name(stage.lab.office.name + suffix).unlink(missing_ok=True)
    backup.replace(stage.lab.office)
    stage.receiver.start()


# ---------------------------------------------------------------- the broker


@fault("broker-killed", "broker", lasts_s=(0.0, 3.0), weight=3)
def _broker_killed(stage: Stage, _: random.Random) -> Iterator[None]:
    """It comes back with what it had saved: a second old."""
    stage.broker.kill()
    yield
    stage.broker.start()


@fault("broker-restarted", "broker", lasts_s=(0.0, 1.0))
def _broker_restarted(stage: Stage, _: random.Random) -> Iterator[None]:
    stage.broker.stop()
    yield
    stage.broker.start()


@fault("broker-emptied", "broker", lasts_s=(0.0, 3.0), weight=2)
def _broker_emptied(stage: Stage, _: random.Random) -> Iterator[None]:
    stage.broker.kill()
    for file in stage.store.iterdir():
        file.unlink()
    yield
    stage.broker.start()


@fault("broker-frozen", "broker", lasts_s=(0.5, 9.0))
def _broker_frozen(stage: Stage, _: random.Random) -> Iterator[None]:
    stage.broker.freeze()
    yield
    stage.broker.thaw()


# ---------------------------------------------------------------- the line


@fault("line-silent", "line", lasts_s=(1.0, 9.0), weight=2)
def _line_silent(stage: Stage, _: random.Random) -> Iterator[None]:
    stage.line.silent(on=True)
    yield
    stage.line.silent(on=False)


@fault("line-forgotten", "line", lasts_s=(0.0, 1.0), weight=2)
def _line_forgotten(stage: Stage, _: random.Random) -> Iterator[None]:
    """The connection is half-open for ever: nobody hears, nobody is told."""
    stage.line.forget()
    yield


@fault("line-reset", "line", lasts_s=(0.2, 2.0), weight=2)
def _line_reset(stage: Stage, _: random.Random) -> Iterator[None]:
    stage.line.reset()
    yield
    stage.line.reset()


@fault("line-slow", "line", lasts_s=(2.0, 8.0))
def _line_slow(stage: Stage, rng: random.Random) -> Iterator[None]:
    stage.line.slow(rng.uniform(0.05, 0.8))
    yield
    stage.line.slow(0.0)


@fault("line-narrow", "line", lasts_s=(2.0, 8.0))
def _line_narrow(stage: Stage, rng: random.Random) -> Iterator[None]:
    stage.line.narrow(rng.uniform(500, 8000))
    yield
    stage.line.narrow(0.0)


@fault("line-down", "line", lasts_s=(3.0, 12.0), weight=2)
def _line_down(stage: Stage, _: random.Random) -> Iterator[None]:
    stage.line.down(on=True)
    yield
    stage.line.down(on=False)


# Both programs answer the commands: while one stands still nobody here could let it go on.
@fault("usb-stick", "line", "agent", "receiver", lasts_s=(4.0, 10.0))
def _usb_stick(stage: Stage, _: random.Random) -> Iterator[None]:
    """The line stays away; somebody carries the events to the office, and the receipts back."""
    stage.line.down(on=True)
    yield
    stage.say(f"the stick: {stick.carry(stage.folder) or 'there and back'}")
    stage.line.down(on=False)


# ---------------------------------------------------------------- the readers


@fault("pcscd-killed", "readers", lasts_s=(0.0, 2.0), weight=2)
def _pcscd_killed(stage: Stage, _: random.Random) -> Iterator[None]:
    stage.pcscd.kill()
    yield
    stage.pcscd.start()


@fault("pcscd-restarted", "readers", lasts_s=(0.0, 1.0))
def _pcscd_restarted(stage: Stage, _: random.Random) -> Iterator[None]:
    stage.pcscd.stop()
    yield
    stage.pcscd.start()


@fault("readers-unplugged", "readers", lasts_s=(0.1, 4.0), weight=2)
def _readers_unplugged(stage: Stage, rng: random.Random) -> Iterator[None]:
    chosen = rng.sample(stage.slots, rng.randint(1, len(stage.slots)))
    for slot in chosen:
        slot.unplug()
    yield
    for slot in chosen:
        slot.plug()


@fault("cards-pulled", "readers", lasts_s=(3.0, 8.0))
def _cards_pulled(stage: Stage, _: random.Random) -> Iterator[None]:
    """Cards are taken away in the middle of being read."""
    for worker in stage.workers:
        worker.pulls_cards = True
    yield
    for worker in stage.workers:
        worker.pulls_cards = False


# ---------------------------------------------------------------- the box's disk


# Who has the history: what the office has receipted may leave the box, by a disk that is full, set back or damaged. No
# program can bring it back if the office is then restored from a backup from before: those faults do not meet.


@fault("disk-full", "disk", "history", lasts_s=(1.0, 5.0), weight=2, missing=volume.available())
def _disk_full(stage: Stage, _: random.Random) -> Iterator[None]:
    stage.is_whole = False
    stage.volume.fill()
    yield
    stage.volume.empty()


@fault("disk-slow", "disk", lasts_s=(2.0, 8.0), weight=2)
def _disk_slow(stage: Stage, rng: random.Random) -> Iterator[None]:
    stage.disk.slow(rng.uniform(5, 50))
    yield
    stage.disk.good()


@fault("syncs-fail", "disk", lasts_s=(0.2, 4.0), weight=2)
def _syncs_fail(stage: Stage, _: random.Random) -> Iterator[None]:
    stage.disk.fail_syncs(on=True)
    yield
    stage.disk.good()


@fault("disk-read-only", "disk", lasts_s=(0.5, 4.0))
def _disk_read_only(stage: Stage, _: random.Random) -> Iterator[None]:
    stage.disk.read_only(on=True)
    yield
    stage.disk.good()


@fault("power-cut", "agent", "disk", lasts_s=(0.0, 3.0), weight=3, missing=volume.available())
def _power_cut(stage: Stage, _: random.Random) -> Iterator[None]:
    """What was not synced is gone. Every answer before the cut was given before the copy: nobody writes meanwhile."""
    copy = stage.folder / "after-the-cut.img"
    stage.agent.freeze()
    stage.volume.copy(copy)
    stage.line.forget()  # the broker hears of it no more than of any box without power
    stage.agent.end(signal.SIGKILL)
    stage.agent.wait_ended()
    stage.volume.become(copy)
    stage.assert_on_disk()
    yield
    stage.agent.start()


@fault("spool-damaged", "agent", "disk", "history", lasts_s=(0.0, 2.0), weight=2)
def _spool_damaged(stage: Stage, rng: random.Random) -> Iterator[None]:
    """What was there is carried over into a new epoch."""
    stage.agent.end(signal.SIGKILL)
    stage.agent.wait_ended()
    stage.say(f"spoilt: {spoil(stage.lab.spool, rng) or 'nothing, it is damaged already'}")
    stage.ends_epoch()
    yield
    stage.agent.start()


@fault(
    "disk-set-back",
    *("agent", "disk", "receiver", "broker", "line", "history"),
    lasts_s=(1.0, 5.0),
    weight=2,
    missing=volume.available(),
)
def _disk_set_back(stage: Stage, _: random.Random) -> Iterator[None]:
    """The box gets an old image of its disk. What it held since then is at the office already."""
    image = stage.folder / "old.img"
    is_copied = stage.while_all_is_receipted(lambda: stage.copy_disk(image))
    yield

    def set_back() -> None:
        stage.agent.end(signal.SIGKILL)
        stage.agent.wait_ended()
        stage.volume.become(image)
        stage.expect_fork()
        stage.agent.start()

    if not is_copied or not stage.while_all_is_receipted(set_back):
        stage.say("not set back: the office did not have everything in time")
