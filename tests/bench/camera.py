"""A badge held before a camera until the daemon has it, and what its process costs. A drawn camera, 1280x720."""

import random
from pathlib import Path
from statistics import median
from threading import Event

from measure import Figure, percentile

from drivers.camera import CameraReader
from drivers.contract import ReaderName
from hardware_fakes.camera import Badge, Camera
from hardware_fakes.watching import Watching, boot_ns

RATES_FPS = (5, 8, 15)
BADGES = 25
CAMERA_FPS = 15
IDLE_S = 4.0
USUAL_FPS = 8
GOAL_MS = 500
TICKS_PER_S = 100


def measure() -> list[Figure]:
    return [figure for fps in RATES_FPS for figure in _at(fps)]


def _at(fps: int) -> list[Figure]:
    what = f"camera at {fps} fps"
    with Camera(fps=CAMERA_FPS, size=(1280, 720)) as camera:
        child = CameraReader(name=ReaderName("cam-1"), now_ns=boot_ns, video=camera.url, camera_fps=fps)
        with Watching(child) as watching:
            watching.wait_until_open(timeout_s=20)
            idle = _cpu(child.pid)
            waits_s = [_shown(camera, watching, number) for number in range(BADGES)]
            camera.show(Badge(text="EA1:STAYS", module_px=6))
            busy = _cpu(child.pid)
            memory_mb = _memory_mb(child.pid)
    p50, p99 = median(waits_s) * 1000, percentile(waits_s, 0.99) * 1000
    return [
        Figure(name=f"{what}: badge shown to sighting: median", value=p50, unit="ms"),
        Figure(
            name=f"{what}: badge shown to sighting: p99",
            value=p99,
            unit="ms",
            goal=f"<= {GOAL_MS}" if fps == USUAL_FPS else "",
            is_met=p99 <= GOAL_MS if fps == USUAL_FPS else None,
        ),
        Figure(name=f"{what}: share of a core, nobody there", value=idle * 100, unit="%"),
        Figure(name=f"{what}: share of a core, a badge in view", value=busy * 100, unit="%"),
        Figure(name=f"{what}: memory of its process", value=memory_mb, unit="MB"),
    ]


def _shown(camera: Camera, watching: Watching, number: int) -> float:
    """Show one badge somewhere, at any angle; return how long it took until the reader gave it."""
    rng = random.Random(number)
    Event().wait(rng.uniform(0.1, 0.4))
    at = (rng.uniform(0.3, 0.7), rng.uniform(0.4, 0.6))
    badge = Badge(text=f"EA1:{number:04}", module_px=rng.uniform(5, 9), at=at, turned_deg=rng.uniform(-30, 30))
    shown_ns = camera.show(badge)
    watching.wait_for_sightings(number + 1, timeout_s=20)
    return (boot_ns() - shown_ns) / 1e9


def _cpu(pid: int | None) -> float:
    began_ns, before = boot_ns(), _ticks(pid)
    Event().wait(IDLE_S)
    return (_ticks(pid) - before) / TICKS_PER_S / ((boot_ns() - began_ns) / 1e9)


def _ticks(pid: int | None) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _memory_mb(pid: int | None) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024
