"""Faces on their way between two sites of one prime contractor: for whom they are meant, whole, or not at all."""

import base64

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.gallery.merge import merged
from edge_agent.gallery.pack import MAGIC, PACK_MAX_B, BadPack, TooShort, header_of, pack, unpack
from edge_agent.gallery.record import Consent, Entry, Person, Template
from edge_agent.signing import SigningKey

TARO, HANAKO, JIRO = "11112222333344", "55556666777788", "99990000111122"
WORDS = "合言葉 for two sites"
SIGNER = SigningKey(b"s" * 32)
MODEL = "fb143eea0783/fp32-1/cf"


def person(worker, *looks, model=MODEL, agreed_at="2026-11-20"):
    templates = tuple(
        Template(wearing=wearing, vector=mark.encode() * 256, taken_at=at, by="x", frames=3, source="camera")
        for wearing, at, mark in looks or [("bare", "2026-11-20", "v")]
    )
    consents = (Consent(notice="1", at=agreed_at, by="x"),)
    return Person(worker=worker, face_id=b"f" * 16, model=model, templates=templates, consents=consents)


PACK = pack(
    [person(TARO), person(HANAKO)],
    seed=b"s" * 32,
    prime="prime-one",
    gateway="gw-1",
    made="2026-11-24",
    passphrase=WORDS,
    key=SIGNER,
)


def opened(content, **changed):
    return unpack(content, **{"prime": "prime-one", "signer": SIGNER.public, "passphrase": WORDS} | changed)


# ---------------------------------------------------------------- the file


def test_a_pack_is_opened_as_it_was_made():
    contents = opened(PACK)

    assert ([person(TARO), person(HANAKO)], b"s" * 32) == (list(contents.people), contents.seed)
    assert ("gw-1", 2, SIGNER.public) == (header_of(PACK).gateway, header_of(PACK).people, header_of(PACK).key)


def test_nobody_without_the_passphrase_reads_who_is_in_it():
    for secret in (TARO.encode(), MODEL.encode(), b"s" * 32, b"f" * 16, b"v" * 16):
        assert secret not in PACK


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"passphrase": "another long passphrase"}, "passphrase"),
        ({"prime": "kajima"}, "'kajima' only"),
        ({"signer": "0" * 64}, "ask the site"),
    ],
)
def test_a_pack_for_others_or_by_others_is_refused(changed, says):
    with pytest.raises(BadPack, match=says):
        opened(PACK, **changed)


def test_a_passphrase_that_can_be_guessed_is_refused():
    with pytest.raises(TooShort, match="12"):
        opened(PACK, passphrase=WORDS[:11])


def test_full_width_letters_are_the_same_passphrase():
    wide = "".join(chr(ord(each) + 0xFEE0) if each.isascii() and each.isalpha() else each for each in WORDS)

    assert wide != WORDS
    assert opened(PACK, passphrase=wide)


def test_another_header_needs_another_signature_and_another_seal():
    """A thief who signs a stolen pack with a key of his own still has no passphrase."""
    line, _, rest = PACK[len(MAGIC) :].partition(b"\n")
    header = msgspec.json.decode(line)
    header["key"] = SigningKey(b"t" * 32).public
    forged = MAGIC + msgspec.json.encode(header) + b"\n" + rest

    with pytest.raises(BadPack, match="signature"):
        header_of(forged)


@given(st.integers(0, len(PACK) - 1), st.integers(1, 255))
@settings(max_examples=150, deadline=None)
def test_every_changed_byte_is_refused(place, flip):
    with pytest.raises(BadPack):
        opened(PACK[:place] + bytes([PACK[place] ^ flip]) + PACK[place + 1 :])


@given(st.integers(0, len(PACK) - 1))
@settings(max_examples=60, deadline=None)
def test_a_pack_that_breaks_off_is_refused(length):
    with pytest.raises(BadPack):
        opened(PACK[:length])


@given(st.binary(max_size=300), st.booleans())
@settings(max_examples=150, deadline=None)
def test_anything_else_is_refused_in_plain_words(content, has_magic):
    with pytest.raises(BadPack, match="file"):
        opened((MAGIC if has_magic else b"") + content)


def test_what_is_too_large_is_not_even_looked_at():
    with pytest.raises(BadPack, match="larger"):
        opened(PACK + b"\0" * PACK_MAX_B)


# ---------------------------------------------------------------- who comes in


def test_the_newer_look_of_the_same_wearing_wins_and_others_join():
    own = person(TARO, ("bare", "2026-11-20", "a"), ("mask", "2026-11-20", "m"))
    theirs = person(TARO, ("bare", "2026-11-21", "b"), ("mask", "2026-11-19", "n"), ("helmet", "2026-11-01", "h"))
    came = merged([own], [theirs], here={TARO}, log=[])

    assert {("bare", "b"), ("mask", "m"), ("helmet", "h")} == {
        (each.wearing, chr(each.vector[0])) for each in came.people[0].templates
    }
    assert (TARO,) == came.taken


