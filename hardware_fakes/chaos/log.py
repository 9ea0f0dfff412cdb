"""What happens, in lines with the run's time: on the terminal and in a file."""

import sys
from pathlib import Path

from hardware_fakes.chaos.witness import boot_ns


class Log:
    """Takes lines from one thread."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("a", encoding="utf-8")
        self.began_ns = boot_ns()
        """CLOCK_BOOTTIME from which all printed times count."""

    def __call__(self, text: str) -> None:
        """Say it."""
        line = f"{(boot_ns() - self.began_ns) / 1e9:7.1f} s  {text}"
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - the laboratory speaks
        print(line, file=self._file, flush=True)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
