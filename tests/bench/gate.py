"""Card put down to green lamp: the real daemon behind the real pcscd, seen from the card."""

import time

from measure import Figure, box, percentile

from hardware_fakes import pcscd
from hardware_fakes.card import Card
from hardware_fakes.lab import Gate, answers

TOUCHES = 300
NAME = "card put down -> green lamp through the real pcscd"


def measure() -> list[Figure]:
    missing = pcscd.available()
    if missing:
        return [Figure(name=NAME, value=None, unit="ms", goal="p99 <= 20", note=missing)]
    with box() as lab:
        taken_ms = [_touch(lab.gates[number % 4], number) * 1e3 for number in range(TOUCHES)]
    p99 = percentile(taken_ms, 0.99)
    return [
        Figure(name=f"{NAME}: p50", value=percentile(taken_ms, 0.5), unit="ms"),
        Figure(name=f"{NAME}: p99", value=p99, unit="ms", goal="<= 20", is_met=p99 <= 20),
    ]


def _touch(gate: Gate, number: int) -> float:
    before = len(answers(gate.slot))
    began = time.perf_counter()
    gate.slot.insert(Card.felica(number.to_bytes(8, "big")))
    gate.slot.wait_until(lambda slot: len(answers(slot)) > before)
    took = time.perf_counter() - began
    gate.slot.remove()
    time.sleep(0.02)
    return took
