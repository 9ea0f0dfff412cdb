"""Whatever stands in the file: a configuration or a ConfigError, never anything else; and it says nothing secret."""

import string

from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.config.declare import tables
from edge_agent.config.load import examine
from edge_agent.config.mistake import ConfigError
from edge_agent.config.settings import AgentConfig, ReceiverConfig
from edge_agent.config.show import as_json, as_toml
from edge_agent.words import Language

KNOWN = {
    declared.key for kind in (AgentConfig, ReceiverConfig) for table in tables(kind) for declared in table.settings
}
NAMES = [table.name for kind in (AgentConfig, ReceiverConfig) for table in tables(kind)]
HIDDEN = "hunter2hunter2"

scalars = st.one_of(
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(
        ["true", "false", "nan", "-inf", "2026-01-01", "07:00:00", "0xfffffffff", "[]", "{}", "[[", '"""', ""]
    ),
    st.text(max_size=20).map(lambda text: f"'{text}'"),
    st.text(max_size=20).map(lambda text: f'"{text}"'),
    st.sampled_from(['"credential:x"', '"/etc/hostname"', '"in"', '"localhost"', '"simulated"', '"a\\u0000b"', '"/"']),
    st.text(max_size=8),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]"),
        st.lists(inner, max_size=3).map(
            lambda parts: f"{{ {', '.join(f'entered{n} = {v}' for n, v in enumerate(parts))} }}"
        ),
    ),
    max_leaves=4,
)
keys = st.one_of(st.sampled_from(sorted(KNOWN)), st.text(string.ascii_letters + "_-.\"'", max_size=10))
headers = st.one_of(
    st.sampled_from(NAMES).map("[{}]".format),
    st.sampled_from(NAMES).map("[[{}]]".format),
    st.text(max_size=8).map("[{}]".format),
)
lines = st.one_of(headers, st.tuples(keys, values).map(" = ".join), st.text(max_size=30))
tomlish = st.lists(lines, max_size=25).map("\n".join)


@st.composite
def nearly_good(draw):
    """A file in which most settings stand where they belong."""
    text = ""
    for table in tables(AgentConfig):
        text += f"{table.header}\n"
        for declared in table.settings:
            if draw(st.booleans()):
                text += f"{declared.key} = {draw(values)}\n"
    return text


@settings(max_examples=300, deadline=None)
@given(content=st.one_of(tomlish.map(str.encode), nearly_good().map(str.encode), st.binary(max_size=200)))
def test_any_file_gives_a_configuration_or_its_mistakes(content, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(content)

    for kind in (AgentConfig, ReceiverConfig):
        examined = examine(path, kind)

        assert (examined.config is None) == any(not each.is_warning for each in examined.mistakes)
        for language in Language:
            assert all(each.text(language) for each in examined.mistakes)
        assert str(ConfigError(examined.mistakes)).count("\n") < 10_000


@settings(max_examples=200, deadline=None)
@given(
    key=st.sampled_from(["password", "secret", "token", "card_key", "passphrase", "psk", "key_file", "card_key_file"]),
    table=st.sampled_from(["", *(f"[{name}]\n" for name in NAMES), "[xyzzy]\n"]),
    shape=st.sampled_from(['"{}"', '["{}"]', '"{}', "{}", "'{}' x", '"""\n{}\n', '"-----BEGIN KEY-----{}"']),
)
def test_no_message_repeats_a_secret_that_stands_in_the_file(key, table, shape, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "secret.toml"
    path.write_text(f"{table}{key} = {shape.format(HIDDEN)}\n", encoding="utf-8")

    examined = examine(path, AgentConfig)

    assert examined.mistakes
    assert HIDDEN not in "".join(each.text(language) for each in examined.mistakes for language in Language)


@settings(max_examples=100, deadline=None)
@given(name=st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=40))
def test_what_is_shown_can_be_loaded_again(name, tmp_path_factory):
    """
    `config show` prints TOML that means the same.
    """
    folder = tmp_path_factory.getbasetemp()
    path, key = folder / "shown.toml", folder / "shown.key"
    key.write_bytes(b"k" * 32)
    key.chmod(0o600)
    shown = _quoted(name)
    path.write_text(
        f'[agent]\ngateway = "g"\ncard_key_file = "{key}"\n[site]\nid = "1"\nname = {shown}\n[broker]\nhost = "h"\n'
        '[[reader]]\nname = "a"\nlamp = { entered = ["FF 00 40 00"] }\n',
        encoding="utf-8",
    )
    config = examine(path, AgentConfig).config
    path.write_text(as_toml(config), encoding="utf-8")

    assert name == config.site.name
    assert config == examine(path, AgentConfig).config
    assert as_json(config)


def _quoted(text):
    return '"' + "".join(f"\\U{ord(char):08x}" for char in text) + '"'
