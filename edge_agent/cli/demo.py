"""`edge-agent demo`: a simulated site through the real path, with an outage on the way, and an account at the end."""

import argparse
import importlib
from pathlib import Path

# By name: nothing that runs on a gateway imports the laboratory.
LABORATORY = "hardware_fakes.demo"


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = commands.add_parser("demo", help="a simulated site through the real path", description=__doc__)
    parser.add_argument(
        "--workers", type=int, default=40, metavar="N", help="people of the site, 1 to 2000 (default: 40)"
    )
    parser.add_argument(
        "--minutes", type=float, default=600.0, metavar="M", help="length of the site's day (default: 600)"
    )
    parser.add_argument("--speed", type=float, default=900.0, metavar="X", help="times faster than life (default: 900)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="same seed, same day (default: 1)")
    parser.add_argument("--json", action="store_true", help="no table; the last line is one JSON object")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="keep the screen of the deepest backlog as SVG")
    parser.add_argument("--simulated", action="store_true", help="without pcscd and Mosquitto, even if they are here")


def run(args: argparse.Namespace) -> int:
    """Play the day; return 1 if anything was lost or doubled."""
    played: int = importlib.import_module(LABORATORY).play(args)
    return played
