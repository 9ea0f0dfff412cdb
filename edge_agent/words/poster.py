"""
What the site's poster says, in the seven languages of the gate.

Not yet read by native speakers: the manual says so.
"""

from typing import Literal

from edge_agent.words.answers import ScreenLanguage

Part = Literal["title", "card", "badge", "phone", "ask"]

POSTER: dict[Part, tuple[str, ...]] = {
    "title": (
        "はいるとき でるとき かならず きろくして ください",
        "Record it every time you enter and leave",
        "Hãy ghi nhận mỗi khi vào và ra",
        "Catat setiap kali masuk dan keluar",
        "每次入场和离场都请记录",
        "Magtala tuwing papasok at lalabas",
        "ဝင်တိုင်း ထွက်တိုင်း မှတ်တမ်းတင်ပါ",
    ),
    "card": (
        "カードを リーダーに タッチして ください",
        "Touch the reader with your card",
        "Chạm thẻ vào đầu đọc",
        "Tempelkan kartu ke pembaca",
        "请把卡放到读卡器上",
        "Itapik ang kard sa reader",
        "ကတ်ကို ကတ်ဖတ်စက်တွင် ထိပါ",
    ),
    "badge": (
        "QRの ふだを カメラに みせて ください",
        "Show your QR to the camera",
        "Đưa thẻ QR trước máy quay",
        "Tunjukkan kartu QR ke kamera",
        "请向摄像头出示二维码证",
        "Ipakita ang QR badge sa kamera",
        "QR ကတ်ကို ကင်မရာသို့ ပြပါ",
    ),
    "phone": (
        "カードが ない人は でんわを いちど ならして きって ください",
        "No card? Ring this number once",
        "Không có thẻ? Nháy máy số này",
        "Tanpa kartu? Misscall nomor ini",
        "没有卡？拨此号码响一声即挂断",
        "Walang kard? Mag-missed call dito",
        "ကတ်မရှိလျှင် ဒီနံပါတ်ကို တစ်ချက်ခေါ်ပါ",
    ),
    "ask": (
        "わからないときは かかりの人に きいて ください",
        "Any trouble? Ask the staff",
        "Có vấn đề? Hỏi người phụ trách",
        "Ada masalah? Tanya petugas",
        "有问题请询问工作人员",
        "May tanong? Lumapit sa kawani",
        "အခက်အခဲရှိလျှင် တာဝန်ရှိသူကို မေးပါ",
    ),
}
"""One text for each language, in the order of `ScreenLanguage`."""


def said(part: Part) -> list[tuple[ScreenLanguage, str]]:
    """Return the texts of this part with their languages, plain Japanese first."""
    return list(zip(ScreenLanguage, POSTER[part], strict=True))
