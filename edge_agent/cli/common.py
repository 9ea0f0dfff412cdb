"""What several commands share: where the configuration lies, and how an error is told."""

import argparse
import sys
from pathlib import Path

DEFAULT_CONFIG = Path("/etc/edge-agent/config.toml")
DEFAULT_SOCKET = Path("/run/edge-agent/control.sock")


def add_config(parser: argparse.ArgumentParser) -> None:
    """Let the command take `--config`."""
    parser.add_argument(
        "--config", type=Path, default=DEFAULT_CONFIG, metavar="FILE", help=f"default: {DEFAULT_CONFIG}"
    )


def add_socket(parser: argparse.ArgumentParser) -> None:
    """Let the command take `--socket` and `--json`."""
    parser.add_argument(
        "--socket",
        type=Path,
        default=DEFAULT_SOCKET,
        metavar="PATH",
        help=f"the agent's control socket, default: {DEFAULT_SOCKET}",
    )
    parser.add_argument("--json", action="store_true", help="JSON, one object a line")


def complain(message: object) -> None:
    """Say what went wrong, for people."""
    print(f"edge-agent: {message}", file=sys.stderr)  # noqa: T201 - the command line speaks
