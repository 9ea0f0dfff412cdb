"""What a worker is told beside the answer: why, and what to do. Plain words, in the seven languages of the screen.

Not yet read by native speakers: the manual says so.
"""

from drivers.contract import HintKind
from edge_agent.core.reason import Reason
from edge_agent.words import Language
from edge_agent.words.answers import ScreenLanguage
from edge_agent.words.hints import HINTS

_ASK = (
    "かかりの人に きいて ください",
    "Please ask the staff",
    "Hãy hỏi người phụ trách",
    "Tanyakan kepada petugas",
    "请询问工作人员",
    "Magtanong sa kawani",
    "တာဝန်ရှိသူကို မေးပါ",
)
_NEW_CARD = (
    "この カードは つかえません。あたらしい カードを つかって ください",
    "This card is no longer valid: use the new one",
    "Thẻ này không còn dùng được: hãy dùng thẻ mới",
    "Kartu ini tidak berlaku lagi: pakai yang baru",
    "此卡已失效，请使用新卡",
    "Hindi na gumagana ang kard na ito: gamitin ang bago",
    "ဒီကတ်ကို သုံးလို့မရတော့ပါ၊ ကတ်အသစ်ကို သုံးပါ",
)
_NEW_BADGE = (
    "この QRは つかえません。あたらしい ものを もらって ください",
    "This badge is not valid: ask for a new one",
    "Mã QR này không hợp lệ: hãy xin mã mới",
    "QR ini tidak berlaku: minta yang baru",
    "此二维码无效，请领取新的",
    "Hindi balido ang badge na ito: humingi ng bago",
    "ဒီ QR ကို သုံးလို့မရပါ၊ အသစ်တောင်းပါ",
)
WORDS: dict[Reason, tuple[str, ...]] = {
    reason: _NEW_CARD
    if reason in {Reason.LOST, Reason.REPLACED}
    else _NEW_BADGE
    if reason in {Reason.NOT_GENUINE, Reason.EXPIRED, Reason.REVOKED, Reason.COPIED}
    else HINTS[HintKind.LOOK_HERE]
    if reason in {Reason.FACE_UNSEEN, Reason.FACE_UNSURE}
    else _ASK
    for reason in Reason
}
"""One text for each language, in the order of `ScreenLanguage`."""

OFFICE: dict[Reason, tuple[str, str]] = {
    Reason.UNKNOWN: ("nobody has said whose this is", "だれのものか登録されていない"),
    Reason.WITHHELD: ("the caller withheld the number", "非通知の電話"),
    Reason.COMPANION: ("shared by several workers: say whose it was", "複数の人が使う電話やカード。だれかを指定する"),
    Reason.PHONE: ("by telephone: wants approval", "電話による記録。承認が必要"),
    Reason.HAND: ("entered by hand: wants approval", "手入力。承認が必要"),
    Reason.LOST: ("reported lost", "紛失届のあるカード"),
    Reason.REPLACED: ("replaced by a newer one", "再発行前の古いもの"),
    Reason.NOT_GENUINE: ("not signed by us", "正規の署名がない"),
    Reason.EXPIRED: ("expired", "有効期限切れ"),
    Reason.REVOKED: ("revoked", "失効させたもの"),
    Reason.COPIED: ("at another gate a moment ago: perhaps a copy", "直前に別のゲートで使われた。複製の疑い"),
    Reason.FACE_DIFFERS: ("the camera saw somebody else", "カメラに別の人が写った"),
    Reason.FACE_UNSURE: ("the face could not be told", "顔を確かめられなかった"),
    Reason.FACE_UNSEEN: ("nobody looked into the camera", "カメラを見なかった"),
    Reason.FACE_NOT_ENROLLED: ("the face is not enrolled", "顔が未登録"),
    Reason.FACE_AWAY: ("the camera could not be used", "カメラが使えなかった"),
    Reason.NOT_YET_VALID: ("before the worker's first day", "入場許可期間の前"),
    Reason.NO_LONGER_VALID: ("after the worker's last day", "入場許可期間の後"),
    Reason.NO_CCUS: ("not registered in CCUS", "CCUS未登録の技能者"),
    Reason.NOT_INSURED: ("social insurance is missing", "社会保険が未加入"),
    Reason.COMPANY_UNREGISTERED: ("the company is not registered in CCUS", "CCUS未登録の事業者"),
    Reason.COMPANY_UNKNOWN: ("the company is not known", "所属事業者が不明"),
    Reason.OUTSIDE_FENCE: ("the box is outside the site", "箱が現場の範囲の外にある"),
    Reason.OUTSIDE_PERIOD: ("outside the site's period", "就業履歴蓄積期間の外"),
}
"""English and Japanese, for the office and the command line."""


def reason(why: Reason, language: ScreenLanguage) -> str:
    """Return what to tell a worker."""
    return WORDS[why][list(ScreenLanguage).index(language)]


def why(reason: str, language: Language) -> str:
    """Return the reason for the office; as it stands where it is of a later version."""
    en, ja = OFFICE[Reason(reason)] if reason in set(Reason) else (reason, reason)
    return ja if language is Language.JA else en
