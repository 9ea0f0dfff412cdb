"""Badges and the poster: texts that cannot be forged or spoilt unnoticed, and paper that a camera can read."""

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import cv2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.badge_keys import believed
from edge_agent.cli import main
from edge_agent.config.badge import Badge
from edge_agent.core import badge, site_sign
from edge_agent.core.badge import BadgeData, NotABadge
from edge_agent.core.signed_text import SignedText, key_id
from edge_agent.core.site_sign import NotASiteSign, SiteSign
from edge_agent.core.touch import Worker, WorkerId
from edge_agent.holders import Holder, NoHolders, chosen, from_list, from_spool
from edge_agent.issuing import issue, sign_site
from edge_agent.ledger.people import put_worker
from edge_agent.ledger.steps import LEDGER_STEPS
from edge_agent.paper import fonts
from edge_agent.paper.badge import CARD_MM, ON_A_SHEET, PrintedBadge, cards, in_fours, sheets
from edge_agent.paper.code import code
from edge_agent.paper.drawing import A4_MM, Page, Words
from edge_agent.paper.fitting import LINE_HEIGHT, estimated, fitted
from edge_agent.paper.fonts import NoFont
from edge_agent.paper.pdf import pdf
from edge_agent.paper.poster import Poster, poster
from edge_agent.paper.svg import svg
from edge_agent.signing import SigningKey, is_signed
from edge_agent.words.answers import ScreenLanguage
from edge_agent.words.poster import POSTER
from spool.journal import Journal

KEY = SigningKey(bytes(range(32)))
MADE_S = 1_795_400_000
TODAY = date(2026, 11, 23)
LONG_NAMES = (
    ("山田 太郎", "大和建設株式会社"),
    ("Nguyễn Thị Hương Giang Phương Anh", "株式会社東京都市開発総合設備工業ホールディングス・関東甲信越支社"),
    ("မောင်မောင်အောင်", "有限会社 鈴木組"),
    ("Maria Consolacion Dela Cruz-Villanueva de los Santos y Reyes", "International Construction Partners Limited"),
    ("", ""),
)

SERIALS = st.binary(min_size=8, max_size=8)
NUMBERS = st.text("0123456789", min_size=1, max_size=32)
OTHER_IDS = st.text(min_size=1, max_size=16).filter(lambda text: not text.encode(errors="replace").startswith(b"\x00"))


def utf8(text: str) -> bool:
    try:
        return 1 <= len(text.encode()) <= 60
    except UnicodeEncodeError:
        return False


DATA = st.builds(
    BadgeData,
    key_id=st.binary(min_size=4, max_size=4),
    serial=SERIALS,
    issued_s=st.integers(0, 2**32 - 1),
    last_day=st.dates(date(2020, 1, 1), date(2150, 1, 1)),
    worker=(NUMBERS | OTHER_IDS.filter(utf8)).map(WorkerId),
)


def made(worker: str = "12345678901234", **other: str) -> PrintedBadge:
    holder = Holder(
        worker=WorkerId(worker), name=other.get("name", "山田 太郎"), company=other.get("company", "大和建設")
    )
    return issue(
        holder, key=KEY, issued_s=MADE_S, today=TODAY, valid_days=365, site=other.get("site", "駅前ビル新築工事")
    )


def is_genuine(text: str) -> bool:
    try:
        _, found = badge.read(text)
    except NotABadge:
        return False
    return is_signed(found.signed, key=KEY.public, signature=found.signature.hex())


# ---------------------------------------------------------------- the text


@given(DATA, st.binary(min_size=64, max_size=64))
def test_what_is_written_is_read(data: BadgeData, signature: bytes) -> None:
    found, signed = badge.read(badge.written(data, signature))

    assert (data, badge.to_sign(data), signature) == (found, signed.signed, signature)
    assert signed.signature == signature


@given(st.text() | st.text("EAB1 23ABC=").map(lambda text: "EAB1" + text))
def test_any_text_is_a_badge_or_none(text: str) -> None:
    """A code from a drinks can, held to the camera, must not stop a gate."""
    try:
        data, _ = badge.read(text)
    except NotABadge:
        return
    assert data.worker


