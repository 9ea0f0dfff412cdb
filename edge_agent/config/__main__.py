"""
Write what comes from the declarations: config.example.toml and the manual's pages.

`python -m edge_agent.config` writes them, `--check` only says which are not current. For the source tree.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from edge_agent.config.example import example, manual
from edge_agent.words import Language

TREE = Path(__file__).parents[2]


def rendered(tree: Path) -> dict[Path, str]:
    """Return what each file must hold."""
    pages = {tree / f"edge_agent/manual/{language}/configuration.md": manual(language) for language in Language}
    return {tree / "config.example.toml": example(), **pages}


def stale(tree: Path) -> dict[Path, str]:
    """Return those of them that do not."""
    return {path: content for path, content in rendered(tree).items() if _held(path) != content}


def main(argv: Sequence[str] | None = None, *, tree: Path = TREE) -> int:
    """Write the files, or check them; return 1 if one was not current and was only checked."""
    parser = argparse.ArgumentParser(prog="python -m edge_agent.config", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is not current")
    args = parser.parse_args(argv)
    changed = stale(tree)
    for path, content in changed.items():
        print(f"{path.relative_to(tree)}: {'not current' if args.check else 'written'}", file=sys.stderr)  # noqa: T201 - a command
        if not args.check:
            path.write_text(content, encoding="utf-8")
    return 1 if args.check and changed else 0


def _held(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return None


if __name__ == "__main__":
    raise SystemExit(main())
