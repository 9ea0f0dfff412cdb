"""Faces at the desk: consent first, reasons named, rights kept, ledger and gallery in step."""

import base64
import hashlib
import json
from threading import Event

import pytest

from drivers.contract import ReaderLost
from drivers.wire.lines import Captured
from edge_agent.core.credential import credential_ref
from edge_agent.core.people import Credential
from edge_agent.ledger import people

TARO, HANAKO, JIRO = "11112222333344", "55556666777788", "99990000111122"
CARD_KEY = b"k" * 32
VECTOR = bytes(range(256))
DAY_S = 86_400
WORDS = "long enough words"


class FakeCamera:
    """A camera that has its answer ready, unless it is held."""

    def __init__(self, answer, *, hold=None):
        self.answer, self.hold, self.asked = answer, hold, []

    def capture(self, wearing, within_s, own):
        self.asked.append((wearing, within_s, own))
        if self.hold:
            self.hold.wait(30)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


GOOD = Captured(number=1, model="fb143eea0783/fp32-1/cf", vector=VECTOR, frames=3)


def camera_enrols(box, **wish):
    return box.ask("face-enroll", **{"worker": TARO, "consent": "2", "reader": "cam-1"} | wish)


# ---------------------------------------------------------------- enrolled


def test_a_face_is_enrolled_at_a_camera_and_becomes_a_credential(box):
    box.cameras["cam-1"] = camera = FakeCamera(GOOD)
    *_, answer = camera_enrols(box, wearing="helmet", wait_s=20)

    assert {"enrolled": TARO, "kind": "face", "wearing": "helmet", "frames": 3, "templates": ["helmet"]} == answer
    face_id = box.gallery.face_of(TARO)
    assert [(credential_ref(CARD_KEY, face_id, "face"), TARO)] == box.credentials()
    assert [("helmet", 20, None)] == camera.asked
    person = box.gallery.person(TARO)
    assert ("2", "clerk", "camera cam-1") == (
        person.consents[0].notice,
        person.consents[0].by,
        person.templates[0].source,
    )


def test_a_further_look_may_be_like_ones_own(box):
    box.cameras["cam-1"] = camera = FakeCamera(GOOD)
    camera_enrols(box)
    camera_enrols(box, wearing="helmet", reader="")

    assert box.gallery.face_of(TARO) == camera.asked[1][2]
    assert 1 == len(box.credentials())


def test_what_was_in_the_way_is_told_and_nothing_is_kept(box):
    box.cameras["cam-1"] = FakeCamera(Captured(number=1, why=["small", "dark"]))

    assert [{"refused": ["small", "dark"]}] == camera_enrols(box)
    assert ([], []) == (box.gallery.people(), box.credentials())


def test_a_camera_that_is_away_is_said(box):
    box.cameras["cam-1"] = FakeCamera(ReaderLost("cam-1: unplugged"))

    assert "unplugged" in box.refused("face-enroll", worker=TARO, consent="2", reader="cam-1")
    assert "cam-1" in box.refused("face-enroll", worker=TARO, consent="2", reader="cam-9")


def test_only_one_enrols_at_a_time(box):
    hold = Event()
    box.cameras["cam-1"] = FakeCamera(GOOD, hold=hold)
    waiting = iter(box.handlers["face-enroll"]({"worker": TARO, "consent": "2"}))

    assert "waiting_s" in next(waiting)
    assert "somebody else" in box.refused("face-enroll", worker=HANAKO, consent="2")
    hold.set()
    assert TARO == list(waiting)[-1]["enrolled"]
    assert HANAKO == camera_enrols(box, worker=HANAKO)[-1]["enrolled"]


@pytest.mark.parametrize("consent", ["", "1", None])
def test_nobody_is_enrolled_without_consent_to_the_notice_of_now(box, consent):
    box.cameras["cam-1"] = camera = FakeCamera(GOOD)

    says = box.refused("face-enroll", worker=TARO, reader="cam-1", consent=consent)
    assert "notice version 2" in says
    assert "card" in says
    assert [] == camera.asked


def test_only_who_belongs_to_the_site_is_enrolled(box):
    box.hire(HANAKO, last="2026-11-23")

    assert "not in the roster" in box.refused("face-enroll", worker="nobody", consent="2", photos=[])
    assert "last day here was 2026-11-23" in box.refused("face-enroll", worker=HANAKO, consent="2", photos=[])


