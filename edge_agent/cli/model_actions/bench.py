"""`edge-agent models bench`: how fast this box looks at faces, step by step, and others beside it."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from edge_agent.cli.common import complain
from models import peers, sight
from models.bench import SIZES, Figures, Took, canvas, figures, photograph
from models.capture import Picture
from models.errors import ModelError
from models.manifest import FP32, INT8
from models.pictures import PictureUnusable
from models.shelf import Shelf
from models.sight import Sight

GOOD, FAILED = 0, 1
ROUNDS = 30


def arguments(action: argparse.ArgumentParser) -> None:
    """Declare what only this action takes."""
    action.add_argument("--picture", type=Path, metavar="FILE", help="a photograph with a face, to look at")
    action.add_argument("--rounds", type=int, default=ROUNDS, metavar="N", help=f"default: {ROUNDS}")


def run(args: argparse.Namespace) -> int:
    """Measure and print; return 0, or 1 where the models or the picture cannot be used."""
    shelf, console = Shelf(args.models_dir), Console(soft_wrap=True)
    try:
        rows = _measured(shelf, photograph(args.picture), rounds=max(1, args.rounds))
    except (ModelError, PictureUnusable) as exc:
        complain(exc)
        return FAILED
    if args.json:
        told = {
            "way": sight.WAY,
            "opencv": peers.OPENCV_VERSION,
            "rounds": args.rounds,
            "rows": [_told(row) for row in rows],
        }
        console.print(json.dumps(told, ensure_ascii=False), markup=False, highlight=False)
        return GOOD
    console.print(sight.WAY, markup=False)
    for row in rows:
        console.print(_table(row))
    return GOOD


def _measured(shelf: Shelf, shown: Picture | None, *, rounds: int) -> Sequence[Figures]:
    recipes = {each.recipe for each in shelf.installed() if each.name == "sface"}
    asked = {
        "OpenCV": peers.opencv(shelf.model("yunet").path, shelf.model("sface", FP32).path),
        "face_recognition": peers.face_recognition(),
    }
    return [
        figures(
            Sight.of(shelf, recipe=recipe),
            canvas(*size, shown),
            rounds=rounds,
            peers=asked,
        )
        for recipe in (FP32, INT8)
        if recipe in recipes or recipe == FP32
        for size in SIZES
    ]


def _told(row: Figures) -> dict[str, Any]:
    """Return the row, and how many times longer others take."""
    times = {
        name: round(peer.cpu_ms / row.steps["full"].cpu_ms, 1)
        for name, peer in row.peers.items()
        if isinstance(peer, Took)
    }
    return {**asdict(row), "times_slower": times}


def _table(row: Figures) -> Table:
    table = Table("step", "best ms", "median ms", "CPU ms", box=None)
    table.title = f"{row.width_px} x {row.height_px}, {row.identity}"
    for name, step in {**row.steps, **row.peers}.items():
        if isinstance(step, Took):
            table.add_row(name, *(f"{ms:.1f}" for ms in (step.best_ms, step.median_ms, step.cpu_ms)))
        else:
            table.add_row(name, step)
    table.add_row("12 a second, all still", f"{row.watching_percent:.1f} %", "of a core")
    table.add_row("12 a second, all moves", f"{row.moving_percent:.1f} %", "of a core")
    return table
