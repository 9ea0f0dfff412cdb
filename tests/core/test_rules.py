"""What the site's rules make of a worker: each fact by its own weight, dates only on days that are known."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.core.people import Company, Site
from edge_agent.core.reason import Reason, Weight, foremost, standing
from edge_agent.core.rules import Rules
from edge_agent.core.touch import Worker, WorkerId

DAY = date(2026, 11, 24)
SOUND = Worker(id=WorkerId("1"), ccus="1", company="c", is_insured=True)
COMPANY = Company(id="c", is_registered=True)
ALL = Rules.of({reason.value: "warn" for reason in Reason})


def found(worker=SOUND, company=COMPANY, site=None, day=DAY):
    return {reason for reason, _ in ALL.findings(worker, company, site, day)}


def test_of_a_sound_worker_nothing_is_said():
    assert set() == found()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"ccus": ""}, Reason.NO_CCUS),
        ({"is_insured": False}, Reason.NOT_INSURED),
        ({"valid_from": "2026-11-25"}, Reason.NOT_YET_VALID),
        ({"valid_to": "2026-11-23"}, Reason.NO_LONGER_VALID),
    ],
)
def test_each_fact_about_a_worker_has_its_reason(changed, reason):
    told = {"id": WorkerId("1"), "ccus": "1", "company": "c", "is_insured": True} | changed

    assert {reason} == found(Worker(**told))


def test_what_the_roster_does_not_tell_is_not_held_against_anybody():
    unknown = Worker(id=WorkerId("1"), ccus="1", company="c", is_insured=None)

    assert set() == found(unknown, Company(id="c", is_registered=None))


def test_first_and_last_day_are_days_of_work():
    assert set() == found(Worker(id=WorkerId("1"), ccus="1", valid_from="2026-11-24", valid_to="2026-11-24"))


def test_the_company_must_be_known_and_registered():
    assert {Reason.COMPANY_UNKNOWN} == found(company=None)
    assert {Reason.COMPANY_UNREGISTERED} == found(company=Company(id="c", is_registered=False))


@pytest.mark.parametrize(("first", "last"), [("2026-11-25", ""), ("", "2026-11-23"), ("2026-01-01", "2026-02-01")])
def test_a_day_outside_the_sites_period_is_told(first, last):
    assert {Reason.OUTSIDE_PERIOD} == found(site=Site(id="s", valid_from=first, valid_to=last))


def test_without_a_date_nothing_is_said_of_dates():
    over = Worker(id=WorkerId("1"), ccus="1", valid_to="2020-01-01")

    assert set() == found(over, site=Site(id="s", valid_to="2020-01-01"), day=None)


def test_what_is_allowed_is_not_mentioned():
    assert () == Rules.of({"no_ccus": "allow"}).findings(Worker(id=WorkerId("1")), COMPANY, None, DAY)


def test_unknown_credentials_wait_unless_the_site_blocks_them():
    assert ((Reason.UNKNOWN, Weight.WAIT),) == Rules().of_unknown()
    assert ((Reason.UNKNOWN, Weight.REFUSE),) == Rules.of({"unknown": "block"}).of_unknown()


@pytest.mark.parametrize(("inside", "count"), [(False, 1), (True, 0), (None, 0)])
def test_only_a_box_surely_outside_the_fence_is_outside(inside, count):
    assert count == len(ALL.of_place(inside))


@given(st.lists(st.tuples(st.sampled_from(Reason), st.sampled_from(Weight))))
def test_the_heaviest_finding_decides_and_is_told_first(findings):
    heaviest = max((weight for _, weight in findings), default=None)
    expected = {Weight.REFUSE: "refused", Weight.WAIT: "pending"}.get(heaviest, "accepted")

    assert expected == standing(tuple(findings))
    told = foremost(tuple(findings))
    assert told is None if not findings else (told, heaviest) in findings
