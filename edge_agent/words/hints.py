"""What the screen by a camera asks of a worker. Plain words, in the seven languages of the screen.

Not yet read by native speakers: the manual says so.
"""

from drivers.contract import HintKind
from edge_agent.words.answers import ScreenLanguage

HINTS: dict[HintKind, tuple[str, ...]] = {
    HintKind.SHOW_CARD: (
        "カードを タッチ してください",
        "Please touch your card",
        "Hãy chạm thẻ",
        "Tempelkan kartu Anda",
        "请刷卡",
        "I-tap ang iyong kard",
        "ကတ်ကို ထိပေးပါ",
    ),
    HintKind.COME_CLOSER: (
        "もっと ちかくに きて ください",
        "Please come closer",
        "Hãy lại gần hơn",
        "Mendekatlah",
        "请靠近一点",
        "Lumapit po",
        "ပိုနီးအောင် လာပါ",
    ),
    HintKind.HOLD_STILL: (
        "すこし とまって ください",
        "Please hold still",
        "Hãy đứng yên",
        "Diam sebentar",
        "请站稳",
        "Huwag gumalaw",
        "ခဏ ငြိမ်ငြိမ်နေပါ",
    ),
    HintKind.LOOK_HERE: (
        "カメラを みて ください",
        "Please look into the camera",
        "Hãy nhìn vào camera",
        "Lihat ke kamera",
        "请看镜头",
        "Tumingin sa kamera",
        "ကင်မရာကို ကြည့်ပါ",
    ),
    HintKind.ONE_AT_A_TIME: (
        "ひとりずつ おねがいします",
        "One at a time, please",
        "Từng người một",
        "Satu per satu",
        "请一个一个来",
        "Isa-isa lang po",
        "တစ်ယောက်ချင်း ဝင်ပါ",
    ),
    HintKind.UNCOVER: (
        "マスクや サングラスを とって ください",
        "Please take off mask and sunglasses",
        "Hãy tháo khẩu trang và kính râm",
        "Lepas masker dan kacamata hitam",
        "请摘下口罩和墨镜",
        "Alisin ang mask at salamin",
        "မျက်နှာဖုံးနဲ့ နေကာမျက်မှန် ဖြုတ်ပါ",
    ),
    HintKind.MORE_LIGHT: (
        "くらくて みえません。カードを つかって ください",
        "Too dark: please use your card",
        "Quá tối: hãy dùng thẻ",
        "Terlalu gelap: pakai kartu",
        "太暗，请刷卡",
        "Masyadong madilim: gamitin ang kard",
        "မှောင်လွန်းပါတယ်၊ ကတ်ကို သုံးပါ",
    ),
    HintKind.TURN_LEFT: (
        "かおを ひだりに むけて ください",
        "Turn your head to the left",
        "Quay đầu sang trái",
        "Palingkan kepala ke kiri",
        "请向左转头",
        "Lumingon sa kaliwa",
        "ခေါင်းကို ဘယ်ဘက်လှည့်ပါ",
    ),
    HintKind.TURN_RIGHT: (
        "かおを みぎに むけて ください",
        "Turn your head to the right",
        "Quay đầu sang phải",
        "Palingkan kepala ke kanan",
        "请向右转头",
        "Lumingon sa kanan",
        "ခေါင်းကို ညာဘက်လှည့်ပါ",
    ),
}
"""One text for each language, in the order of `ScreenLanguage`."""

_COLUMN = {language: place for place, language in enumerate(ScreenLanguage)}


def hint(kind: HintKind, language: ScreenLanguage) -> str:
    """Return the words for this hint."""
    return HINTS[kind][_COLUMN[language]]