@given(st.binary(max_size=200))
def test_any_bytes_in_a_well_formed_text_are_a_badge_or_none(raw: bytes) -> None:
    try:
        text = SignedText(kind="EAB1", body=raw[:-64], signature=raw[-64:]).text
        data, found = badge.read(text)
    except NotABadge:
        return
    assert text == badge.written(data, found.signature)


@given(st.text() | st.text("EAS1 23ABC=").map(lambda text: "EAS1" + text))
def test_any_text_is_a_sites_sign_or_none(text: str) -> None:
    try:
        sign, _ = site_sign.read(text)
    except NotASiteSign:
        return
    assert sign.site


@pytest.mark.parametrize(
    "worker", [b"\x00\x00\x0d", b"\x00", b"\x00\x00", b"\x0112", b"\x02x", b"\x01\xff", b"\x00\x02"]
)
def test_an_id_in_another_form_than_ours_makes_no_badge(worker: bytes) -> None:
    """Each badge has one text: nobody gets a second out of it, and whoever signs by mistake is told."""
    body = bytes(18) + worker
    text = SignedText(kind="EAB1", body=body, signature=bytes.fromhex(KEY.sign(b"EAB1" + body))).text

    assert not is_genuine(text)


def test_a_code_has_its_quiet_zone() -> None:
    """Four squares of white on every side: without them a printed frame hides the code."""
    rows = code(made().text, x=0, y=0, side=40).rows

    edge = [*rows[:4], *rows[-4:], *(row[:4] + row[-4:] for row in rows)]
    assert 49 == len(rows)
    assert not any(any(row) for row in edge)


def test_a_badge_is_capitals_and_digits_and_fits_a_code_of_version_6() -> None:
    """41 squares a side: what makes a code readable from farther away is larger squares."""
    text = made().text

    assert 147 == len(text)
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567891")


def test_no_character_of_a_badge_can_be_changed() -> None:
    text = made().text
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

    assert is_genuine(text)
    for place in range(len(text)):
        others = [letter for letter in letters if letter != text[place]]
        assert not any(
            is_genuine(text[:place] + other + text[place + 1 :]) for other in others[:: 31 if place < 140 else 1]
        )


def test_no_byte_of_a_badge_can_be_changed() -> None:
    data, found = badge.read(made().text)
    content = found.body + found.signature

    for place in range(len(content)):
        spoilt = bytearray(content)
        spoilt[place] ^= 0x01
        text = replace(found, body=bytes(spoilt[:-64]), signature=bytes(spoilt[-64:])).text
        assert not is_genuine(text)
    assert data.worker == "12345678901234"


def test_a_badge_that_is_cut_off_or_doubled_is_none() -> None:
    text = made().text

    assert not any(is_genuine(text[:end]) for end in range(len(text)))
    assert not is_genuine(text + text)
    assert not is_genuine(text + "A")


@pytest.mark.parametrize("form", ["{lower}", "{swapped}", "{text}\r\n", " {text}\t"])
def test_a_scanner_that_types_does_not_spoil_it(form: str) -> None:
    """Caps lock on, or a carriage return behind: the same badge."""
    text = made().text

    assert is_genuine(form.format(text=text, lower=text.lower(), swapped=text.swapcase()))


def test_a_sites_sign_is_no_badge_whoever_signed_it() -> None:
    """Else whoever photographs the poster has a badge."""
    sign = sign_site("13-0042", key=KEY, issued_s=MADE_S)

    found, signed = site_sign.read(sign)
    assert SiteSign(key_id=key_id(KEY.public), issued_s=MADE_S, site="13-0042") == found
    assert is_signed(signed.signed, key=KEY.public, signature=signed.signature.hex())
    assert not badge.claims(sign.encode())
    assert not is_genuine("EAB1" + sign[4:])


@pytest.mark.parametrize("worker", ["", "x" * 65, "9" * 65])
def test_an_id_that_does_not_fit_is_told_before_anything_is_printed(worker: str) -> None:
    with pytest.raises(ValueError, match="id on a badge"):
        made(worker)


@pytest.mark.parametrize("worker", ["0", "0012", "A-0042", "社員-12", "12345678901234", "٣"])
def test_ids_of_every_kind_come_back_as_they_were(worker: str) -> None:
    """A number keeps its zeros; a digit that is not 0 to 9 is a text."""
    data, _ = badge.read(made(worker).text)

    assert worker == data.worker


