"""The box's wall clock, wrong for a while: libfaketime under the agent. What counts from the boot stays right."""

from collections.abc import Mapping
from pathlib import Path

IN_1970 = "@1970-01-02 00:00:00"
_RIGHT = "+0"


def available() -> str | None:
    """Return why the clock cannot be wrong here; None if it can."""
    return None if _library() else "libfaketime is not installed (Debian: apt install faketime)"


class WallClock:
    """What the wall clock of programs says that are started with `environment()`."""

    def __init__(self, file: Path) -> None:
        """Prepare; `file` is read by the programs whenever they ask for the time."""
        self._file = file
        self._is_wrong = False

    def goes_wrong(self, says: str) -> None:
        """Be so far off for the next program: `+5h`, `-9h`, or an absolute `@1970-01-02 00:00:00`."""
        self._file.write_text(says + "\n", encoding="ascii")
        self._is_wrong = True

    def is_set_right(self) -> None:
        """Step to the right time, under whoever runs."""
        self._file.write_text(_RIGHT + "\n", encoding="ascii")
        self._is_wrong = False

    def environment(self) -> Mapping[str, str]:
        """Return what a program needs in its environment; nothing while the clock is right."""
        library = _library()
        if not self._is_wrong or library is None:
            return {}
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }


def _library() -> Path | None:
    return next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
