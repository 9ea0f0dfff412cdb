"""Render the declarations for people: config.example.toml and the manual's page. Reads and writes no file."""

from collections.abc import Iterator

from edge_agent.config.declare import Declared, Table, tables
from edge_agent.config.settings import AgentConfig, ReceiverConfig
from edge_agent.config.toml import written
from edge_agent.words import Language, Phrase

_HEAD = """\
# {program}
# A setting with # before it shows its default. Check this file: edge-agent config check
# 先頭が # の設定は既定値。確認: edge-agent config check
# Secrets come from files: a path, or credential:NAME for what systemd hands over (LoadCredential=).
# 秘密は別のファイルに置く。パスか、systemdが渡すもの (LoadCredential=) は credential:名前。
"""


def example(config: type = AgentConfig) -> str:
    """Return an example file: required settings filled, all others commented out at their defaults."""
    head = _HEAD.format(program=(config.__doc__ or "").strip().partition("\n")[0])
    return head + "".join(f"\n{_table(table)}" for table in tables(config))


def _table(table: Table) -> str:
    # Rule: what may be left out is commented out as a whole.
    is_optional = table.is_array and not table.least
    lines = [f"# {table.text.en}", f"# {table.text.ja}", f"{'# ' if is_optional else ''}{table.header}"]
    for declared in table.settings:
        lines += [f"# {declared.about.en}", f"# {declared.about.ja}"]
        lines += [f"# {allowed}" for allowed in [_allowed(declared)] if allowed]
        value = declared.about.example if declared.is_required else declared.default
        is_shown = declared.is_required and not is_optional
        lines += [f"{'' if is_shown else '# '}{declared.key} = {written(value)}", ""]
    return "\n".join(lines)


def _allowed(declared: Declared) -> str:
    """What may be written, where that is not any value of the type."""
    return declared.about.bounds or " | ".join(map(written, declared.choices))


_TITLE = Phrase(en="# Configuration", ja="# 設定")
_GENERATED = "<!-- Written by `python -m edge_agent.config` from the declarations: change those, not this page. -->"
_INTRODUCTION = Phrase(
    en="""\
The agent at the gate reads `/etc/edge-agent/config.toml`, a TOML file in UTF-8; the receiver has a file of its own.
Each setting has a default or must be written; an unknown one is an error.

- `edge-agent config check FILE` lists all mistakes at once (with `--receiver` for the receiver's file).
- `edge-agent config show FILE` shows what holds, with the defaults.
- `edge-agent config example` prints a file to begin with.

Secrets never stand in the file. Settings marked *secret file* take an absolute path, or `credential:NAME` for what
systemd hands the service with `LoadCredential=`. Such a file must not be readable by everybody.
""",
    ja="""\
ゲートの本体は `/etc/edge-agent/config.toml` (TOML、UTF-8) を読みます。受信側のファイルは別です。
どの設定にも既定値があるか、必須です。知らない設定は誤りとして知らせます。

- `edge-agent config check FILE` は誤りをすべて一度に示します(受信側のファイルには `--receiver` を付けます)。
- `edge-agent config show FILE` は既定値も含めて、いま有効な値を示します。
- `edge-agent config example` は書き始めるための見本を表示します。

秘密は設定ファイルに書きません。「秘密のファイル」とある設定には、絶対パスか、systemdが `LoadCredential=` で渡す
`credential:名前` を書きます。そのファイルは、誰でも読める状態にしないでください。
""",
)
_COLUMNS = Phrase(en="| setting | default | values | meaning |", ja="| 設定 | 既定値 | 値 | 意味 |")
_REQUIRED = Phrase(en="*required*", ja="*必須*")
_SECRET = Phrase(en="secret file", ja="秘密のファイル")
_FILE = Phrase(en="file", ja="ファイル")
_KINDS = {
    bool: Phrase(en="true, false", ja="true, false"),
    int: Phrase(en="whole number", ja="整数"),
    float: Phrase(en="number", ja="数"),
    str: Phrase(en="text", ja="文字列"),
    list[str]: Phrase(en="list of texts", ja="文字列のリスト"),
    dict[str, list[str]]: Phrase(en="table of lists", ja="リストの表"),
}


def manual(language: Language) -> str:
    """Return the manual's page on every setting there is."""
    lines = [_TITLE.text(language), "", _GENERATED, "", _INTRODUCTION.text(language)]
    for config in (AgentConfig, ReceiverConfig):
        lines += [f"## {_purpose(config).text(language)}", ""]
        for table in tables(config):
            lines += _section(table, language)
    return "\n".join(lines).rstrip() + "\n"


def _purpose(config: type) -> Phrase:
    lines = [line.strip() for line in (config.__doc__ or "").split("\n") if line.strip()]
    return Phrase(en=lines[0].rstrip("."), ja=lines[-1].rstrip("。"))


def _section(table: Table, language: Language) -> Iterator[str]:
    yield from (
        f"### `{table.header}`",
        "",
        table.text.text(language),
        "",
        _COLUMNS.text(language),
        "|---|---|---|---|",
    )
    for declared in table.settings:
        default = _REQUIRED.text(language) if declared.is_required else f"`{written(declared.default)}`"
        values = _values(declared, language)
        yield f"| `{declared.key}` | {default} | {values} | {_cell(declared.about.text.text(language))} |"
    yield ""


def _values(declared: Declared, language: Language) -> str:
    about = declared.about
    if declared.choices:
        return ", ".join(f"`{written(choice)}`" for choice in declared.choices)
    if about.is_secret_file or about.is_file:
        return (_SECRET if about.is_secret_file else _FILE).text(language)
    kind = _KINDS[declared.kind].text(language)
    limits = about.bounds or (f"`{_cell(about.pattern.pattern)}`" if about.pattern else "")
    return f"{kind}, {limits}" if limits else kind


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
