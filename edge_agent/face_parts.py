"""A face terminal put together from the models that are installed, as its process is told to. Opens no camera."""

import argparse
from functools import partial
from pathlib import Path
from random import SystemRandom

from models.calibration import Calibration
from models.gate import Limits
from models.liveness import Liveness, Policy
from models.pad import KINDS, Net, Pad
from models.replay import Seen
from models.session import Session
from models.shelf import Shelf
from models.sight import Sight
from models.terminal import Terminal


def terminal_of(args: argparse.Namespace) -> Terminal:
    """
    Return the terminal of the settings.

    Raises:
        ModelError: A model is missing or is not what was installed.
        Uncalibrated: There is no measured threshold for these models.

    """
    shelf = Shelf(Path(args.models_dir))
    policy, seen, pad = Policy(args.liveness), Seen(), Pad(_nets(shelf))
    return Terminal(
        sight=Sight.of(shelf, is_watching=not args.photo),
        calibration=Calibration.load(),
        mode=args.mode,
        liveness=partial(Liveness, policy, seen=seen, pad=pad, random=SystemRandom()),
        limits=Limits(min_width_px=args.min_px),
    )


def _nets(shelf: Shelf) -> dict[str, Net]:
    """Return what is installed against pictures of faces: none, one or more."""
    return {model.name: Session(model) for model in shelf.installed() if model.name in KINDS}
