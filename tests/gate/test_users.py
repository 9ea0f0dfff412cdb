"""Who may act at the box: the right password, the right role, and no guessing."""

import logging
import re
import subprocess
import sys
import time

import pytest

from edge_agent.config.declare import tables
from edge_agent.config.settings import AgentConfig
from edge_agent.config.user import User
from edge_agent.control.server import BadRequest
from edge_agent.users import RIGHTS, Denied, Users, hashed
from hardware_fakes.clock import FakeClock
from hardware_fakes.desk import PASSWORD, DeskBox

UNREADABLE = "$argon2id$v=19$m=1,t=0,p=4$AAAAAAAAAAA$AAAAAAAAAAAAAAAA"


def wish(user: str = "prime", password: str = PASSWORD) -> dict[str, object]:
    return {"user": user, "password": password}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def users(people: tuple[User, ...], clock: FakeClock) -> Users:
    return Users(people, clock)


def wrong(users: Users, user: str = "prime") -> str:
    with pytest.raises(Denied) as told:
        users.check(wish(user, "wrong"), "edit")
    return str(told.value)


@pytest.mark.parametrize(("name", "right"), [("prime", "judge"), ("prime", "edit"), ("clerk", "edit")])
def test_whoever_has_the_right_and_the_password_is_named(users: Users, name: str, right: str) -> None:
    assert name == users.check(wish(name), right)


def test_an_editor_does_not_judge(users: Users) -> None:
    """元請承認 is the prime's word."""
    with pytest.raises(Denied, match="clerk is editor: only approver"):
        users.check(wish("clerk"), "judge")


def test_without_users_nobody_judges_and_is_told_what_to_configure(clock: FakeClock) -> None:
    with pytest.raises(Denied, match=r"\[\[user\]\].*edge-agent users hash"):
        Users((), clock).check(wish(), "judge")


def test_without_users_whoever_the_socket_lets_in_may_edit(clock: FakeClock) -> None:
    """A technician takes in the roster before anybody has a password."""
    assert ("local", False) == (Users((), clock).check({}, "edit"), Users((), clock).is_anybody)


@pytest.mark.parametrize("said", [{}, {"user": "prime"}, {"password": PASSWORD}, {"user": 7, "password": None}])
def test_who_says_nothing_is_told_what_is_wanted(users: Users, said: dict[str, object]) -> None:
    with pytest.raises(Denied, match="user and password are wanted"):
        users.check(said, "edit")


def test_a_denial_is_an_answer_on_the_socket(users: Users) -> None:
    with pytest.raises(BadRequest, match="wrong"):
        users.check(wish("prime", "wrong"), "edit")


def test_an_unknown_user_reads_the_same_as_a_wrong_password(users: Users) -> None:
    assert wrong(users, "nobody") == wrong(users, "prime")


def test_an_unknown_user_costs_what_a_known_one_costs(clock: FakeClock) -> None:
    """Else the time tells which names there are."""
    users = Users((User(name="prime", role="approver", password_hash=hashed(PASSWORD)),), clock)
    took = {}
    for name in ("prime", "nobody"):
        began = time.perf_counter()
        for _ in range(4):
            wrong(users, name)
        took[name] = time.perf_counter() - began

    assert 1 / 4 < took["prime"] / took["nobody"] < 4


def test_guessing_is_slowed_and_the_right_password_waits_too(users: Users, clock: FakeClock) -> None:
    for _ in range(5):
        wrong(users)
    told = wrong(users)
    with pytest.raises(Denied, match="try again in 1 s"):
        users.check(wish(), "edit")
    clock.advance(1)

    assert "try again in 1 s" in told
    assert "prime" == users.check(wish(), "edit")


def test_each_failure_doubles_the_wait_up_to_five_minutes(users: Users, clock: FakeClock) -> None:
    waits = []
    for _ in range(16):
        wrong(users)
        left = re.search(r"in (\d+) s", wrong(users)) if len(waits) >= 4 else None
        waits.append(int(left[1]) if left else 0)
        clock.advance(waits[-1])

    assert [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300] == waits


