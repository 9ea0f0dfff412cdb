"""While nobody is there, few pictures are searched; whoever comes wakes it up."""

import numpy as np

from models.doze import AWAKE, EVERY, Dozing
from models.face import Face

PICTURE = np.zeros((4, 4, 3), dtype=np.uint8)
FACE = Face(left=0, top=0, width=1, height=1, score=1, points=np.zeros((5, 2), dtype=np.float32))


class Sight:
    identity = "pretend"

    def __init__(self) -> None:
        self.searched = 0
        self.faces: list[Face] = []

    def find(self, picture: np.ndarray) -> list[Face]:
        del picture
        self.searched += 1
        return self.faces


def test_every_picture_is_searched_while_somebody_is_there_and_one_of_three_after() -> None:
    sight = Sight()
    dozing = Dozing(sight)
    sight.faces = [FACE]
    found = [dozing.find(PICTURE) for _ in range(100)]
    sight.faces = []
    for _ in range(AWAKE + 30 * EVERY):
        dozing.find(PICTURE)

    assert [[FACE]] * 100 == found
    assert 100 + AWAKE + 30 == sight.searched


def test_who_comes_is_found_within_three_pictures_and_in_each_from_then_on() -> None:
    sight = Sight()
    dozing = Dozing(sight)
    for _ in range(10 * AWAKE):
        dozing.find(PICTURE)
    sight.faces = [FACE]
    first = next(number for number in range(1, 10) if dozing.find(PICTURE))

    assert first <= EVERY
    assert all(dozing.find(PICTURE) for _ in range(10))