def test_who_may_not_edit_may_not_even_look(box):
    box.enrol(TARO, b"photo")
    box.is_editor = False

    for do in box.handlers:
        assert "may" in box.refused(do, worker=TARO, prime=box.prime)


# ---------------------------------------------------------------- from photos


def test_the_first_good_photo_is_taken_and_what_was_wrong_with_others_told(box):
    pictures = [base64.b64encode(each).decode() for each in (b"why:blurred,turned", b"good", b"crash")]
    first, last = box.ask("face-enroll", worker=TARO, consent="2", photos=pictures)

    assert {"photo": 1, "why": ["blurred", "turned"]} == first
    assert TARO == last["enrolled"]
    assert ("photo", 1) == (box.gallery.person(TARO).templates[0].source, box.gallery.person(TARO).templates[0].frames)


def test_a_photo_of_megabytes_reaches_the_program_whole(box):
    large = b"jpeg" * (1 << 20)

    assert TARO == box.enrol(TARO, large)["enrolled"]
    assert ["look_alike"] == box.enrol(HANAKO, large)["refused"]


def test_who_looks_like_somebody_enrolled_is_refused_and_not_told_like_whom(box):
    box.enrol(TARO, b"twin")
    answers = box.ask("face-enroll", worker=HANAKO, consent="2", photos=[base64.b64encode(b"twin").decode()] * 3)

    assert [{"photo": 1, "why": ["look_alike"]}, {"refused": ["look_alike"]}] == answers
    assert TARO not in json.dumps(answers)


def test_a_face_unlike_the_workers_own_is_not_slipped_in_beside_it(box):
    """Or a second look would be a way to let somebody else in under this worker's name."""
    box.enrol(TARO, b"face")
    before = box.gallery.person(TARO)

    assert ["unlike_own"] == box.enrol(TARO, b"unlike", wearing="helmet")["refused"]
    assert before == box.gallery.person(TARO)


@pytest.mark.parametrize("why", ["look_alike", "unlike_own"])
def test_at_a_camera_a_good_look_that_speaks_against_itself_is_not_kept(box, why):
    box.cameras["cam-1"] = FakeCamera(Captured(number=1, model="m", vector=VECTOR, frames=3, why=[why]))

    assert [{"refused": [why]}] == camera_enrols(box)
    assert [] == box.gallery.people()


@pytest.mark.parametrize(
    ("picture", "says"),
    [
        (b"crash", "SIGABRT"),
        (b"mute", "no model sface.onnx"),
        (b"broken", "its SHA-256 is another"),
        (b"babble", "killed"),
    ],
)
def test_a_program_that_fails_is_said_and_the_next_photo_works(box, picture, says):
    assert says in box.refused("face-enroll", worker=TARO, consent="2", photos=[base64.b64encode(picture).decode()])
    assert TARO == box.enrol(TARO, b"good")["enrolled"]


@pytest.mark.parametrize("photos", [[], ["!"], [""], [7], "x", ["eA=="] * 9, ["A" * (12 << 20)]])
def test_what_is_no_photo_is_refused(box, photos):
    assert "photos" in box.refused("face-enroll", worker=TARO, consent="2", photos=photos)


# ---------------------------------------------------------------- told, handed out


def test_who_has_tells_everything_but_the_numbers(box):
    box.enrol(TARO, b"bare")
    box.enrol(TARO, b"helmet", wearing="helmet")
    box.ask("face-pack", passphrase=WORDS, to="site B")
    [told] = box.ask("face-who-has", worker=TARO)

    assert (True, ["bare", "helmet"], "2") == (
        told["is_kept"],
        [each["wearing"] for each in told["looks"]],
        told["notice"],
    )
    assert ["enrolled", "enrolled", "packed"] == [each["did"] for each in told["log"]]
    assert "site B" == told["log"][-1]["detail"]
    assert "vector" not in json.dumps(told)


def test_who_has_of_nobody_says_so(box):
    assert [False] == [each["is_kept"] for each in box.ask("face-who-has", worker=HANAKO)]


