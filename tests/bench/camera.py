"""A badge before a camera until the daemon has it, what its process costs, how old its pictures are. Drawn cameras."""

import random
from collections.abc import Callable
from pathlib import Path
from statistics import median
from threading import Event

from measure import Figure, percentile

from drivers.camera import CameraReader
from drivers.contract import ReaderName
from hardware_fakes.camera import Badge, Camera
from hardware_fakes.paint import number_in
from hardware_fakes.rtsp import RtspServer
from hardware_fakes.scene import Scene
from hardware_fakes.stream import CameraServer, Mood
from hardware_fakes.watching import Watching, boot_ns
from models.frames import Frames
from models.view import Limits, View

RATES_FPS = (5, 8, 15)
BADGES = 25
AGES = 100
CAMERA_FPS = 15
IDLE_S = 4.0
USUAL_FPS = 8
GOAL_MS = 500
TICKS_PER_S = 100


def measure() -> list[Figure]:
    streams = [figure for server in (CameraServer, RtspServer) for figure in _stream(server)]
    return [*streams, *(figure for fps in RATES_FPS for figure in _at(fps))]


def _stream(server_of: type[CameraServer] | type[RtspServer]) -> list[Figure]:
    """Look at numbered pictures as a worker does: how old they are, and how long each mishap is noticed or lasts."""
    scene = Scene(is_numbered=True)
    limits = Limits(stale_s=1.0, frozen_s=10, dark_s=5)
    with server_of(scene, fps=CAMERA_FPS) as server:
        asked_ns, url, port = boot_ns(), server.url, server.port
        frames = Frames(url, now_ns=boot_ns, limits=limits, hangs_after_s=20)
        assert frames.newest(after=0, wait_s=20)
        opened_s = _since_s(asked_ns)
        ages_s = [_age_s(frames, server) for _ in range(AGES)]
        asked_ns = boot_ns()
        scene.camera_is(Mood.FROZEN, _since_s(server.playing.began_ns))
        _wait_until(lambda: frames.standing().view is View.STALE)
        stale_s = _since_s(asked_ns)
        _wait_until(lambda: "broke off" in frames.standing().detail)
        given_up_s = _since_s(asked_ns)
    with server_of(Scene(), fps=CAMERA_FPS, port=port):
        asked_ns = boot_ns()
        _wait_until(lambda: frames.standing().view is View.LIVE)
        back_s = _since_s(asked_ns)
    frames.close(wait_s=10)
    what = f"{url.partition(':')[0]} at {CAMERA_FPS} fps"
    return [
        Figure(name=f"{what}: opened until its first picture", value=opened_s * 1000, unit="ms"),
        Figure(name=f"{what}: age of the picture: median", value=median(ages_s) * 1000, unit="ms"),
        Figure(name=f"{what}: age of the picture: p99", value=percentile(ages_s, 0.99) * 1000, unit="ms"),
        Figure(name=f"{what}: no picture, told after (1 s wanted)", value=stale_s, unit="s"),
        Figure(name=f"{what}: no picture, given up and opened again after", value=given_up_s, unit="s"),
        Figure(name=f"{what}: server back until it is seen", value=back_s, unit="s"),
    ]


def _age_s(frames: Frames, server: CameraServer | RtspServer) -> float:
    """Return how long ago the newest picture was drawn, when somebody comes to look at it."""
    Event().wait(random.uniform(0.05, 0.25))
    frame = frames.newest(after=0, wait_s=5)
    assert frame
    return _since_s(server.playing.began_ns) - number_in(frame.picture) / 100


def _since_s(then_ns: int) -> float:
    return (boot_ns() - then_ns) / 1e9


def _wait_until(condition: Callable[[], object], *, timeout_s: float = 60) -> None:
    began_ns = boot_ns()
    while not condition():
        assert _since_s(began_ns) < timeout_s
        Event().wait(0.005)


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
