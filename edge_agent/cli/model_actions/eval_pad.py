"""`edge-agent models eval-pad`: how often pictures of faces pass for faces, over your own pictures. Fetches none."""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from edge_agent.cli.common import complain
from models.errors import ModelError
from models.pad import KINDS, Pad
from models.session import Session
from models.shelf import Shelf
from models.sight import Sight
from models.species import Found, Rate, Report, evaluated

GOOD, FAILED, WRONG_USE = 0, 1, 2


def run(args: argparse.Namespace) -> int:
    """Print the rates; return 0 if they could be had, 1 if a model is missing, 2 if a folder is not there."""
    for folder in (args.bonafide, args.attacks):
        if not folder.is_dir():
            complain(f"{folder}: no such folder; give one with pictures")
            return WRONG_USE
    if not any(each.is_dir() for each in args.attacks.iterdir()):
        complain(f"{args.attacks}: holds no folders; put each kind of attack into one of its own, such as print, phone")
        return WRONG_USE
    try:
        said = _evaluated(args)
    except ModelError as exc:
        complain(exc)
        return FAILED
    sys.stdout.write(json.dumps(said, ensure_ascii=False) + "\n" if args.json else _text(said))
    return GOOD


def _evaluated(args: argparse.Namespace) -> dict[str, Any]:
    shelf = Shelf(args.models_dir)
    pad = Pad({model.name: Session(model) for model in shelf.installed() if model.name in KINDS})
    report = evaluated(args.bonafide, args.attacks, find=Sight.of(shelf).find, pad=pad)
    return as_json(report, pad.names)


def as_json(report: Report, networks: Sequence[str]) -> dict[str, Any]:
    """Return the report as it is written: shares with errors and n, so that nobody quotes them without."""
    worst = report.worst
    return {
        "standard": "ISO/IEC 30107-3",
        "layers": ["context", *networks],
        "apcer_max": None if worst is None else {"species": worst, **_rate(report.attacks[worst].taken_for_living)},
        "apcer": {name: _species(found, found.taken_for_living) for name, found in report.attacks.items()},
        "bpcer": _species(report.bonafide, report.bonafide.taken_for_attacks),
    }


def _rate(rate: Rate) -> dict[str, Any]:
    return {"share": rate.share, "errors": rate.errors, "n": rate.n, "at_most_95": rate.at_most}


def _species(found: Found, rate: Rate) -> dict[str, Any]:
    words = {word or "living": count for word, count in sorted(found.words.items())}
    return {**_rate(rate), "without_face": found.unanswered.errors, "words": words}


def _text(said: dict[str, Any]) -> str:
    rows = [("BPCER, living", said["bpcer"]), *((f"APCER, {name}", row) for name, row in said["apcer"].items())]
    lines = [f"{name}: {_shown(row)}; without a face {row['without_face']}" for name, row in rows]
    worst = said["apcer_max"]
    lines.append(f"APCER, the worst ({worst['species']}): {_shown(worst)}" if worst else "APCER: nothing was tried")
    lines.append(f"layers: {', '.join(said['layers'])}; a turn of the head and what repeats need more than a picture")
    if said["layers"] == ["context"]:
        lines.append("no network against pictures is installed: see the manual, face-liveness")
    return "\n".join(lines) + "\n"


def _shown(row: dict[str, Any]) -> str:
    if row["share"] is None:
        return "nothing was tried"
    claim = f", so at most {row['at_most_95']:.1%} (95 %)" if row["at_most_95"] is not None else ""
    return f"{row['share']:.1%} ({row['errors']} of {row['n']}{claim})"
