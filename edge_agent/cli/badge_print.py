"""The two halves of `edge-agent badge` that draw: badges and the poster, into one PDF or one SVG a page."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from edge_agent.badge_keys import issuer
from edge_agent.clock import SystemClock
from edge_agent.config.load import load_agent
from edge_agent.config.settings import AgentConfig
from edge_agent.core.calendar import JST, minutes, site_day
from edge_agent.core.touch import NS_PER_S
from edge_agent.holders import Holder, chosen, from_list, from_spool
from edge_agent.issuing import issue, sign_site
from edge_agent.paper.badge import PrintedBadge, cards, sheets
from edge_agent.paper.drawing import Page
from edge_agent.paper.pdf import pdf
from edge_agent.paper.poster import NOTICES_MAX, Poster, poster
from edge_agent.paper.svg import svg
from edge_agent.portable.files import put
from edge_agent.signing import SigningKey

GOOD = 0
SPOOL_FILE = "spool.db"


class CannotPrint(Exception):
    """The page cannot be made. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class _Now:
    """When it is, as far as it matters on paper."""

    utc_s: int
    today: date


def badges(args: argparse.Namespace) -> int:
    """Sign and draw badges; tell of each one its worker and serial."""
    config = load_agent(args.config)
    _mind(args.output)
    key, now = _key(config), _now(args, config)
    people = chosen(_everybody(args, config), workers=args.worker, company=args.company)
    printed = [_issued(each, config, key, now) for each in people]
    pages = cards(printed) if args.layout == "card" else sheets(printed)
    files = _draw(args.output, pages, now)
    for each in printed:
        told = {"worker": each.worker, "serial": each.serial, "until": each.last_day}
        _say(json.dumps(told, ensure_ascii=False) if args.json else f"{each.serial},{each.worker},{each.last_day}")
    _tell(args, files)
    return GOOD


def site_poster(args: argparse.Namespace) -> int:
    """Draw the site's poster."""
    config = load_agent(args.config)
    _mind(args.output)
    if len(args.notice) > NOTICES_MAX:
        raise CannotPrint(f"a poster has room for {NOTICES_MAX} notices")
    now = _now(args, config)
    site, sign = config.site, ""
    if key := issuer(config.badge):
        try:
            sign = site.poster_url + sign_site(site.id, key=key, issued_s=now.utc_s)
        except ValueError as exc:
            raise CannotPrint(f"[site] id: {exc}") from exc
    drawn = poster(Poster(site=site.name or site.id, site_id=site.id, phone=site.phone, sign=sign, notices=args.notice))
    _tell(args, _draw(args.output, [drawn], now))
    return GOOD


def _everybody(args: argparse.Namespace, config: AgentConfig) -> list[Holder]:
    """Return whom the roster knows: the one place that says where from."""
    return from_list(args.list) if args.list else from_spool(Path(config.agent.state_dir) / SPOOL_FILE)


def _key(config: AgentConfig) -> SigningKey:
    key = issuer(config.badge)
    if key is None:
        raise CannotPrint("badges are signed: make a key with `edge-agent badge key FILE`, name it in [badge] key_file")
    return key


def _issued(holder: Holder, config: AgentConfig, key: SigningKey, now: _Now) -> PrintedBadge:
    site = config.site.name or config.site.id
    try:
        return issue(
            holder, key=key, issued_s=now.utc_s, today=now.today, valid_days=config.badge.valid_days, site=site
        )
    except ValueError as exc:
        raise CannotPrint(f"{holder.worker}: {exc}") from exc


def _now(args: argparse.Namespace, config: AgentConfig) -> _Now:
    if args.today:
        try:
            today = date.fromisoformat(args.today)
        except ValueError as exc:
            raise CannotPrint(f"--today {args.today}: not a date such as 2026-11-23") from exc
        return _Now(round(datetime.combine(today, time(12), JST).timestamp()), today)
    at = SystemClock(host_keeps_time=config.agent.host_keeps_time).stamp()
    day = site_day(at, cut_off_min=minutes(config.site.day_cut_off))
    if day is None:
        # A badge with a wrong date would be replaced, or replace others, for no reason anybody could see.
        raise CannotPrint("nobody keeps this machine's clock: say the date with --today")
    return _Now(at.utc_ns // NS_PER_S, day)


def _mind(output: Path) -> None:
    if output.suffix.lower() not in {".pdf", ".svg"}:
        raise CannotPrint(f"{output}: give a name that ends in .pdf or .svg")


def _draw(output: Path, pages: Sequence[Page], now: _Now) -> list[Path]:
    if output.suffix.lower() == ".pdf":
        put(output, pdf(pages, made_s=now.utc_s))
        return [output]
    # SVG has no pages: a file for each.
    names = [output.with_stem(f"{output.stem}-{number}") for number in range(1, len(pages) + 1)]
    files = names if len(pages) > 1 else [output]
    for file, page in zip(files, pages, strict=True):
        put(file, svg(page).encode())
    return files


def _tell(args: argparse.Namespace, files: Sequence[Path]) -> None:
    for file in files:
        _say(json.dumps({"file": str(file)}) if args.json else str(file))


def _say(line: str) -> None:
    print(line)  # noqa: T201 - the command line speaks
