"""`edge-agent face notice`: what hangs on the wall by the camera, and is shown before a face is enrolled."""

import argparse
import json

from edge_agent.cli.badge_print import CannotPrint
from edge_agent.cli.common import complain
from edge_agent.cli.desk import FAILED, GOOD, WRONG_USE
from edge_agent.clock import SystemClock
from edge_agent.config.load import ConfigError, load_agent
from edge_agent.core.touch import NS_PER_S
from edge_agent.paper.fonts import NoFont
from edge_agent.paper.notice import Notice, notice
from edge_agent.paper.pdf import pdf
from edge_agent.paper.svg import svg
from edge_agent.portable.files import put


def run(args: argparse.Namespace) -> int:
    """Draw it; return 0 if good, 1 if it cannot be drawn here, 2 for wrong use or configuration."""
    try:
        _draw(args)
    except ConfigError as exc:
        complain(exc)
        return WRONG_USE
    except (CannotPrint, NoFont) as exc:
        complain(exc)
        return FAILED
    except OSError as exc:
        complain(f"{args.out}: {exc.strerror}")
        return FAILED
    print(json.dumps({"file": str(args.out)}) if args.json else args.out)  # noqa: T201 - the command line speaks
    return GOOD


def _draw(args: argparse.Namespace) -> None:
    config = load_agent(args.config)
    page = notice(
        Notice(site=config.site.name or config.site.id, contact=config.face.contact, version=config.face.notice)
    )
    match args.out.suffix.lower():
        case ".pdf":
            put(args.out, pdf([page], made_s=SystemClock().stamp().utc_ns // NS_PER_S))
        case ".svg":
            put(args.out, svg(page).encode())
        case _:
            raise CannotPrint(f"{args.out}: give a name that ends in .pdf or .svg")