def test_one_user_who_is_guessed_at_does_not_lock_out_another(users: Users) -> None:
    for _ in range(6):
        wrong(users)

    assert "clerk" == users.check(wish("clerk"), "edit")


def test_guessing_over_many_names_is_slowed_as_a_whole(users: Users, clock: FakeClock) -> None:
    for number in range(40):
        clock.advance(2**9)  # longer than each name's own wait
        if "too many" in wrong(users, f"nobody-{number}" if number % 2 else "clerk"):
            break
        if number < 21:
            continue
        assert "too many" in wrong(users, "prime")
        return
    raise AssertionError("never slowed")


def test_failures_are_forgotten_after_a_quarter_of_an_hour(users: Users, clock: FakeClock) -> None:
    for _ in range(5):
        wrong(users)
    clock.advance(902)

    assert "wrong" in wrong(users)
    assert "prime" == users.check(wish(), "edit")


def test_invented_names_fill_no_memory(users: Users, clock: FakeClock) -> None:
    for number in range(50):
        clock.advance(1000)
        wrong(users, f"nobody-{number}")

    assert {"", "prime", "clerk"} == set(users._each)


def test_no_password_is_logged(users: Users, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    users.check(wish(), "edit")
    wrong(users)

    assert PASSWORD not in caplog.text


def test_a_full_width_password_is_the_same_password(users: Users) -> None:
    """A Japanese keyboard was left in full width."""
    wide = "".join(chr(ord(c) + 0xFEE0) if c != " " else "\u3000" for c in PASSWORD)

    assert "prime" == users.check(wish(password=wide), "edit")


@pytest.mark.parametrize("odd", ["\ud800", "x" * 100_000, "\x00"])
def test_no_password_breaks_the_check(users: Users, odd: str) -> None:
    with pytest.raises(Denied):
        users.check(wish(password=odd), "edit")


def test_a_hash_is_argon2id_of_modest_memory_with_a_salt_of_its_own() -> None:
    one, other = hashed(PASSWORD), hashed(PASSWORD)

    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert one != other


def test_what_hash_prints_is_what_the_configuration_takes() -> None:
    [table] = [table for table in tables(AgentConfig) if table.name == "user"]
    [declared] = [each for each in table.settings if each.key == "password_hash"]

    assert declared.about.pattern
    assert declared.about.pattern.fullmatch(hashed(PASSWORD))


def test_a_hash_that_cannot_be_read_is_a_wrong_password(clock: FakeClock) -> None:
    users = Users(
        (User(name="prime", role="approver", password_hash=UNREADABLE),),
        clock,
    )

    assert "wrong" in wrong(users)


@pytest.mark.parametrize("do", ["entry-add", "entry-amend", "headcount", "judge"])
def test_no_request_that_writes_is_answered_without_a_password(box: DeskBox, do: str) -> None:
    with pytest.raises(Denied):
        box.ask(do, **wish("prime", "wrong"))
    assert [] == box.bodies()


@pytest.mark.parametrize(
    ("do", "right"), [("entry-add", "edit"), ("entry-amend", "edit"), ("headcount", "edit"), ("judge", "judge")]
)
def test_each_request_asks_for_its_own_right(box: DeskBox, do: str, right: str) -> None:
    """A clerk gets as far as being told what is missing, but not to judge."""
    with pytest.raises(BadRequest) as told:
        box.ask(do, user="clerk")

    assert ("editor" in RIGHTS[right]) != isinstance(told.value, Denied)


MEMORY = """
import resource, threading
from pathlib import Path
from edge_agent.config.user import User
from edge_agent.users import Users, hashed
from hardware_fakes.clock import FakeClock

def rss_kib():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1024

users = Users((User(name="prime", role="approver", password_hash=hashed("12345678")),), FakeClock())
before = rss_kib()
for _ in range(3):
    wish = {"user": "prime", "password": "12345678"}
    threads = [threading.Thread(target=users.check, args=(wish, "edit")) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
print(rss_kib() - before)
"""


def test_checking_passwords_leaves_no_memory_behind() -> None:
    """Each thread's allocator keeps 19 MiB otherwise: 200 MB in a daemon of 60."""
    said = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)

    assert int(said.stdout) < 15_000
