"""`edge-agent run`: the daemon in the foreground, as systemd starts it."""

import argparse
import os
from threading import Event

from edge_agent import log
from edge_agent.cli.common import add_config, complain
from edge_agent.config.load import ConfigError, load_agent
from edge_agent.config.secrets import SecretUnavailable
from edge_agent.run import run as run_agent
from edge_agent.run import stop_on_signals
from spool.file import SpoolError


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    add_config(commands.add_parser("run", help="run the agent in the foreground", description=__doc__))


def run(args: argparse.Namespace) -> int:
    """Run until SIGTERM or SIGINT."""
    log.configure("text", "info")  # until the configuration says otherwise
    try:
        config = load_agent(args.config)
    except ConfigError as exc:
        complain(exc)
        return 2
    log.configure(config.log.format, config.log.level)
    os.umask(0o077)  # the spool is for the agent's eyes only
    stop = Event()
    stop_on_signals(stop)
    try:
        run_agent(config, stop=stop)
    except SecretUnavailable as exc:
        complain(exc)
        return 2
    except SpoolError as exc:
        complain(exc)
        return 1
    return 0
