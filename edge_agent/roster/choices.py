"""Values that are one of a few words: yes and no, colours, languages, kinds and states. Knows no column."""

from collections.abc import Mapping

from edge_agent.roster.mistakes import Wrong
from edge_agent.roster.values import Kind, Value, narrow
from edge_agent.words import Language, Phrase
from edge_agent.words.sentences import phrase


def _words(words: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {narrow(word): value for value, spellings in words.items() for word in (value, *spellings)}


def choice(words: Mapping[str, tuple[str, ...]], *, about: Phrase) -> Kind:
    """Return the kind that is one of these: value to its other spellings, the first of them the Japanese one."""
    known = _words(words)
    japanese = {value: (*spellings, value)[0] for value, spellings in words.items()}

    def read(cell: str) -> Value:
        if (value := known.get(narrow(cell))) is None:
            raise Wrong(phrase("roster.choice", choices=", ".join(words)))
        return value

    def write(value: Value, language: Language) -> str:
        text = "" if value is None else str(value)
        return japanese.get(text, text) if language is Language.JA else text

    return Kind(read=read, write=write, holds=lambda value: value in words, about=about)


_YES = (
    "yes",
    "有",
    "○",
    "◯",
    "〇",
    "あり",
    "有り",
    "済",
    "済み",
    "はい",
    "加入",
    "登録",
    "登録済",
    "true",
    "y",
    "1",
    "on",
)
_NO = ("no", "無", "×", "✕", "☓", "x", "なし", "無し", "未", "いいえ", "未加入", "未登録", "false", "n", "0", "off")
_TRUTHS = {narrow(word): word in _YES for word in (*_YES, *_NO)}


def _truth(cell: str) -> Value:
    if (value := _TRUTHS.get(narrow(cell))) is None:
        raise Wrong(phrase("roster.truth"))
    return value


def _write_truth(value: Value, language: Language) -> str:
    if value is None:
        return ""
    words = _YES if value else _NO
    return words[language is Language.JA]


def _truth_kind(default: Value) -> Kind:
    return Kind(
        read=_truth,
        write=_write_truth,
        holds=lambda value: isinstance(value, bool),
        default=default,
        about=Phrase(
            en="`yes`, `有`, `○`, `済`; `no`, `無`, `×`, `未`", ja="`有`、`○`、`済`、`yes`。`無`、`×`、`未`、`no`"
        ),
    )


TRUTH = _truth_kind(None)
"""Or not known."""
MARK = _truth_kind(False)  # noqa: FBT003 - the value it stands for
"""Not said is no."""
LEVEL = choice(
    {
        "white": ("白", "1", "レベル1", "level1", "l1", "初級"),
        "blue": ("青", "2", "レベル2", "level2", "l2", "中堅"),
        "silver": ("銀", "3", "レベル3", "level3", "l3", "シルバー"),
        "gold": ("金", "4", "レベル4", "level4", "l4", "ゴールド"),
    },
    about=Phrase(
        en="`white` `白` `1`, `blue` `青` `2`, `silver` `銀` `3`, `gold` `金` `4`",
        ja="`白` `1`、`青` `2`、`銀` `3`、`金` `4`",
    ),
)
LANGUAGE = choice(
    {
        "ja": ("日本語", "japanese", "jp"),
        "en": ("英語", "english"),
        "vi": ("ベトナム語", "vietnamese", "vn"),
        "id": ("インドネシア語", "indonesian"),
        "zh": ("中国語", "chinese", "cn"),
        "fil": ("フィリピン語", "タガログ語", "filipino", "tl"),
        "my": ("ミャンマー語", "ビルマ語", "burmese"),
    },
    about=Phrase(
        en="`ja` `en` `vi` `id` `zh` `fil` `my`, or `ベトナム語` ...",
        ja="`日本語`、`ベトナム語` …、`ja` `en` `vi` `id` `zh` `fil` `my`",
    ),
)
SORT = choice(
    {
        "card": ("カード", "icカード"),
        "phone": ("電話", "電話番号", "携帯", "携帯電話"),
        "qr": ("qrコード",),
        "face": ("顔",),
    },
    about=Phrase(en="`card`, `phone`, `qr`, `face`", ja="`カード`、`電話`、`qrコード`、`顔`"),
)
STATE = choice(
    {
        "active": ("有効", "使用中"),
        "lost": ("紛失",),
        "replaced": ("交換済", "交換済み", "再発行済", "無効"),
    },
    about=Phrase(en="`active`, `lost`, `replaced`", ja="`有効`、`紛失`、`交換済`"),
)
