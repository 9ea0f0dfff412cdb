"""What people say at the box: corrections, approvals, headcounts, sites. The data of their events; decides nothing."""

from typing import Annotated, Literal

import msgspec

from edge_agent.core.parts import Numbered, PersonData, Ref, shaped
from edge_agent.core.wire import ClockTrust, EpochId, Rfc3339, SeqNumber, SiteId, Text


class Said(Numbered, frozen=True, kw_only=True):
    """What an event begins with that a person made at the box."""

    by: Text
    """Who: a user of the box."""
    why: Text = ""
    boot: Text
    boot_ms: Annotated[int, msgspec.Meta(ge=0)]
    clock: ClockTrust


class AmendedData(Said, frozen=True, kw_only=True):
    """Somebody's better word on a touch, which itself is never changed. What is absent stays as it was."""

    of: Ref
    kind: Literal["name", "change", "void"]
    """`name`: whose it was. `change`: when, who or which way. `void`: it did not happen."""
    person: PersonData | None = None
    meaning: Literal["entry", "exit", "tap"] | None = None
    at: Rfc3339 | None = None
    day: Annotated[str, shaped("day")] | None = None
    standing: Literal["accepted", "pending"] | None = None
    """How it stands from now on."""


class JudgedData(Said, frozen=True, kw_only=True):
    """The prime's word (元請承認) on touches. A later word counts more than an earlier one."""

    of_epoch: EpochId
    seqs: Annotated[list[SeqNumber], msgspec.Meta(min_length=1, max_length=500)]
    """Numbers in that epoch: the identities the touches had first."""
    verdict: Literal["approved", "refused"]


class HeadcountData(Said, frozen=True, kw_only=True):
    """How many were there, as counted by a person (朝礼): what rates are divided by. The last word of a day counts."""

    site: SiteId
    day: Annotated[str, shaped("day")]
    company: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    """Absent: all together."""
    count: Annotated[int, msgspec.Meta(ge=0, le=100_000)]


class SiteData(Said, frozen=True, kw_only=True):
    """What is known of a site: made on the box without a network, its 現場ID often later. The last word counts."""

    site: SiteId
    """As events call it."""
    ccus: Annotated[str, msgspec.Meta(max_length=32, description="現場ID")] | None = None
    name: Text = ""
    parent: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    """The wide-area site (広域現場) it is part of."""