def test_export_holds_everything_about_this_worker_and_nothing_of_others(box):
    box.enrol(TARO, b"one")
    box.enrol(HANAKO, b"two")
    box.ask("face-pack", passphrase=WORDS, to="site B")
    [told] = box.ask("face-export", worker=TARO)

    person = box.gallery.person(TARO)
    assert person.templates[0].vector == base64.b64decode(told["templates"][0]["vector"])
    assert person.face_id.hex() == told["face_id"]
    assert "no picture" in told["what"]
    assert HANAKO not in json.dumps(told)
    assert "exported" == told["log"][-1]["did"]


def test_list_names_everybody_and_what_is_wrong(box):
    box.enrol(TARO, b"one")
    *people_told, end = box.ask("face-list")

    assert ([TARO], 1, "", []) == (
        [each["worker"] for each in people_told],
        end["people"],
        end["trouble"],
        end["damaged"],
    )


# ---------------------------------------------------------------- erased: looked for in every byte


def traces(box, worker):
    """Return what of a worker's face must be found nowhere when it is erased."""
    person = box.gallery.person(worker)
    name = box.gallery._sealed._key.name(worker)
    sealed = (box.folder / "gallery" / box.prime / name).read_bytes()
    vector = person.templates[0].vector
    return [
        person.face_id,
        person.face_id.hex().encode(),
        base64.b64encode(person.face_id),
        vector,
        vector[:32],
        base64.b64encode(vector)[:64],
        looker_plain(b"face of taro")[:32],
        sealed,
        *(sealed[at : at + 32] for at in range(0, len(sealed) - 32, 32)),
        name.encode(),
    ]


def looker_plain(picture):
    return b"".join(hashlib.sha512(picture + bytes([number])).digest() for number in range(4))


def erase(box):
    box.ask("face-erase", worker=TARO)


def withdraw(box):
    box.ask("face-withdraw", worker=TARO)


def leave(box):
    box.hire(TARO, last="2026-11-23")
    box.register.tend()


def delete_all(box):
    box.ask("face-delete-all", prime=box.prime)


@pytest.mark.parametrize("how", [erase, withdraw, leave, delete_all])
def test_after_erasure_no_file_of_the_box_holds_a_byte_of_the_face(box, how):
    """Searched for in every file below the state folder: numbers, face id, and what was sealed, also in pieces."""
    box.enrol(HANAKO, b"face of hanako")
    box.enrol(TARO, b"face of taro")
    box.ask("face-export", worker=TARO)
    needles = traces(box, TARO)
    # The search can find: what is sealed now is there.
    assert any(needles[7] in content for content in box.files())
    how(box)

    found = [needle for needle in needles if box.holds(needle)]
    assert [] == found
    assert not any(needles[-1].decode() in str(path) for path in box.folder.rglob("*"))
    assert TARO not in [worker for _, worker in box.credentials()]
    assert (how is delete_all) != (HANAKO in [worker for _, worker in box.credentials()])
    box.open()
    assert box.gallery.person(TARO) is None


def test_that_somebody_was_erased_and_why_is_kept_without_a_face(box):
    box.enrol(TARO, b"one")
    withdraw(box)
    [told] = box.ask("face-who-has", worker=TARO)

    assert [("enrolled", "photo"), ("erased", "withdrawn")] == [(each["did"], each["detail"]) for each in told["log"]]
    assert "no face" in box.refused("face-withdraw", worker=TARO)


def test_no_picture_is_ever_on_the_disk(box):
    picture = b"\xff\xd8JFIF a picture nobody keeps" * 1000
    box.enrol(TARO, picture)

    assert not box.holds(b"a picture nobody keeps")
    assert not box.holds(base64.b64encode(picture)[:64])
    assert not list(box.folder.rglob("*.jp*g"))


def test_all_is_erased_only_for_who_types_the_name(box):
    box.enrol(TARO, b"one")

    assert "type 'prime-one'" in box.refused("face-delete-all", prime="")
    assert box.gallery.person(TARO)
    seed = box.gallery.seed()
    assert [{"erased": 1, "prime": "prime-one"}] == box.ask("face-delete-all", prime="prime-one")
    assert seed != box.gallery.seed()


# ---------------------------------------------------------------- in step with roster and ledger


