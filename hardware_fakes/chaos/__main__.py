"""`python -m hardware_fakes.chaos`: one run, or the list of faults. Chooses, says, returns the exit code."""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from hardware_fakes.chaos import stage as stages
from hardware_fakes.chaos import volume
from hardware_fakes.chaos.account import Account, as_json, told
from hardware_fakes.chaos.fault import Fault
from hardware_fakes.chaos.faults import FAULTS
from hardware_fakes.chaos.log import Log
from hardware_fakes.chaos.run import NotOver, Run
from hardware_fakes.chaos.stage import Stage

GOOD, BAD, WRONG_USE, INTERRUPTED = 0, 1, 2, 130
BUILD_DIR = Path(__file__).parents[2] / "build" / "lab"
_OWN_MOUNTS = "EDGE_AGENT_CHAOS_OWN_MOUNTS"


def main() -> int:
    """Do what the command line asks for."""
    args = _parser().parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if args.list:
        _list()
        return GOOD
    faults = [fault for fault in FAULTS if not fault.missing and (not args.only or fault.name in args.only)]
    if wrong := stages.available() or _wrong_use(args):
        print(f"chaos: {wrong}", file=sys.stderr)  # noqa: T201 - the command line speaks
        return WRONG_USE
    if not volume.available() and not os.environ.get(_OWN_MOUNTS):
        _with_own_mounts()
    return _run(args, faults)


def _wrong_use(args: argparse.Namespace) -> str:
    known = {fault.name: fault for fault in FAULTS}
    for name in args.only:
        if name not in known:
            return f"--only {name}: no such fault; see --list"
        if known[name].missing:
            return f"--only {name}: {known[name].missing}"
    return "" if args.minutes > 0 else "--minutes: more than 0"


def _run(args: argparse.Namespace, faults: list[Fault]) -> int:
    seed = random.randrange(1, 10_000) if args.seed is None else args.seed
    # Below /tmp whatever TMPDIR says: paths of Unix sockets have at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="edge-chaos-", dir="/tmp"))
    log = Log(folder / "chaos.log")
    again = f"make chaos SEED={seed} MINUTES={args.minutes:g}"
    if args.only:
        again += f" ARGS='{' '.join(f'--only {name}' for name in args.only)}'"
    log(f"folder {folder}, again with: {again}")
    for fault in FAULTS:
        if fault.missing:
            log(f"left out: {fault.name}: {fault.missing}")
    code = BAD
    try:
        account = _play(args, faults, seed=seed, folder=folder, log=log)
        code = GOOD if account.is_good else BAD
        lines = told(account)
        if not account.is_good:
            lines.insert(-1, f"kept: {folder}; again with: {again}")
        print("\n".join(lines), flush=True)  # noqa: T201 - the command line speaks
    except KeyboardInterrupt:
        code = INTERRUPTED
        log("interrupted")
    except NotOver as exc:
        log(f"{exc}; kept: {folder}")
    finally:
        log.close()
        if code != BAD and not args.keep:
            shutil.rmtree(folder, ignore_errors=True)
    return code


def _play(args: argparse.Namespace, faults: list[Fault], *, seed: int, folder: Path, log: Log) -> Account:
    began_s = time.monotonic()
    with Stage(folder, seed=seed, log=log, build_dir=BUILD_DIR) as stage:
        account = Run(stage, seed=seed, minutes=args.minutes, faults=faults).play()
    account.seconds = time.monotonic() - began_s
    if args.json:
        args.json.write_text(as_json(account) + "\n", encoding="utf-8")
    return account


def _with_own_mounts() -> None:
    # Whatever is mounted goes with the last process in here, however that ends. Same process id: exec.
    os.environ[_OWN_MOUNTS] = "1"
    command = ["unshare", "--mount", "--propagation", "private", sys.executable, "-m", "hardware_fakes.chaos"]
    os.execvp(command[0], [*command, *sys.argv[1:]])  # noqa: S606 - ourselves again


def _list() -> None:
    for fault in FAULTS:
        low, high = fault.lasts_s
        what = f"weight {fault.weight:g}, {low:g} to {high:g} s"
        if fault.missing:
            what = f"left out: {fault.missing}"
        print(f"{fault.name:24} {what:28} {'+'.join(sorted(fault.parts))}")  # noqa: T201 - the command line speaks


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hardware_fakes.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="default: any; it is printed")
    parser.add_argument("--minutes", type=float, default=2.0, help="how long workers touch and things fail; default: 2")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the account there")
    parser.add_argument("--only", action="append", default=[], metavar="FAULT", help="draw only this; may be repeated")
    parser.add_argument("--keep", action="store_true", help="keep the folder of a good run too")
    parser.add_argument("--list", action="store_true", help="name the faults")
    return parser


if __name__ == "__main__":
    sys.exit(main())
