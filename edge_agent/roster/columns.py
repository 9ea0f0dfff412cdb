"""The columns of each sheet, one a line: the ledger's name, English and Japanese heads, values, meaning, other names.

Declares only: how a head is recognised stands in `fields`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from edge_agent.roster import choices, tokens, values
from edge_agent.roster.values import Kind
from edge_agent.words import Phrase

TABLES = ("companies", "workers", "credentials", "sites")
"""In the order in which they are taken in: a worker names a company, a credential a worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column."""

    name: str
    """As the ledger calls it; `own`, `card` and `phone` are none of the ledger's columns."""
    head: Phrase
    """Its proper name: what an export writes."""
    also: tuple[str, ...] = ()
    """Other names it is taken by."""
    kind: Kind
    table: str
    """Which table it tells of: a list of workers may tell of their companies too."""
    about: Phrase

    @property
    def calls(self) -> tuple[str, ...]:
        """Every name it is taken by."""
        return (self.head.en, self.head.ja, *self.also)


def _field(
    name: str, en: str, ja: str, kind: Kind, about: tuple[str, str], *also: str, table: str = "workers"
) -> Field:
    return Field(
        name=name,
        head=Phrase(en=en, ja=ja),
        also=also,
        kind=kind,
        table=table,
        about=Phrase(en=about[0], ja=about[1]),
    )


# fmt: off
_WORKER = (
    _field("ccus", "ccus_id", "技能者ID", values.DIGITS, ("the worker's number in CCUS", "CCUSの技能者の番号"), "技能者番号", "CCUS技能者ID"),
    _field("own", "own_number", "社員番号", values.NUMBER, ("your own number of a worker who has no 技能者ID", "技能者IDのない人の、自社の番号"), "従業員番号", "作業員番号", "employee_id"),
    _field("id", "id", "識別番号", values.NUMBER, ("the number events carry, where it is not the 技能者ID; exports write it", "イベントに載る番号が技能者IDでない場合のその番号。書き出しが書く"), "worker_id"),
    _field("name", "name", "氏名", values.TEXT, ("never leaves the box", "箱の外には出ない"), "名前", "作業員氏名", "技能者氏名", "full_name"),
    _field("kana", "kana", "ふりがな", values.KANA, ("reading of the name", "氏名の読み"), "フリガナ", "カナ", "氏名カナ", "氏名(カナ)", "よみ"),
    _field("job", "job", "職種", values.TEXT, ("trade", "職種"), "職種名", "trade", "occupation"),
    _field("level", "level", "レベル", choices.LEVEL, ("colour of the CCUS card", "CCUSカードの色"), "カード色", "能力評価", "card_colour", "card_color"),
    _field("kentaikyo", "kentaikyo", "被共済者番号", values.NUMBER, ("number in the kentaikyo scheme", "建退共の番号"), "建退共番号", "建退共手帳番号"),
    _field("is_insured", "insured", "社会保険", choices.TRUTH, ("social insurance", "社会保険に加入しているか"), "社会保険加入", "社保", "is_insured"),
    _field("language", "language", "言語", choices.LANGUAGE, ("what the gate's screen speaks to the worker", "入口の画面の言語"), "表示言語", "使用言語"),
    _field("valid_from", "valid_from", "入場開始日", values.DATE, ("first day on the site", "この現場の最初の日"), "開始日", "有効期間開始", "from"),
    _field("valid_to", "valid_to", "入場終了日", values.DATE, ("last day on the site", "この現場の最後の日"), "終了日", "有効期間終了", "until"),
)
_CREDENTIALS_OF_WORKER = (
    _field("card", "card", "カード", tokens.CARD, ("a card of the worker; two cards are two rows", "本人のカード。2枚なら2行にする"), "カード番号", "IDm", "UID", "card_number", table="credentials"),
    _field("phone", "phone", "電話", tokens.PHONE, ("the telephone the worker calls from; several may share one", "本人が発信する電話。何人かで共用してもよい"), "電話番号", "携帯", "携帯電話", "携帯番号", "TEL", "mobile", table="credentials"),
)
_COMPANY = (
    _field("id", "company_id", "会社番号", values.NUMBER, ("your own number of the company; without it: 事業者ID, else the name", "自社で付けた会社の番号。なければ事業者ID、それもなければ会社名"), "会社コード", "事業者番号", table="companies"),
    _field("ccus", "company_ccus_id", "事業者ID", values.DIGITS, ("the company's number in CCUS", "CCUSの事業者の番号"), "CCUS事業者ID", table="companies"),
    _field("name", "company_name", "会社名", values.TEXT, ("", ""), "会社", "所属会社", "所属会社名", "所属", "事業者名", "company", "employer", table="companies"),
    _field("tier", "tier", "次数", values.TIER, ("0 is the prime, 1 a first-tier subcontractor", "0が元請、1が一次下請"), "下請次数", table="companies"),
    _field("parent", "parent", "上位会社", values.TEXT, ("whom it works for: number, 事業者ID or name", "注文者の会社番号、事業者IDまたは会社名"), "注文者", "上位事業者", table="companies"),
    _field("is_sole", "sole_proprietor", "一人親方", choices.MARK, ("works alone", "一人親方か"), "is_sole", table="companies"),
    _field("is_registered", "company_registered", "事業者登録", choices.TRUTH, ("in CCUS, as somebody told the box", "CCUSに登録済みと伝えられているか"), "CCUS事業者登録", "is_registered", table="companies"),
    _field("kentaikyo", "company_kentaikyo", "共済契約者番号", values.NUMBER, ("number in the kentaikyo scheme", "建退共の契約者の番号"), "建退共契約者番号", table="companies"),
)
_SHORT = {"id": "id", "ccus": "ccus_id", "name": "name", "is_registered": "registered", "kentaikyo": "kentaikyo"}
"""In a list of companies alone nobody writes `company_` before every name."""
_OWNER = ("id", "ccus", "own")
_SITE = (
    _field("id", "site", "現場番号", values.NUMBER, ("as in the configuration; without it: 現場ID", "設定の id と同じ番号。なければ現場ID"), "id", "site_id", "現場コード", table="sites"),
    _field("ccus", "site_ccus_id", "現場ID", values.DIGITS, ("the site's number in CCUS; may come later", "CCUSの現場の番号。あとからでもよい"), "ccus_id", table="sites"),
    _field("name", "name", "現場名", values.TEXT, ("", ""), "工事名", "名称", "site_name", table="sites"),
    _field("valid_from", "valid_from", "開始日", values.DATE, ("first day of the 就業履歴蓄積期間", "就業履歴蓄積期間の最初の日"), "就業履歴蓄積期間開始", "就業履歴蓄積開始日", "工期開始", "着工日", "from", table="sites"),
    _field("valid_to", "valid_to", "終了日", values.DATE, ("its last day", "就業履歴蓄積期間の最後の日"), "就業履歴蓄積期間終了", "就業履歴蓄積終了日", "工期終了", "完成日", "until", table="sites"),
    _field("prime", "prime", "元請", values.TEXT, ("the prime contractor", "元請の会社"), "元請会社", "元請事業者", table="sites"),
    _field("contract_yen", "contract_yen", "契約額", values.YEN, ("", ""), "請負金額", "請負代金額", "契約金額", table="sites"),
    _field("place", "place", "所在地", values.TEXT, ("address or position", "住所または位置"), "場所", "住所", "address", table="sites"),
    _field("parent", "parent", "広域現場", values.NUMBER, ("the wide-area site it is part of", "この現場が属する広域現場"), "wide_area_site", table="sites"),
)
# fmt: on


