"""
The face terminal's own process: pictures to faces and codes to lines for the daemon. Its composition root.

Has no key, no file of faces and no network but its camera's: all it knows comes through the pipe and is gone with it.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from drivers.parent import Parent
from drivers.wire.lines import Failed, Message, line_of
from edge_agent import looking
from edge_agent.clock import SystemClock
from edge_agent.preview import Preview

if TYPE_CHECKING:
    from edge_agent.face_eye import Terminal

    Made = Callable[[argparse.Namespace], Terminal]

_CODES_REST_S = 0.25
"""A badge is held longer; and to search for codes costs more than to find faces."""
_MISUSED = 2


class Unfit(Exception):
    """This box cannot look for faces. A technician must act; the message says how."""


def main(argv: Sequence[str] | None = None, *, made: "Made | None" = None) -> int:
    """Look until the parent is gone; return 1 where there is nothing to look with, 2 where it is asked wrongly."""
    args = _parser().parse_args(argv)
    looking.keep_quiet()
    if args.photo or args.turn:
        return _once(args, made or _installed)
    heard: SimpleQueue[Message] = SimpleQueue()
    parent = Parent(hear=heard.put)
    try:
        failed = _look(args, parent, made or _installed, heard).run()
    except Unfit as exc:
        failed = Failed(how="broken", why=str(exc))
    parent.tell_failed(failed)
    # At once: the thread in the driver may never return.
    os._exit(1)


def _installed(args: argparse.Namespace) -> "Terminal":
    try:
        from edge_agent.face_parts import terminal_of  # noqa: PLC0415 - an optional extra: said where it is missing
        from models.calibration import Uncalibrated  # noqa: PLC0415
        from models.errors import ModelError  # noqa: PLC0415
    except ImportError as exc:
        advice = "install the extra `face`: pip install 'genba-edge-agent[face]'"
        raise Unfit(f"faces cannot be looked for on this box ({exc}); {advice}") from exc
    try:
        return terminal_of(args)
    except (ModelError, Uncalibrated) as exc:
        raise Unfit(str(exc)) from exc


def _look(args: argparse.Namespace, parent: Parent, made: "Made", heard: "SimpleQueue[Message]") -> looking.Look:
    terminal = made(args)
    from edge_agent.face_eye import FaceEye  # noqa: PLC0415 - after `made` has said what is missing
    from models import capture, codes, frames, region, view, window  # noqa: PLC0415

    codes.use_one_core()
    now_ns = SystemClock().boot_ns
    looked_at = region.Region(**looking.shares(args.roi))
    seen = window.Window(looked_at, args.rotate)
    eyes: list[looking.Eye] = [FaceEye(parent, terminal, window=seen, heard=heard), looking.Thrift()]
    if args.codes:
        searched = codes.Codes(region=looked_at, rotation=args.rotate)
        eyes.append(looking.CodeEye(parent, searched, reread_window_s=args.reread_window, rest_s=_CODES_REST_S))
    if args.preview:
        eyes.extend(_preview(args.preview, seen.preview, now_ns))
    limits = view.Limits(stale_s=args.stale, frozen_s=args.frozen, dark_s=args.dark)
    return looking.Look(
        parent,
        frames=frames.Frames(args.video, now_ns=now_ns, limits=limits, hangs_after_s=args.hung),
        eyes=eyes,
        device=capture.shown(args.video),
        fps=args.fps,
        now_ns=now_ns,
    )


def _preview(path: Path, draw: "Callable[..., bytes]", now_ns: Callable[[], int]) -> Iterator[looking.Eye]:
    try:
        yield Preview(path, draw=draw, now_ns=now_ns)
    except OSError as exc:
        sys.stderr.write(f"{path}: no preview ({exc.strerror or exc})\n")


def _once(args: argparse.Namespace, made: "Made") -> int:
    try:
        args.liveness = "off"
        terminal = made(args) if args.photo else None
        from edge_agent import face_once  # noqa: PLC0415 - after `made` has said what is missing
    except Unfit as exc:
        sys.stdout.buffer.write(line_of(Failed(how="broken", why=str(exc))))
        return 1
    source = sys.stdin.buffer
    try:
        for line in face_once.photo(terminal, source) if terminal else face_once.turned(source):
            sys.stdout.buffer.write(line)
    except face_once.Misused as exc:
        sys.stderr.write(f"{exc}\n")
        return _MISUSED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m edge_agent.face_worker", description=__doc__)
    looking.add_options(parser)
    parser.add_argument("--models-dir", default="/var/lib/edge-agent/models", metavar="DIR", help="installed models")
    parser.add_argument("--mode", default="card+face", choices=("card+face", "face", "log"), help="what a face is for")
    parser.add_argument(
        "--liveness", default="passive", choices=("off", "passive", "challenge"), help="against pictures"
    )
    parser.add_argument("--min-px", type=int, default=100, metavar="PX", help="a face must be so wide")
    parser.add_argument("--codes", action="store_true", help="read QR codes, too")
    parser.add_argument("--preview", type=Path, metavar="SOCKET", help="where the screen asks for what is seen now")
    once = parser.add_mutually_exclusive_group()
    once.add_argument("--photo", action="store_true", help="make a template of a photograph at standard input, and end")
    once.add_argument("--turn", action="store_true", help="turn templates from one secret to another, and end")
    return parser


if __name__ == "__main__":
    sys.exit(main())