def test_taking_in_twice_changes_nothing():
    once = merged([], [person(TARO)], here={TARO}, log=[])
    twice = merged(once.people, [person(TARO)], here={TARO}, log=[])

    assert (once.people, (), 1) == (twice.people, twice.taken, twice.same)


def test_who_does_not_belong_here_is_left_out():
    came = merged([], [person(TARO), person(HANAKO)], here={HANAKO}, log=[])

    assert ((HANAKO,), 1) == (came.taken, came.not_here)


def test_another_model_is_left_out_and_counted():
    own = person(TARO, ("bare", "2026-11-20", "a"))
    came = merged([own], [person(HANAKO, model="old"), person(TARO, model="old")], here={TARO, HANAKO}, log=[])

    assert ((), 2, (own,)) == (came.taken, came.other_model, came.people)


@pytest.mark.parametrize(
    ("why", "at", "agreed_at", "comes"),
    [
        ("withdrawn", "2026-11-22", "2026-11-20", False),
        ("asked", "2026-11-22", "2026-11-20", False),
        ("asked", "2026-11-22", "2026-11-23", True),
        ("asked", "", "", False),
        ("roster", "2026-11-22", "2026-11-20", True),
    ],
)
def test_who_took_the_consent_back_does_not_return_by_an_older_pack(why, at, agreed_at, comes):
    log = [Entry(at=at, by="x", did="erased", workers=(TARO,), detail=why)]
    came = merged([], [person(TARO, agreed_at=agreed_at)], here={TARO}, log=log)

    assert comes == (came.taken == (TARO,))
    assert comes != bool(came.erased)


# ---------------------------------------------------------------- from box to box


def packed(box, **wish):
    [answer] = box.ask("face-pack", **{"passphrase": WORDS, "to": "gw-2"} | wish)
    return answer


def test_a_face_enrolled_at_one_site_is_known_at_the_other(box, other):
    box.enrol(TARO, b"one")
    box.enrol(JIRO, b"of nobody there")
    pack_of_box = packed(box)
    asked = {"pack": pack_of_box["pack"], "from_key": pack_of_box["key"], "passphrase": WORDS}
    answer = other.ask("face-unpack", **asked)[-1]

    assert (1, 1) == (answer["taken"], answer["not_here"])
    assert ["look_alike"] == other.enrol(HANAKO, b"one")["refused"]
    assert [TARO] == [worker for _, worker in other.credentials()]
    assert box.gallery.face_of(TARO) != other.gallery.face_of(TARO)
    assert "pack of gw-1" == other.gallery.person(TARO).templates[0].source
    assert "from gw-1" in other.gallery.entries(TARO)[-1].detail
    # And back: nothing newer comes.
    back = packed(other)
    told = box.ask("face-unpack", pack=back["pack"], from_key=back["key"], passphrase=WORDS)[-1]
    assert (0, 1) == (told["taken"], told["same"])


def test_a_pack_says_who_signed_it_before_anybody_believes_it(box, other):
    box.enrol(TARO, b"one")
    [told] = other.ask("face-unpack", pack=packed(box)["pack"])

    assert ("gw-1", "prime-one", 1) == (told["gateway"], told["prime"], told["people"])
    assert told["signed_by"] == box.ask("face-pack-key")[0]["key"]
    assert [] == other.gallery.people()


def test_nothing_is_taken_in_by_halves(box, other):
    box.enrol(TARO, b"one")
    box.enrol(HANAKO, b"two")
    pack_of_box = packed(box)
    object.__setattr__(other.once, "command", ("/bin/false",))

    asked = {"pack": pack_of_box["pack"], "from_key": pack_of_box["key"], "passphrase": WORDS}
    assert "models installed" in other.refused("face-unpack", **asked)
    assert ([], []) == (other.gallery.people(), other.credentials())


@pytest.mark.parametrize("content", ["", "!", base64.b64encode(b"x").decode(), 7, None])
def test_what_is_no_pack_is_refused(box, content):
    assert box.refused("face-unpack", pack=content, from_key="0" * 64, passphrase=WORDS)


def test_a_damaged_gallery_is_not_handed_on_as_if_it_were_whole(box):
    """Renewed or packed, whoever cannot be read would be lost without a word."""
    box.enrol(TARO, b"one")
    box.enrol(HANAKO, b"two")
    path = next(path for path in (box.folder / "gallery" / box.prime).iterdir() if len(path.name) == 32)
    path.write_bytes(b"damaged")
    box.gallery.reload()

    assert str(path) in box.refused("face-pack", passphrase=WORDS)
    assert str(path) in box.refused("face-renew")