def _alone(field: Field) -> Field:
    if field.name not in _SHORT:
        return field
    head = Phrase(en=_SHORT[field.name], ja=field.head.ja)
    return replace(field, head=head, also=(*field.also, field.head.en))


# fmt: off
SHEETS: Mapping[str, tuple[Field, ...]] = {
    "workers": (*_WORKER, *_CREDENTIALS_OF_WORKER, *_COMPANY),
    "credentials": (
        *(replace(field, table="credentials") for field in _WORKER if field.name in _OWNER),
        _field("kind", "kind", "種別", choices.SORT, ("without it: card", "なければカード"), table="credentials"),
        _field("number", "number", "番号", tokens.ANY, ("exports write its reference only", "書き出しは参照値だけを書く"), "カード", "カード番号", "card", "card_number", table="credentials"),
        _field("state", "state", "状態", choices.STATE, ("without it: as it was, else active", "なければ今のまま、新しいものは有効"), table="credentials"),
    ),
    "companies": tuple(_alone(field) for field in _COMPANY),
    "sites": _SITE,
}
"""Kind of sheet to its columns, in the order people would write them."""
# fmt: on

TITLES: Mapping[str, Phrase] = {
    "companies": Phrase(en="companies", ja="会社"),
    "workers": Phrase(en="workers", ja="作業員"),
    "credentials": Phrase(en="credentials", ja="カードと電話"),
    "sites": Phrase(en="sites", ja="現場"),
}
"""What the sheets of a workbook are called."""

NAMED_BY: Mapping[str, tuple[str, ...]] = {
    "workers": ("id", "ccus", "own"),
    "credentials": ("id", "ccus", "own"),
    "companies": ("id", "ccus", "name"),
    "sites": ("id", "ccus"),
}
"""The columns of which a row must fill at least one: they say of whom it tells."""
