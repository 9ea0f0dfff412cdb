"""`make bench`: figures of this run, next to the floors of this machine in the same run. Compare ratios; times move."""

import json
import sys
from collections.abc import Callable

import backlog
import camera
import catchup
import days
import face
import face_match
import footprint
import gate
import line
import nfc_reader
import outage
import phone
import ports
import roster
import rush
import touch
from measure import Figure

PARTS: dict[str, Callable[[], list[Figure]]] = {
    "touch": touch.measure,
    "rush": rush.measure,
    "backlog": backlog.measure,
    "gate": gate.measure,
    "catchup": catchup.measure,
    "days": days.measure,
    "line": line.measure,
    "nfc": nfc_reader.measure,
    "outage": outage.measure,
    "phone": phone.measure,
    "ports": ports.measure,
    "footprint": footprint.measure,
    "camera": camera.measure,
    "face": face.measure,
    "face_match": face_match.measure,
    "roster": roster.measure,
}


def main(asked: list[str]) -> int:
    """Measure the parts asked for, or all; print a line each, last a line of JSON."""
    unknown = [name for name in asked if name not in PARTS]
    if unknown:
        print(f"no such part: {', '.join(unknown)}; there are: {', '.join(PARTS)}", file=sys.stderr)
        return 2
    figures = [figure for name, measure in PARTS.items() if not asked or name in asked for figure in _told(measure)]
    print(json.dumps([figure.facts() for figure in figures], ensure_ascii=False))
    return 0


def _told(measure: Callable[[], list[Figure]]) -> list[Figure]:
    figures = measure()
    for figure in figures:
        print(figure, flush=True)
    return figures


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