def test_two_badges_of_one_worker_have_two_serials() -> None:
    assert made().serial != made().serial


# ---------------------------------------------------------------- the key


def test_the_own_key_is_believed_beside_those_named(tmp_path: Path) -> None:
    file = tmp_path / "badge.key"
    own = SigningKey.load(file)

    assert [KEY.public, own.public] == believed(Badge(key_file=str(file), keys=[KEY.public]))
    assert [] == believed(Badge())


# ---------------------------------------------------------------- fitting a text into its room


@given(st.text(max_size=80), st.integers(1, 3), st.floats(5, 80))
def test_a_text_always_fits_its_room(text: str, lines: int, width: float) -> None:
    words = Words(text=text, x=0, y=0, width=width, size=6, least=2, lines=lines)

    size, broken = fitted(words, estimated)
    assert 2 <= size <= 6
    assert len(broken) <= lines
    assert all(estimated(line, size) <= width or line == "…" for line in broken)


def test_a_text_that_fits_is_not_touched() -> None:
    assert (6, ["山田 太郎"]) == fitted(Words(text="山田 太郎", x=0, y=0, width=60, size=6, least=2), estimated)


def test_japanese_for_learners_is_broken_between_words() -> None:
    words = Words(text="はいるとき でるとき", x=0, y=0, width=40, size=6, least=5, lines=2, keeps_words=True)

    assert ["はいるとき", "でるとき"] == fitted(words, estimated)[1]


def test_numbers_are_read_in_fours() -> None:
    assert ("1234 5678 9012 34", "A-0042") == (in_fours("12345678901234"), in_fours("A-0042"))


# ---------------------------------------------------------------- paper


@pytest.fixture
def rasters(tmp_path: Path, require: Callable[[str | None], None]) -> Callable[[str, list[Page]], list[Path]]:
    """Return pages as pictures of 150 dots an inch, by way of SVG or PDF."""
    missing = {"rsvg-convert": "librsvg2-bin", "pdftoppm": "poppler-utils"}
    require(
        next(
            (f"{name}: apt-get install {package}" for name, package in missing.items() if not shutil.which(name)), None
        )
    )

    def draw(kind: str, pages: list[Page]) -> list[Path]:
        if kind == "pdf":
            (tmp_path / "out.pdf").write_bytes(pdf(pages, made_s=MADE_S))
            subprocess.run(["pdftoppm", "-r", "150", "-png", tmp_path / "out.pdf", tmp_path / "out"], check=True)
            return sorted(tmp_path.glob("out-*.png"))
        pictures = []
        for number, page in enumerate(pages):
            source, picture = tmp_path / f"{number}.svg", tmp_path / f"{number}.png"
            source.write_text(svg(page), encoding="utf-8")
            subprocess.run(["rsvg-convert", "-d", "150", "-p", "150", source, "-o", picture], check=True)
            pictures.append(picture)
        return pictures

    return draw


@pytest.fixture
def japanese(require: Callable[[str | None], None]) -> None:
    """Give up where the fonts are missing."""
    names = {font.name for font in fonts.found()} if fonts._first("japanese") else set()
    require(None if names == {"japanese", "latin", "myanmar"} else "apt-get install fonts-noto-cjk fonts-noto-core")


def seen_on(picture: Path, rooms: list[tuple[float, float, float, float]]) -> Iterator[str]:
    """Yield what a camera reads in each room of the page, given in mm."""
    page = cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE)
    dots = 150 / 25.4
    for x, y, width, height in rooms:
        part = page[round(y * dots) : round((y + height) * dots), round(x * dots) : round((x + width) * dots)]
        # Each of OpenCV's two detectors misses a good picture in fifty; a camera sees more than one.
        looks = (cv2.resize(part, None, fx=scale, fy=scale) for scale in (1, 0.8))
        tries = (
            eye.detectAndDecode(look)[0] for look in looks for eye in (cv2.QRCodeDetector(), cv2.QRCodeDetectorAruco())
        )
        yield next(filter(None, tries), "")


