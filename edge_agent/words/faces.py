"""Why a look at a face was not good enough to enrol, and what to do. Says nothing of whom a face is like."""

from edge_agent.words import Language, Phrase

REFUSALS: dict[str, Phrase] = {
    "no_face": Phrase(
        en="no face was seen; look straight into the camera", ja="顔が見つかりません。カメラを正面から見てください"
    ),
    "several_faces": Phrase(
        en="more than one face; one person alone, please", ja="複数の顔が写っています。一人で写ってください"
    ),
    "small": Phrase(en="the face is too small; come closer", ja="顔が小さすぎます。カメラに近づいてください"),
    "blurred": Phrase(
        en="the picture is blurred; hold still, and wipe the lens",
        ja="ぼけています。動かないでください。レンズも拭いてください",
    ),
    "dark": Phrase(en="too dark; more light on the face", ja="暗すぎます。顔に光を当ててください"),
    "bright": Phrase(
        en="too bright; no sun or lamp straight on the face", ja="明るすぎます。強い日光や照明を避けてください"
    ),
    "turned": Phrase(en="the head is turned; look straight ahead", ja="横を向いています。正面を向いてください"),
    "tilted": Phrase(en="the head is tilted; hold it upright", ja="傾いています。頭をまっすぐにしてください"),
    "covered": Phrase(
        en="the face is covered; take off mask and sunglasses, push up the helmet's brim",
        ja="顔が隠れています。マスクとサングラスを外し、ヘルメットのつばを上げてください",
    ),
    "cut_off": Phrase(
        en="the face is cut off at the edge; step into the middle", ja="顔が端で切れています。中央に立ってください"
    ),
    "unsure_face": Phrase(
        en="it cannot be told for certain that this is a face; better light, look straight ahead",
        ja="顔とはっきり分かりません。明るい場所で正面を向いてください",
    ),
    "disagree": Phrase(
        en="the looks do not agree with each other; one person alone, hold still, begin again",
        ja="撮るたびに違う結果になりました。一人で、動かずに、やり直してください",
    ),
    "look_alike": Phrase(
        en="this face cannot be told surely from another one enrolled here; card required: enrol no face for them",
        ja="登録済みの顔と確実に区別できません。この人は顔ではなくカードを使ってください",
    ),
    "model": Phrase(
        en="enrolled earlier by another model; enrol bare-headed anew first",
        ja="以前の登録は別のモデルです。先に素顔で登録し直してください",
    ),
    "away": Phrase(
        en="the camera or its models cannot be used now; see edge-agent status",
        ja="カメラかモデルがいま使えません。edge-agent status を見てください",
    ),
    "time": Phrase(
        en="no look was good enough in time; begin again", ja="時間内に良い画像が撮れません。やり直してください"
    ),
}
"""What the program that looks at faces may say was in the way."""


def refusal(why: str, language: Language) -> str:
    """Return the reason in this language; one that a later version has found, as it is written."""
    return REFUSALS[why].text(language) if why in REFUSALS else why