def test_who_leaves_the_roster_is_erased_and_who_stays_is_not(box):
    box.enrol(TARO, b"one")
    box.enrol(HANAKO, b"two")
    box.hire(TARO, last="2026-11-23")
    box.hire(HANAKO, last="2026-11-24")
    version = box.gallery.version()
    box.register.tend()

    assert ([HANAKO], [HANAKO]) == (
        [each.worker for each in box.gallery.people()],
        [worker for _, worker in box.credentials()],
    )
    assert "roster" == box.gallery.entries(TARO)[-1].detail
    assert version < box.gallery.version()
    box.clock.advance(DAY_S)
    box.register.tend()
    assert [] == box.gallery.people()


def test_erasure_does_not_wait_for_the_spool(box):
    """The face goes at once; its credential, which nobody can show any more, when the spool is back."""
    box.enrol(TARO, b"one")
    box.door.is_shut = True
    assert "renewed" in box.refused("face-erase", worker=TARO)
    assert (None, 1) == (box.gallery.person(TARO), len(box.credentials()))

    box.door.is_shut = False
    box.register.tend()
    assert [] == box.credentials()


def test_a_face_enrolled_while_the_spool_was_away_gets_its_credential(box):
    box.door.is_shut = True
    assert TARO == box.enrol(TARO, b"one")["enrolled"]
    box.register.tend()
    assert [] == box.credentials()

    box.door.is_shut = False
    box.register.tend()
    assert [TARO] == [worker for _, worker in box.credentials()]


def test_tending_blocks_no_lost_face_and_takes_other_credentials_from_nobody(box):
    box.enrol(TARO, b"one")
    [(ref, _)] = box.credentials()
    box.journal.write(lambda tx: people.set_state(tx, TARO, "face", was="active", state="lost", origin="{}"))
    box.journal.write(lambda tx: people.bind(tx, Credential(ref="hmac:card", worker=TARO), origin="{}"))
    box.register.tend()

    held = box.journal.write(lambda tx: people.holders(tx, ref))
    assert ["lost"] == [each.state for each in held]
    assert 1 == len(box.journal.write(lambda tx: people.holders(tx, "hmac:card")))


def test_with_a_lost_key_nobody_loses_their_credential(box):
    box.enrol(TARO, b"one")
    box.key = b"x" * 32
    box.open()
    box.register.tend()

    assert 1 == len(box.credentials())


def test_with_a_damaged_file_nobody_loses_their_credential(box):
    """It may be mended: restored from a copy, it is the same face."""
    box.enrol(TARO, b"one")
    path = next(path for path in (box.folder / "gallery" / box.prime).iterdir() if len(path.name) == 32)
    path.write_bytes(b"damaged")
    box.gallery.reload()
    box.register.tend()

    assert [TARO] == [worker for _, worker in box.credentials()]


def test_a_new_spool_with_an_empty_roster_erases_nobody(box):
    box.enrol(TARO, b"one")
    box.journal.write(lambda tx: tx.execute("DELETE FROM worker"))
    box.clock.advance(30 * DAY_S)
    box.register.tend()

    assert box.gallery.person(TARO)


# ---------------------------------------------------------------- renewed


def test_renewal_turns_every_face_and_makes_what_was_stolen_worthless(box):
    box.enrol(TARO, b"one")
    box.enrol(HANAKO, b"two")
    before = {each.worker: each for each in box.gallery.people()}
    seed = box.gallery.seed()

    assert [{"turning": 2}, {"renewed": 2}] == box.ask("face-renew")
    box.open()
    assert seed != box.gallery.seed()
    for each in box.gallery.people():
        old = before[each.worker]
        assert old.face_id == each.face_id
        assert old.templates[0].vector != each.templates[0].vector
        assert not box.holds(old.templates[0].vector)
    # Still the same face: who shows it again is recognised by the program.
    assert ["look_alike"] == box.enrol(JIRO, b"one")["refused"]
    assert 2 == len(box.credentials())


def test_a_renewal_that_fails_changes_nothing(box):
    box.enrol(TARO, b"one")
    before, seed = box.gallery.people(), box.gallery.seed()
    object.__setattr__(box.once, "command", ("/bin/false",))

    assert "models installed" in box.refused("face-renew")
    box.open()
    assert (before, seed) == (box.gallery.people(), box.gallery.seed())
