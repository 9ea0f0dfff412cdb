"""Sites: made on the spot without a network, their 現場ID later, the parts of a wide-area site, and place notes."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.control.server import BadRequest
from edge_agent.core import events
from edge_agent.ledger import people
from edge_agent.ledger.steps import LEDGER_STEPS
from edge_agent.sites import Sites, _told
from hardware_fakes.clock import FakeClock
from spool.journal import Journal

CCUS = "12345678901234"


class StubDoor:
    def __init__(self, journal):
        self.journal = journal

    def commit(self, work):
        return self.journal.write(lambda tx: work(tx, self.journal.epoch))


class Office:
    def __init__(self, folder):
        self.journal = Journal(folder / "spool.db", owner_steps={"ledger": LEDGER_STEPS})
        sites = Sites(
            gateway="gw-1", configured="13-0042", door=StubDoor(self.journal), clock=FakeClock(),
            may_edit=lambda _wish: "tanaka",
        )  # fmt: skip
        self.handlers = sites.handlers()

    def ask(self, what, **wish):
        return list(self.handlers[what](wish))

    def here(self):
        return self.journal.write(people.here)

    def told(self):
        rows = self.journal.write(lambda tx: tx.execute("SELECT body FROM entry ORDER BY seq").fetchall())
        return [events.decode_event(body).data for (body,) in rows]


@pytest.fixture
def office(tmp_path):
    office = Office(tmp_path)
    yield office
    office.journal.close()


def test_without_a_word_the_configured_site_is_served(office):
    assert [("13-0042", True)] == [(site["id"], site["is_here"]) for site in office.ask("site-list")]


def test_a_sudden_site_is_made_offline_and_served_at_once(office):
    (made,) = office.ask("site-put", name="市道 陥没復旧")

    assert "gw-1-2026-11-24-1" == made["id"]
    assert (made["id"], "") == office.here()
    (told,) = office.told()
    assert (made["id"], None, "市道 陥没復旧", "tanaka") == (told.site, told.ccus, told.name, told.by)


def test_its_number_comes_later_and_is_told_once(office):
    (made,) = office.ask("site-put", name="x")
    office.ask("site-put", site=made["id"], ccus=CCUS)
    office.ask("site-put", site=made["id"], ccus=CCUS, place="甲府市")

    assert [None, CCUS] == [event.ccus for event in office.told()]


def test_a_site_with_a_typing_error_in_its_name_is_not_made(office):
    with pytest.raises(BadRequest, match="there are: 13-0042"):
        office.ask("site-put", site="13-0024", name="x")


def test_the_configured_site_can_be_described(office):
    office.ask("site-put", site="13-0042", ccus=CCUS)

    assert ("13-0042", CCUS) == (office.told()[-1].site, office.told()[-1].ccus)


def test_every_new_site_has_a_name_of_its_own(office):
    names = {office.ask("site-put", name="x")[0]["id"] for _ in range(5)}

    assert 5 == len(names)


def test_parts_of_a_wide_area_site_name_it(office):
    (part,) = office.ask("site-put", name="第3工区", parent="13-0042")

    assert "13-0042" == office.told()[-1].parent == part["parent"]


@pytest.mark.parametrize("parent", ["nowhere", "gw-1-2026-11-24-1"])
def test_a_site_is_no_part_of_itself_nor_of_nothing(office, parent):
    (made,) = office.ask("site-put", name="x")

    with pytest.raises(BadRequest, match="parent"):
        office.ask("site-put", site=made["id"], parent=parent)
    assert 1 == len(office.told()), "nothing was committed"


def test_the_place_note_stays_until_another_is_written(office):
    office.ask("site-use", note="3F 東側")
    office.ask("site-put", name="x")
    assert "3F 東側" == office.here()[1]

    office.ask("site-use", site="13-0042")
    assert ("", "3F 東側") == office.here()


def test_a_site_nobody_made_is_not_served(office):
    with pytest.raises(BadRequest, match="site new"):
        office.ask("site-use", site="typo")


@pytest.mark.parametrize(
    "wrong",
    [
        {"ccus": "123"},
        {"ccus": "1234567890123\uff14"},
        {"valid_from": "2026/11/24"},
        {"valid_from": "2026-12-01", "valid_to": "2026-11-01"},
        {"contract_yen": -1},
        {"contract_yen": "much"},
        {"name": "x" * 201},
        {"name": "a\nb"},
    ],
)
def test_what_is_wrong_is_said_and_nothing_kept(office, wrong):
    with pytest.raises(BadRequest, match=next(reversed(wrong))):
        office.ask("site-put", **wrong)
    assert [] == office.told()


@given(
    st.dictionaries(
        st.sampled_from(["ccus", "name", "valid_from", "contract_yen", "place"]),
        st.one_of(st.text(), st.integers(), st.none(), st.booleans()),
    )
)
def test_whatever_is_asked_is_taken_or_refused(wish):
    with contextlib.suppress(BadRequest):
        assert _told(wish).keys() <= wish.keys()