def rooms_of_a_sheet() -> list[tuple[float, float, float, float]]:
    width, height = CARD_MM
    left, top = (A4_MM[0] - 2 * width) / 2, (A4_MM[1] - 5 * height) / 2
    return [(left + width * (n % 2), top + height * (n // 2), width, height) for n in range(ON_A_SHEET)]


@pytest.mark.usefixtures("japanese")
@pytest.mark.parametrize("kind", ["svg", "pdf"])
def test_the_badges_of_sixty_workers_are_read_from_paper_one_by_one(kind: str, rasters) -> None:
    printed = [made(str(10**13 + 7 * n), name=LONG_NAMES[n % 5][0], company=LONG_NAMES[n % 5][1]) for n in range(60)]

    pictures = rasters(kind, sheets(printed))
    read = [text for picture in pictures for text in seen_on(picture, rooms_of_a_sheet())]
    assert 6 == len(pictures)
    assert [each.text for each in printed] == read


@pytest.mark.usefixtures("japanese")
@pytest.mark.parametrize("kind", ["svg", "pdf"])
def test_a_card_has_the_size_of_a_bank_card_and_is_read(kind: str, rasters) -> None:
    printed = made()

    [picture] = rasters(kind, cards([printed]))
    assert [printed.text] == list(seen_on(picture, [(0, 0, *CARD_MM)]))


def test_a_sheet_that_is_not_full_has_the_badges_there_are() -> None:
    assert [ON_A_SHEET, 1] == [svg(page).count("No. ") for page in sheets([made() for _ in range(ON_A_SHEET + 1)])]


@pytest.mark.parametrize(("name", "company"), LONG_NAMES)
def test_no_text_of_a_badge_leaves_its_card(name: str, company: str) -> None:
    [page] = cards([made(name=name, company=company, site="(仮称)駅前地区第一種市街地再開発事業 新築工事" * 3)])

    for words in (mark for mark in page.marks if isinstance(mark, Words)):
        size, lines = fitted(words, lambda text, size, words=words: estimated(text, size, is_bold=words.is_bold))
        assert words.x + words.width <= CARD_MM[0] - 2
        assert words.y + (len(lines) - 1) * LINE_HEIGHT * size <= CARD_MM[1] - 2


def test_names_cannot_break_the_drawing() -> None:
    [page] = cards([made(name='<&">\x00\x0b]]>\ud800', company="a & b")])

    assert "svg" in ET.fromstring(svg(page)).tag  # noqa: S314 - our own


def the_poster(**other: object) -> Page:
    sign = sign_site("13-0042", key=KEY, issued_s=MADE_S)
    settled = {
        "site": "駅前ビル新築工事",
        "site_id": "13-0042",
        "phone": "090-1234-5678",
        "sign": sign,
        "notices": ["担当 佐藤"],
    }
    return poster(Poster(**settled | other))


def texts(page: Page) -> list[str]:
    return [mark.text for mark in page.marks if isinstance(mark, Words)]


@pytest.mark.parametrize("language", ScreenLanguage)
def test_the_poster_says_everything_in_every_language(language: ScreenLanguage) -> None:
    column = list(ScreenLanguage).index(language)

    assert {part[column] for part in POSTER.values()} <= set(texts(the_poster()))


def test_the_poster_names_site_number_and_whom_to_ask() -> None:
    assert {"駅前ビル新築工事", "13-0042", "090-1234-5678", "担当 佐藤"} <= set(texts(the_poster()))


def test_without_a_number_nobody_is_told_to_ring() -> None:
    said = texts(the_poster(phone=""))

    assert not set(POSTER["phone"]) & set(said)
    assert ["1", "2", "3"] == [text for text in said if text.isdigit() and len(text) == 1]


def test_none_of_our_own_words_are_cut() -> None:
    ours = {text for part in POSTER.values() for text in part}

    for words in (mark for mark in the_poster().marks if isinstance(mark, Words) and mark.text in ours):
        assert "…" not in "".join(fitted(words, estimated)[1])


def test_no_two_lines_of_the_poster_lie_on_each_other() -> None:
    lines = []
    for words in (mark for mark in the_poster().marks if isinstance(mark, Words) and mark.size < 6):
        size, broken = fitted(words, lambda text, size, words=words: estimated(text, size, is_bold=words.is_bold))
        lines += [(words.x, words.y + n * LINE_HEIGHT * size, size) for n in range(len(broken))]

    for upper, lower in pairwise(sorted(lines)):
        assert upper[0] != lower[0] or lower[1] - upper[1] >= lower[2]


@pytest.mark.usefixtures("japanese")
@pytest.mark.parametrize("kind", ["svg", "pdf"])
@pytest.mark.parametrize("address", ["", "https://example.co.jp/genba?s="])
def test_the_code_of_the_poster_is_read(kind: str, address: str, rasters) -> None:
    sign = address + sign_site("13-0042", key=KEY, issued_s=MADE_S)

    [picture] = rasters(kind, [the_poster(sign=sign)])
    assert [sign] == list(seen_on(picture, [(140, 28, 68, 60)]))


def test_a_missing_font_is_told_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_CANDIDATES", {"japanese": ()})

    with pytest.raises(NoFont, match="apt-get install fonts-noto-cjk"):
        pdf([the_poster()], made_s=MADE_S)


@pytest.mark.usefixtures("japanese")
def test_a_character_no_font_has_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_CANDIDATES", {"japanese": fonts._CANDIDATES["japanese"]})

    with pytest.raises(NoFont, match="fonts-noto-core"):
        pdf([the_poster()], made_s=MADE_S)


# ---------------------------------------------------------------- whose


def csv_file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "people.csv"
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_people_come_from_a_spreadsheet(tmp_path: Path, encoding: str) -> None:
    path = csv_file(tmp_path, "技能者ID,氏名,会社名\n\uff11\uff12\uff13,山田 太郎,大和建設\n\n456,,\n", encoding)

    first, second = from_list(path)
    assert ("123", "山田 太郎", "大和建設") == (first.worker, first.name, first.company)
    assert ("456", "") == (second.worker, second.name)


@pytest.mark.parametrize("text", ["", "氏名\n山田\n", "id,name\n,山田\n"])
def test_a_spreadsheet_without_ids_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(NoHolders, match=r"id|empty|空"):
        from_list(csv_file(tmp_path, text))


def test_people_come_from_the_ledger_while_the_agent_runs(tmp_path: Path) -> None:
    with Journal(tmp_path / "spool.db", owner_steps={"ledger": LEDGER_STEPS}) as journal:
        journal.write(lambda tx: put_worker(tx, Worker(id=WorkerId("1"), name="山田", company="c-1"), origin="{}"))
        assert [Holder(worker=WorkerId("1"), name="山田", company="c-1", company_id="c-1")] == from_spool(
            tmp_path / "spool.db"
        )


def test_some_are_chosen() -> None:
    people = [Holder(worker=WorkerId(str(n)), name="", company=f"社{n % 2}", company_id=f"c{n % 2}") for n in range(4)]

    def ids(**wanted) -> list[str]:
        return [each.worker for each in chosen(people, **{"workers": [], "company": "", **wanted})]

    assert ["0", "1", "2", "3"] == ids()
    assert ["3", "0"] == ids(workers=["3", "0", "3"])
    assert ["1", "3"] == ids(company="c1") == ids(company="社1")
    with pytest.raises(NoHolders, match="9"):
        ids(workers=["1", "9"])
    with pytest.raises(NoHolders, match="nobody"):
        ids(company="x")


# ---------------------------------------------------------------- the command


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """A configuration that may print."""
    for name in ("card.key", "badge.key"):
        (tmp_path / name).write_bytes(bytes(range(32)))
        (tmp_path / name).chmod(0o600)
    (tmp_path / "config.toml").write_text(
        f'[agent]\ngateway = "gw-1"\ncard_key_file = "{tmp_path}/card.key"\n[site]\nid = "13-0042"\nname = "駅前ビル"\n'
        f'phone = "090-1234-5678"\n[badge]\nkey_file = "{tmp_path}/badge.key"\n'
        '[broker]\nhost = "localhost"\ntls = false\n[[reader]]\nname = "gate-1"\n',
        encoding="utf-8",
    )
    csv_file(tmp_path, "id,name\n" + "".join(f"{n},山田\n" for n in range(100, 112)))
    return tmp_path


def command(folder: Path, *words: str) -> int:
    return main(["badge", *words, "--config", str(folder / "config.toml"), "--today", "2026-11-23"])


def test_the_key_is_made_once_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "badge.key"
    codes = [main(["badge", "key", str(file)]) for _ in range(2)]

    first, second = capsys.readouterr().out.split()
    assert ([0, 0], SigningKey(file.read_bytes()).public) == (codes, first)
    assert first == second
    assert 0o600 == file.stat().st_mode & 0o777


def test_badges_of_twelve_make_two_drawings_and_a_list_of_serials(office: Path, capsys) -> None:
    code = command(
        office, "print", "--all", "--list", str(office / "people.csv"), "--output", str(office / "b.svg"), "--json"
    )

    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert 0 == code
    assert [str(n) for n in range(100, 112)] == [each["worker"] for each in told[:12]]
    assert {16} == {len(each["serial"]) for each in told[:12]}
    assert ["b-1.svg", "b-2.svg"] == [Path(each["file"]).name for each in told[12:]]
    assert (office / "b-2.svg").exists()


@pytest.mark.usefixtures("japanese")
def test_badge_and_poster_as_pdf(office: Path) -> None:
    codes = (
        command(
            office, "print", "--worker", "101", "--list", str(office / "people.csv"), "--output", str(office / "b.pdf")
        ),
        command(office, "poster", "--output", str(office / "p.pdf"), "--notice", "担当 佐藤"),
    )

    assert (0, 0) == codes
    assert all((office / name).read_bytes().startswith(b"%PDF") for name in ("b.pdf", "p.pdf"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["print", "--all", "--output", "b.txt"], ".pdf or .svg"),
        (["print", "--worker", "999", "--list", "people.csv", "--output", "b.svg"], "999"),
        (["print", "--all", "--output", "b.svg"], "did the agent ever run here|cannot be read"),
        (["poster", "--output", "p.svg", *["--notice", "x"] * 5], "4 notices"),
    ],
)
def test_what_cannot_be_printed_is_told(office: Path, monkeypatch, capsys, words: list[str], said: str) -> None:
    monkeypatch.chdir(office)

    assert 1 == command(office, *words)
    assert re.search(said, capsys.readouterr().err)


def test_no_badge_is_signed_by_a_clock_nobody_keeps(office: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr("edge_agent.clock.RTC", office / "none")
    monkeypatch.setattr("edge_agent.clock._adjtimex", lambda: (5, 0))
    words = ["print", "--all", "--list", str(office / "people.csv"), "--output", str(office / "b.svg")]

    assert 1 == main(["badge", *words, "--config", str(office / "config.toml")])
    assert "--today" in capsys.readouterr().err
    assert not (office / "b.svg").exists()


def test_a_box_without_the_key_prints_no_badges_but_a_poster(office: Path, capsys) -> None:
    config = office / "config.toml"
    config.write_text(without(config.read_text("utf-8"), 'key_file = "' + str(office / "badge.key")), encoding="utf-8")

    assert 1 == command(
        office, "print", "--all", "--list", str(office / "people.csv"), "--output", str(office / "b.svg")
    )
    assert "edge-agent badge key" in capsys.readouterr().err
    assert 0 == command(office, "poster", "--output", str(office / "p.svg"))
    assert "Site code" not in (office / "p.svg").read_text("utf-8")


def without(text: str, start: str) -> str:
    return "".join(f"{line}\n" for line in text.splitlines() if not line.startswith(start))


def test_a_key_that_is_no_key_is_wrong_use(office: Path, capsys) -> None:
    (office / "badge.key").write_bytes(b"short")

    assert 2 == command(office, "poster", "--output", str(office / "p.svg"))
    assert "badge.key" in capsys.readouterr().err


def test_a_public_key_with_a_typing_error_is_found_by_the_check(office: Path, capsys) -> None:
    config = office / "config.toml"
    config.write_text(
        config.read_text("utf-8").replace("[badge]\n", f'[badge]\nkeys = ["{KEY.public}", "abc"]\n'), "utf-8"
    )

    assert 2 == main(["config", "check", str(config)])
    assert "2" in capsys.readouterr().out
