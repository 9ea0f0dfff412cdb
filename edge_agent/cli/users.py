"""`edge-agent users hash`: the line for [[user]] password_hash. Asks no agent, keeps nothing."""

import argparse
import getpass
import sys
from pathlib import Path

from edge_agent.cli.common import complain
from edge_agent.cli.desk import FAILED, GOOD, NoPassword, password_in
from edge_agent.users import hashed
from edge_agent.words import Language
from edge_agent.words.sentences import text

SHORTEST = 8


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = commands.add_parser("users", help="hash a password for the configuration", description=__doc__)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    how = actions.add_parser("hash", help="ask for a password twice, print the line to paste")
    how.add_argument("--password-file", type=Path, metavar="FILE", help="its first line is the password; - for stdin")


def run(args: argparse.Namespace) -> int:
    """Print the line; return 0 if good, 1 if there is no good password."""
    language = Language.of_terminal()
    try:
        password = _password(args.password_file, language)
    except NoPassword as exc:
        complain(exc)
        return FAILED
    if len(password) < SHORTEST:
        complain(text("desk.too-short", language, least=SHORTEST))
        return FAILED
    print(f'password_hash = "{hashed(password)}"')  # noqa: T201 - the command line speaks
    return GOOD


def _password(file: Path | None, language: Language) -> str:
    if file is not None and str(file) != "-":
        return password_in(file)
    if file is not None or not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass(text("desk.new-password", language))
    if first != getpass.getpass(text("desk.again", language)):
        raise NoPassword(text("desk.differ", language))
    return first
