"""`edge-agent status`: how the running agent stands, verdict first."""

import argparse
import json
from typing import Any

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from edge_agent.cli.common import add_socket, complain
from edge_agent.control.client import NotRunning, Refused, ask

LATE_S = 3600
_SAYS_TROUBLE_ONLY = {"camera", "face"}
"""What these say while they are open is what a technician should look at: that it is dark, that the sun is behind."""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    add_socket(commands.add_parser("status", help="how the running agent stands", description=__doc__))


def run(args: argparse.Namespace) -> int:
    """Print the status; return 0 if all is well, 1 if something wants attention or no agent answers."""
    try:
        status = next(iter(ask(args.socket, "status")))
    except (NotRunning, Refused) as exc:
        complain(exc)
        return 1
    wrong = troubles(status)
    console = Console(soft_wrap=True)
    if args.json:
        console.print(json.dumps(status | {"troubles": wrong}, ensure_ascii=False), markup=False, highlight=False)
    else:
        _show(console, status, wrong)
    return 1 if wrong else 0


def troubles(status: dict[str, Any]) -> list[str]:
    """Return what a technician should look at, worst first; empty if all is well."""
    spool, uplink = status["spool"], status["uplink"]
    found = _disk_troubles(status["disk"])
    if "error" in spool:
        found.append(f"the spool cannot be used: {spool['error']}")
    found += [
        f"{reader['name']}: {reader['state']}: {reader['detail']}"
        for reader in status["readers"]
        if reader["state"] != "open"
    ]
    found += [
        reader["detail"]
        for reader in status["readers"]
        if reader["state"] == "open" and reader.get("driver") in _SAYS_TROUBLE_ONLY and reader["detail"]
    ]
    if uplink["is_forked"]:
        found.append("the receiver knows more of this box than the box itself: was its disk copied or set back?")
    if uplink["is_taken"]:
        found.append("another box uses this box's identity: nothing is sent until the agent is restarted")
    if not uplink["is_connected"]:
        found.append(f"not connected to the broker: {uplink['error']}")
    elif uplink["error"]:
        found.append(uplink["error"])
    found += _kept_back(spool)
    if status["lab"]:
        found.append("laboratory: simulated hardware is allowed, and no event of this box counts")
    if status["clock"]["trust"] == "none":
        found.append("the clock cannot be believed: events carry no date until it can")
    return found


def _disk_troubles(disk: dict[str, Any]) -> list[str]:
    if disk["is_refusing"]:
        return ["the disk cannot be written, touches are refused: free space on it, or replace it if it is broken"]
    if disk["is_short"]:
        return ["the disk is full, touches are taken only as earlier ones are receipted: free space on it"]
    if disk["is_filling"]:
        return [f"the disk is full in {disk['days_left']} days at this site's rate: free space on it"]
    return []


def _kept_back(spool: dict[str, Any]) -> list[str]:
    found = []
    if spool.get("set_aside"):
        found.append(f"{spool['set_aside']} spools were set aside: tell the office; see edge-agent help operation")
    if spool.get("quarantined"):
        found.append(f"{spool['quarantined']} events were refused by the receiver and are kept aside")
    if (spool.get("oldest_s") or 0) > LATE_S:
        found.append(f"the oldest undelivered event is {spool['oldest_s'] // 60} minutes old")
    return found


def _show(console: Console, status: dict[str, Any], wrong: list[str]) -> None:
    console.print("[bold green]all is well[/]" if not wrong else f"[bold yellow]{len(wrong)} to look at[/]")
    for trouble in wrong:
        console.print(f"  - {trouble}", markup=False)
    site = " · ".join(filter(None, [status["spool"].get("site", status["site"]), status["spool"].get("note")]))
    console.print(f"{status['gateway']} at {site}, agent {status['agent']}, up {status['up_s']} s", markup=False)
    if console.is_terminal:
        console.print(_readers(status))
    else:
        for reader in status["readers"]:
            console.print("reader", reader["name"], reader["state"], reader["detail"], markup=False, highlight=False)
    spool, uplink, clock = status["spool"], status["uplink"], status["clock"]
    waiting = f"undelivered {spool.get('pending', '?')} · oldest {_or_dash(spool.get('oldest_s'), ' s')}"
    receipt = f"last receipt {_or_dash(spool.get('last_receipt'))}"
    people = f"on site {spool.get('inside', '?')} · to look at {spool.get('waiting', '?')}"
    console.print(f"{people} · {waiting} · {receipt}", markup=False)
    disk = status["disk"]
    lasts = f" · lasts {disk['days_left']} days" if disk["days_left"] is not None else ""
    free = "–" if disk["free_bytes"] is None else decimal(disk["free_bytes"])
    console.print(f"disk {free} free{lasts}", markup=False, highlight=False)
    protocol = {5: "MQTT 5", 4: "MQTT 3.1.1"}.get(uplink["protocol"], "-")
    broker = "connected" if uplink["is_connected"] else "away"
    console.print(f"broker {broker} ({protocol}) · clock {clock['trust']} {clock['time']}", markup=False)


def _readers(status: dict[str, Any]) -> Table:
    table = Table("reader", "driver", "state", "for", "device", "what to do")
    for reader in status["readers"]:
        colour = "green" if reader["state"] == "open" else "red"
        table.add_row(
            reader["name"],
            reader["driver"],
            f"[{colour}]{reader['state']}[/]",
            f"{reader['for_s']} s",
            reader["device"],
            reader["detail"],
        )
    return table


def _or_dash(value: object, unit: str = "") -> str:
    return "–" if value is None else f"{value}{unit}"
