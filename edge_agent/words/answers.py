"""
What the gate tells the worker, in the seven languages of its screen.

Not yet read by native speakers: the manual says so.
"""

import enum

from drivers.contract import AnswerKind


class ScreenLanguage(enum.StrEnum):
    """What a worker may read, in the order in which an idle screen cycles."""

    JA = "ja"
    """やさしい日本語: plain words, no kanji a newcomer would not know."""
    EN = "en"
    VI = "vi"
    ID = "id"
    ZH = "zh"
    FIL = "fil"
    MY = "my"


def answer(kind: AnswerKind, language: ScreenLanguage) -> str:
    """Return the words for this answer."""
    return ANSWERS[kind][_COLUMN[language]]


_COLUMN = {language: place for place, language in enumerate(ScreenLanguage)}

ANSWERS: dict[AnswerKind, tuple[str, ...]] = {
    AnswerKind.ENTERED: (
        "はいりました",
        "Entered",
        "Đã vào",
        "Sudah masuk",
        "已入场",
        "Nakapasok na",
        "ဝင်ပြီးပါပြီ",
    ),
    AnswerKind.LEFT: (
        "でました",
        "Left",
        "Đã ra",
        "Sudah keluar",
        "已离场",
        "Nakalabas na",
        "ထွက်ပြီးပါပြီ",
    ),
    AnswerKind.TAPPED: (
        "きろくしました",
        "Recorded",
        "Đã ghi nhận",
        "Tercatat",
        "已记录",
        "Naitala",
        "မှတ်တမ်းတင်ပြီးပါပြီ",
    ),
    AnswerKind.ALREADY: (
        "もう きろくしました",
        "Already recorded",
        "Đã ghi nhận rồi",
        "Sudah tercatat",
        "已记录过",
        "Naitala na",
        "မှတ်တမ်းတင်ပြီးသားပါ",
    ),
    AnswerKind.PENDING: (
        "きろくしました。あとで かくにんします",
        "Recorded, to be confirmed",
        "Đã ghi, sẽ xác nhận sau",
        "Tercatat, akan dikonfirmasi",
        "已记录，待确认",
        "Naitala, kukumpirmahin pa",
        "မှတ်တမ်းတင်ပြီး၊ နောက်မှ အတည်ပြုပါမည်",
    ),
    AnswerKind.REFUSED: (
        "きろくできません",
        "Cannot record",
        "Không thể ghi nhận",
        "Tidak bisa dicatat",
        "无法记录",
        "Hindi maitala",
        "မှတ်တမ်းမတင်နိုင်ပါ",
    ),
    AnswerKind.NOT_SAVED: (
        "もういちど タッチして ください",
        "Please touch again",
        "Vui lòng chạm lại",
        "Silakan tempel lagi",
        "请再刷一次",
        "Pakitapik muli",
        "ထပ်ထိပါ",
    ),
    AnswerKind.ENROLLED: (
        "とうろくしました",
        "Registered",
        "Đã đăng ký",
        "Terdaftar",
        "已登记",
        "Nairehistro na",
        "မှတ်ပုံတင်ပြီးပါပြီ",
    ),
}
"""One text for each language, in the order of `ScreenLanguage`."""
