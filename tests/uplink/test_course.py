"""Where to connect when the broker sends us on."""

import pytest

from edge_agent.uplink.course import Course
from edge_agent.uplink.reasons import MOVED, USE_ANOTHER, BrokerMoved, BrokerRefused, ended
from edge_agent.uplink.terms import Endpoint

HOME = Endpoint(host="mqtt.example", port=8883, client_id="gw-1", ca_file="ca.pem", username="u")


def _moved(reference: str, code: int = USE_ANOTHER) -> BrokerMoved:
    error = ended("mqtt.example:8883", code, said="use another server", reference=reference)
    assert isinstance(error, BrokerMoved)
    return error


def _course() -> Course:
    course = Course(HOME)
    course.begin()
    return course


@pytest.mark.parametrize(
    ("reference", "where"),
    [
        ("other.example", "other.example:8883"),
        ("other.example:1884", "other.example:1884"),
        ("192.0.2.7:1884 other.example", "192.0.2.7:1884"),
        ("[2001:db8::7]:1884", "2001:db8::7:1884"),
        ("[2001:db8::7]", "2001:db8::7:8883"),
    ],
)
def test_the_first_server_named_is_followed_and_only_name_and_port_change(reference: str, where: str) -> None:
    """Authority, certificate and TLS stay: a broker cannot send us to an impostor, or to a plain port."""
    course = _course()
    course.follow(_moved(reference))

    assert where == course.target.where
    assert ("ca.pem", True, "gw-1") == (course.target.ca_file, course.target.tls, course.target.client_id)


@pytest.mark.parametrize(
    "reference", ["mqtt.example", "mqtt.example:8883", " ", "a:b", "other.example:0", "a:99999", "[::"]
)
def test_what_is_no_other_server_is_refused(reference: str) -> None:
    with pytest.raises(BrokerRefused, match="no other server"):
        _course().follow(_moved(reference))


def test_a_second_server_in_one_attempt_is_refused() -> None:
    course = _course()
    course.follow(_moved("b.example"))
    with pytest.raises(BrokerRefused, match="second time"):
        course.follow(_moved("mqtt.example"))


def test_another_server_is_for_one_connection() -> None:
    course = _course()
    course.follow(_moved("b.example"))
    course.begin()

    assert HOME == course.target


def test_a_moved_server_is_for_this_run_as_long_as_it_takes_us() -> None:
    course = _course()
    course.follow(_moved("b.example", MOVED))
    course.begin()
    moved = course.target.host
    course.failed()
    course.begin()

    assert "b.example" == moved
    assert HOME == course.target


def test_a_server_named_at_the_end_of_a_connection_is_the_next() -> None:
    course = _course()
    course.begin(after=_moved("b.example"))

    assert "b.example" == course.target.host


def test_without_a_name_it_is_a_refusal() -> None:
    assert isinstance(ended("b", MOVED, said="moved"), BrokerRefused)
