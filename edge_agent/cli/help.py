"""`edge-agent help`: the manual, on the box and without a network, in the terminal's language."""

import argparse
import sys
from importlib import resources

from rich.console import Console
from rich.markdown import Markdown

from edge_agent.cli.common import complain
from edge_agent.words import Language


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = commands.add_parser("help", help="the manual", description=__doc__)
    parser.add_argument("page", nargs="?", metavar="PAGE", help="without it: which pages there are")
    parser.add_argument("--language", choices=[each.value for each in Language], help="default: the terminal's")


def run(args: argparse.Namespace) -> int:
    """Print a page, or the list of pages; return 2 if there is no such page."""
    language = Language(args.language) if args.language else Language.of_terminal()
    found = pages(language)
    console = Console(soft_wrap=not sys.stdout.isatty())
    if args.page is None:
        for name, text in found.items():
            console.print(f"edge-agent help {name:<15} {_title(text)}", markup=False, highlight=False)
        return 0
    if args.page not in found:
        complain(f"no page {args.page!r}; there are: {', '.join(found)}")
        return 2
    text = found[args.page]
    console.print(Markdown(text) if console.is_terminal else text, markup=False, highlight=False)
    return 0


def pages(language: Language) -> dict[str, str]:
    """Return the manual's pages in this language, by name."""
    folder = resources.files("edge_agent") / "manual" / language.value
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".md")), key=lambda file: file.name)
    return {file.name.removesuffix(".md"): file.read_text(encoding="utf-8") for file in files}


def _title(text: str) -> str:
    return text.splitlines()[0].removeprefix("# ")
