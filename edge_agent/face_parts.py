"""A face terminal put together from the models that are installed, as its process is told to. Opens no camera."""

import argparse
from functools import partial
from pathlib import Path
from random import SystemRandom

from models.calibration import Calibration
from models.liveness import Liveness, Policy
from models.pad import Pad
from models.replay import Seen
from models.shelf import Shelf
from models.sight import Sight
from models.terminal import Limits, Terminal


def terminal_of(args: argparse.Namespace) -> tuple[Terminal, str]:
    """
    Return the terminal of the settings, and which model's templates it compares.

    Raises:
        ModelError: A model is missing or is not what was installed.
        Uncalibrated: There is no measured threshold for these models.

    """
    shelf = Shelf(Path(args.models_dir))
    sight = Sight.of(shelf, is_int8=args.int8)
    policy, seen, pad = Policy(args.liveness), Seen(), Pad.of(shelf)
    terminal = Terminal(
        sight=sight,
        calibration=Calibration.load(),
        mode=args.mode,
        liveness=partial(Liveness, policy, seen=seen, pad=pad, random=SystemRandom()),
        limits=Limits(min_width_px=args.min_px),
    )
    return terminal, sight.identity
