"""A hand that carries a USB stick from the box to the office and back. Uses the commands a technician uses."""

import shutil
import subprocess
import sys
from pathlib import Path

TIMEOUT_S = 30.0


def carry(folder: Path) -> str:
    """Export, import, bring the receipts back; return what the first that failed has said, empty if none did."""
    usb = folder / "usb"
    shutil.rmtree(usb, ignore_errors=True)
    usb.mkdir()
    box, office = folder / "config.toml", folder / "receiver.toml"
    key = _edge_agent("receive", "key", "--config", office)
    if key.returncode:
        return _words(key)
    out = usb / "events"
    for command in (("spool", "export", "--config", box, out), ("receive", "import", "--config", office, out)):
        done = _edge_agent(*command)
        if done.returncode:
            return f"{command[0]} {command[1]}: {_words(done)}"
    for receipts in set(usb.iterdir()) - {out}:
        done = _edge_agent("spool", "import-receipts", "--config", box, "--trust-key", key.stdout.split()[-1], receipts)
        if done.returncode:
            return f"spool import-receipts: {_words(done)}"
    return ""


def _edge_agent(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "edge_agent", *map(str, words)]
    try:
        return subprocess.run(
            command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, returncode=1, stdout="", stderr=f"not within {TIMEOUT_S:g} s")


def _words(done: "subprocess.CompletedProcess[str]") -> str:
    return (done.stderr or done.stdout).strip().rpartition("\n")[2]
