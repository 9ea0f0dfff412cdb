"""`edge-agent models verify`: is what is installed still what was installed, and does it compute the same?"""

import argparse
import json

from rich.console import Console

from edge_agent.cli.common import complain
from models.errors import ModelError
from models.install import verify
from models.shelf import Shelf

GOOD, FAILED = 0, 1


def run(args: argparse.Namespace) -> int:
    """Check each model; return 0 if all that are needed are there and good, 1 if not."""
    shelf, console = Shelf(args.models_dir), Console(soft_wrap=True)
    try:
        installed = [(each.name, each.recipe) for each in shelf.installed()]
        needed = [(name, each.recipes[0]) for name, each in shelf.manifest.model.items() if not each.is_optional]
    except ModelError as exc:
        complain(exc)
        return FAILED
    said = {f"{name}/{recipe}": _trouble(shelf, name, recipe) for name, recipe in dict.fromkeys(needed + installed)}
    if args.json:
        told = {"folder": str(args.models_dir), "models": said, "good": not any(said.values())}
        console.print(json.dumps(told, ensure_ascii=False), markup=False, highlight=False)
        return FAILED if any(said.values()) else GOOD
    for name, trouble in said.items():
        if trouble:
            complain(trouble)
        else:
            console.print(f"{name}: good", markup=False, highlight=False)
    return FAILED if any(said.values()) else GOOD


def _trouble(shelf: Shelf, name: str, recipe: str) -> str:
    try:
        verify(shelf, name, recipe)
    except ModelError as exc:
        return str(exc)
    return ""
