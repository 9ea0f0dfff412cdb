"""`edge-agent models list`: which models there are, and which are installed. Loads none."""

import argparse
import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from edge_agent.cli.common import complain
from models.errors import ADVICE, ModelError
from models.shelf import Shelf

GOOD, FAILED = 0, 1


def run(args: argparse.Namespace) -> int:
    """Print them; return 0 if every model that is needed is installed, 1 if not."""
    shelf = Shelf(args.models_dir)
    try:
        rows = [row for name in shelf.manifest.model for row in _rows(shelf, name)]
    except ModelError as exc:
        complain(exc)
        return FAILED
    missing = [row["name"] for row in rows if not row["installed"] and row["needed"]]
    console = Console(soft_wrap=True)
    if args.json:
        told = {"folder": str(args.models_dir), "models": rows, "missing": missing}
        console.print(json.dumps(told, ensure_ascii=False), markup=False, highlight=False)
    else:
        console.print(_table(rows))
        console.print(f"missing: {', '.join(missing)}; {ADVICE}" if missing else f"in {args.models_dir}", markup=False)
    return FAILED if missing else GOOD


def _rows(shelf: Shelf, name: str) -> list[dict[str, Any]]:
    entry = shelf.manifest.entry(name)
    installed = {each.recipe: each for each in shelf.installed() if each.name == name}
    return [
        {
            "name": name,
            "recipe": recipe,
            "purpose": entry.purpose,
            "licence": entry.licence,
            "identity": shelf.manifest.identity(name, recipe),
            "installed": recipe in installed,
            "needed": recipe == entry.recipes[0] and not entry.is_optional,
            "bytes": _size(installed[recipe].path) if recipe in installed else None,
        }
        for recipe in entry.recipes
    ]


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.exists() else None


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table("model", "what it does", "licence", "identity", "installed", box=None)
    for row in rows:
        state = decimal(row["bytes"]) if row["bytes"] else "file gone" if row["installed"] else "no"
        table.add_row(row["name"], row["purpose"], row["licence"], row["identity"], state)
    return table
