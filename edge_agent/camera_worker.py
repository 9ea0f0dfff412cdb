"""The camera's own process: pictures to codes to lines for the daemon. Its composition root; decides nothing."""

import argparse
import os
import sys
from collections.abc import Sequence

from drivers.parent import Parent
from drivers.wire.lines import Failed
from edge_agent import looking
from edge_agent.clock import SystemClock


def main(argv: Sequence[str] | None = None) -> int:
    """Look until the parent is gone; return 1 where there is nothing to look with."""
    args = _parser().parse_args(argv)
    looking.keep_quiet()
    parent = Parent()
    try:
        from models import capture, codes, frames, region, view  # noqa: PLC0415 - an optional extra: said where it is missing
    except ImportError as exc:
        advice = "install the extra `camera`: pip install 'genba-edge-agent[camera]'"
        parent.tell_failed(Failed(how="broken", why=f"pictures cannot be read on this box ({exc}); {advice}"))
        return 1
    codes.use_one_core()
    now_ns = SystemClock().boot_ns
    limits = view.Limits(stale_s=args.stale, frozen_s=args.frozen, dark_s=args.dark)
    searched = codes.Codes(region=region.Region(**looking.shares(args.roi)), rotation=args.rotate)
    look = looking.Look(
        parent,
        frames=frames.Frames(args.video, now_ns=now_ns, limits=limits, hangs_after_s=args.hung),
        eyes=[looking.CodeEye(parent, searched, reread_window_s=args.reread_window)],
        device=capture.shown(args.video),
        fps=args.fps,
        now_ns=now_ns,
    )
    parent.tell_failed(look.run())
    # At once: the thread in the driver may never return.
    os._exit(1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m edge_agent.camera_worker", description=__doc__)
    looking.add_options(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
