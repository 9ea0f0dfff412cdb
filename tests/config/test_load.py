"""One file, one configuration, or all of its mistakes at once: each with the place and what to do."""

import logging
import os

import pytest

from edge_agent.config.example import example
from edge_agent.config.load import ConfigError, examine, load_agent, load_receiver
from edge_agent.config.settings import AgentConfig


def test_good_file_gives_its_values_and_the_defaults(written):
    config = load_agent(written.write(written.agent))

    assert isinstance(config, AgentConfig)
    assert "gw-0001" == config.agent.gateway
    assert 8883 == config.broker.port
    assert ["gate-1"] == [reader.name for reader in config.reader]
    assert () == config.credential
    assert config.reader[0].lamp == {}


def test_receiver_file_gives_its_values_and_the_defaults(written):
    config = load_receiver(written.write('[broker]\nhost = "localhost"\n'))

    assert "receiver" == config.receiver.name
    assert "localhost" == config.broker.host


def test_whole_number_is_good_where_a_number_is_wanted(written):
    config = load_agent(written.write(written.with_("[site]", "repeat_window_s = 60")))

    assert 60.0 == config.site.repeat_window_s
    assert isinstance(config.site.repeat_window_s, float)


def test_byte_order_mark_and_windows_line_ends_are_no_mistake(written):
    """
    The technician's editor is Notepad.
    """
    assert [] == written.mistakes(b"\xef\xbb\xbf" + written.agent.replace("\n", "\r\n").encode())


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(written):
    """
    A technician at the gate corrects the file once, not once for each mistake.
    """
    content = written.agent.replace("gw-0001", "GW 1").replace('id = "13-0042"', "id = 5")
    content = content.replace("[broker]", "[broker]\ntls = false")
    found = written.mistakes(content + 'role = "inn"\n[sound]\ndevise = ""\n[xyzzy]\n')

    assert [
        ("[xyzzy]", ""),
        ("[agent]", "gateway"),
        ("[site]", "id"),
        ("[broker]", "tls"),
        ("[sound]", "devise"),
        ("[[reader]] 1", "role"),
    ] == [(each.table, each.key) for each in found]


def test_error_text_has_one_line_for_each_mistake_with_the_file(written):
    with pytest.raises(ConfigError) as caught:
        load_agent(written.write("[agent]\n"))

    lines = str(caught.value).splitlines()
    assert len(caught.value.mistakes) == len(lines)
    assert all(line.startswith(f"{written.path}: ") for line in lines)


def test_error_text_is_japanese_in_a_japanese_terminal(written, monkeypatch):
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    with pytest.raises(ConfigError) as caught:
        load_agent(written.write(written.with_("[broker]", "port = 0")))

    assert f"{written.path}: [broker] port: 0 は範囲外です。1 .. 65535 の値を書いてください" == str(caught.value)


# ---------------------------------------------------------------- the value


@pytest.mark.parametrize(
    ("table", "line", "says"),
    [
        ("[broker]", "port = 0", "port: 0 is out of bounds; write 1 .. 65535"),
        ("[broker]", "port = 65536", "port: 65536 is out of bounds; write 1 .. 65535"),
        ("[broker]", "keepalive_s = 4", "keepalive_s: 4 is out of bounds; write 5 .. 1200 s"),
        ("[broker]", "port = true", "port: true is not a whole number; TCP port."),
        ("[broker]", "port = 1.0", "port: 1.0 is not a whole number; TCP port."),
        ("[broker]", 'port = "30"', 'port: "30" is not a whole number; write it without quotation marks: port = 30'),
        ("[broker]", "port = [1]", "port: [...] is not a whole number; TCP port."),
        ("[broker]", "port = { a = 1 }", "port: {...} is not a whole number; TCP port."),
        ("[broker]", "port = 2026-01-01", "port: 2026-01-01 is not a whole number; TCP port."),
        ("[broker]", f"port = 0x{'f' * 5000}", "port: ... is out of bounds; write 1 .. 65535"),
        ("[broker]", f"port = -{'9' * 30}", "port: ... is out of bounds; write 1 .. 65535"),
        (
            "[broker]",
            'tls = "false"',
            'tls: "false" is not true or false; write it without quotation marks: tls = false',
        ),
        ("[broker]", "tls = 0", "tls: 0 is not true or false; TLS 1.3."),
        ("[site]", "longest_stay_h = nan", "longest_stay_h: nan is out of bounds; write 1 .. 72 h"),
        ("[site]", "longest_stay_h = inf", "longest_stay_h: inf is out of bounds; write 1 .. 72 h"),
        ("[site]", "longest_stay_h = true", "longest_stay_h: true is not a number;"),
        ("[site]", 'day_cut_off = "24:00"', 'day_cut_off: "24:00" has not the right form ('),
        ("[site]", "name = 5", 'name: 5 is not text in quotation marks ("...");'),
        ("[site]", 'name = "a\\u0007b"', "name: holds a control character"),
        ("[site]", 'name = "a\\nb"', "name: holds a control character"),
        ("[log]", 'level = "INFO"', 'is not one of "debug", "info", "warning", "error"; did you mean "info"?'),
        ("[log]", 'level = "loud"', 'level: "loud" is not one of "debug", "info", "warning", "error"'),
        ("[log]", "level = 3", 'level: 3 is not one of "debug", "info", "warning", "error"'),
        ("[[credential]]", 'script = "FF"', 'script: "FF" is not a list of texts'),
        ("[[credential]]", "script = [1]", "script: [...] is not a list of texts"),
    ],
)
def test_wrong_value_is_told_with_what_would_be_right(written, table, line, says):
    found = written.said(written.with_(table, line))

    assert [each for each in found if says in each], found


def test_bounds_belong_to_the_range(written):
    assert [] == written.mistakes(written.with_("[broker]", "port = 1"))
    assert [] == written.mistakes(written.with_("[broker]", "port = 65535"))


def test_long_value_is_cropped_in_the_message(written):
    (said,) = written.said(written.with_("[log]", f'level = "{"x" * 5000}"'))

    assert len(said) < 200


@pytest.mark.parametrize(
    ("line", "place", "example"),
    [
        ("gateway", "[agent] gateway", 'gateway = "gw-0001"'),
        ("card_key_file", "[agent] card_key_file", 'card_key_file = "credential:card-key"'),
        ("id", "[site] id", 'id = "13-0042"'),
        ("host", "[broker] host", 'host = "mqtt.example.co.jp"'),
        ("name", "[[reader]] 1 name", 'name = "gate-1"'),
    ],
)
def test_missing_setting_is_told_with_an_example(written, line, place, example):
    (said,) = written.said(written.without(line))

    assert said.startswith(f"{place}: is missing; write for example: {example} (")


def test_empty_is_as_missing(written):
    (said,) = written.said(written.with_("[agent]", 'card_key_file = ""'))

    assert said.startswith("[agent] card_key_file: is missing")


def test_missing_table_is_told_by_the_settings_it_must_have(written):
    content = written.without("[site]").replace('id = "13-0042"\n', "")

    assert ["[site] id: is missing"] == [said.split(";")[0] for said in written.said(content)]


# ---------------------------------------------------------------- names nobody knows


@pytest.mark.parametrize(
    ("table", "line", "says"),
    [
        ("[site]", "repeat_windows = 3", "[site] repeat_windows: no such setting; did you mean repeat_window_s?"),
        ("[agent]", 'host = "x"', "[agent] host: `host` belongs to [broker]; move it there"),
        ("[broker]", 'driver = "x"', "[broker] driver: `driver` belongs to [[reader]]; move it there"),
        ("[agent]", "keepalives = 3", "[agent] keepalives: no such setting; did you mean `keepalive_s` of [broker]?"),
        ("[sound]", "xyzzy = 3", "[sound] xyzzy: no such setting; there are: device"),
        ("[sound]", "xyzzy = { a = 1 }", "[sound] xyzzy: no such setting; there are: device"),
        ("[brokr]", "port = 1", "[brokr] : no such table; did you mean [broker]?"),
        ("[xyzzy]", "port = 1", "[xyzzy] : no such table; there are: [agent], [site], [rules], [broker],"),
        ("[[readers]]", 'name = "x"', "[readers] : no such table; did you mean [[reader]]?"),
        ("[receiver]", 'name = "x"', "[receiver] : no such table in this file; it belongs in the file of"),
    ],
)
def test_unknown_name_is_told_with_what_was_probably_meant(written, table, line, says):
    found = written.said(
        written.agent + f"{table}\n{line}\n" if table not in written.agent else _added(written, table, line)
    )

    assert [each for each in found if each.startswith(says)], found


def _added(written, table, line):
    return written.agent.replace(f"{table}\n", f"{table}\n{line}\n")


def test_setting_before_the_first_table_is_told_where_it_belongs(written):
    assert [" host: `host` belongs to [broker]; move it there"] == written.said('host = "x"\n' + written.agent)


def test_agents_table_does_not_belong_to_the_receiver(written):
    found = written.receiver_mistakes('[broker]\nhost = "localhost"\ntls = false\n[[reader]]\nname = "x"\n')

    assert ["no such table in this file; it belongs in the file of `edge-agent run`"] == [
        each.says.en for each in found
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('[reader]\nname = "gate-1"', "write [[reader]] with double brackets, once for each"),
        ("reader = 3", "write [[reader]] with double brackets, once for each"),
        ("reader = [3]", "write [[reader]] with double brackets, once for each"),
        ("reader = []", "none is written; write at least one [[reader]]"),
        ("", "none is written; write at least one [[reader]]"),
    ],
)
def test_wrong_brackets_of_a_reader_are_told(written, content, says):
    rest = written.without("[[reader]]").replace('name = "gate-1"\n', "")
    found = written.mistakes(f"{content}\n{rest}" if "=" in content.split("\n")[0] else f"{rest}{content}\n")

    assert ["[[reader]]"] == [each.table for each in found]
    assert found[0].says.en.startswith(says)


@pytest.mark.parametrize("content", ["[[sound]]\n", "[[sound]]\n[[sound]]\n"])
def test_table_that_is_there_once_is_told_when_it_is_written_as_many(written, content):
    assert ["[sound] : is written once, as [sound] with single brackets"] == written.said(written.agent + content)


# ---------------------------------------------------------------- what must fit together


def test_reader_with_a_wrong_driver_is_compared_with_nobody(written):
    content = written.agent + 'driver = 3\n[[reader]]\nname = "gate-2"\ndriver = 3\n'

    assert ["driver", "driver"] == [each.key for each in written.mistakes(content)]


def test_two_readers_with_one_name_are_told(written):
    found = written.said(written.agent + '[[reader]]\nname = "gate-1"\nmatch = "other"\n')

    assert ['[[reader]] 2 name: "gate-1" is the name of [[reader]] 1 too; each needs a name of its own'] == found


def test_two_readers_that_take_one_device_are_told(written):
    found = written.said(written.agent + '[[reader]]\nname = "gate-2"\n')

    assert len(found) == 1
    assert found[0].startswith("[[reader]] 2 match: same driver, match, usb_path, port, video as [[reader]] 1")


@pytest.mark.parametrize("line", ['match = "ACS*"', 'usb_path = "1-1.4"', 'port = "/dev/ttyS0"'])
def test_two_readers_told_apart_are_good(written, line):
    assert [] == written.mistakes(written.agent + f'[[reader]]\nname = "gate-2"\n{line}\n')


@pytest.mark.parametrize("driver", ["camera", "face"])
def test_a_camera_without_a_source_is_told(written, driver):
    content = written.agent + f'driver = "{driver}"\n'

    assert "video" in [each.key for each in written.mistakes(content)]


CARDS = 'confirmed_by = "face-1"\n'
FACE = '[[reader]]\nname = "face-1"\ndriver = "face"\nvideo = "/dev/video0"\n'


def test_a_card_reader_confirmed_by_a_face_reader_is_good_but_for_the_key(written):
    """Without a key nobody can be enrolled: then it is a camera for badges, which may be meant."""
    examined = examine(written.write(written.agent + CARDS + FACE), AgentConfig)

    assert [("key_file", True)] == [(each.key, each.is_warning) for each in examined.mistakes]


@pytest.mark.parametrize("other", ["", FACE.replace('driver = "face"', 'driver = "camera"'), FACE.replace("-1", "-2")])
def test_a_card_reader_confirmed_by_nobody_is_told(written, other):
    content = written.agent + CARDS + other

    assert "confirmed_by" in [each.key for each in written.mistakes(content)]


def test_a_turn_of_the_head_wants_more_time_than_a_card_has_by_itself(written):
    content = written.agent + CARDS + FACE + 'face_liveness = "challenge"\n'
    patient = content + "[face]\nverify_s = 6.0\n"

    assert ["verify_s"] == [each.key for each in examine(written.write(content), AgentConfig).mistakes][1:]
    assert ["key_file"] == [each.key for each in examine(written.write(patient), AgentConfig).mistakes]


@pytest.mark.parametrize(("liveness", "keys"), [("passive", ["face_liveness"]), ("challenge", [])])
def test_a_face_alone_without_a_turn_of_the_head_is_warned_of(written, liveness, keys):
    content = written.agent + FACE + f'face_mode = "face"\nface_liveness = "{liveness}"\n'
    found = [(each.key, each.is_warning) for each in examine(written.write(content), AgentConfig).mistakes]

    assert [("key_file", True), *((key, True) for key in keys)] == found


def test_two_cameras_with_sources_of_their_own_are_good(written):
    second = FACE.replace("-1", "-2").replace("video0", "video2").replace('"face"', '"camera"')

    assert [] == written.mistakes(written.agent + FACE + second)


def test_a_wrong_name_is_not_held_against_its_neighbour(written):
    """
    What is wrong by itself takes no part in further checks: one mistake, one message.
    """
    content = written.agent.replace("gate-1", "GATE") + '[[reader]]\nname = "gate-1"\nmatch = "b"\n'

    assert ["[[reader]] 1"] == [each.table for each in written.mistakes(content)]


def test_two_wrong_names_are_not_one_name_twice(written):
    content = written.agent.replace("gate-1", "GATE") + '[[reader]]\nname = "GATE"\nmatch = "b"\n'

    assert ["[[reader]] 1", "[[reader]] 2"] == [each.table for each in written.mistakes(content)]


def test_two_credentials_with_one_name_are_told(written):
    one = '[[credential]]\nname = "a"\nscript = ["FF CA 00 00 00 -> 9000 take"]\n'

    assert ["[[credential]] 2"] == [each.table for each in written.mistakes(written.agent + one + one)]


@pytest.mark.parametrize(
    ("driver", "says"),
    [
        ("pscs", 'no driver named "pscs"; did you mean "pcsc"?'),
        ("xyzzy", 'no driver named "xyzzy"; there are: '),
        ("simulated", '"simulated" simulates hardware: only with `lab = true` in [agent]'),
    ],
)
def test_unknown_driver_is_told(written, driver, says):
    (said,) = written.said(written.agent + f'driver = "{driver}"\n')

    assert said.startswith(f"[[reader]] 1 driver: {says}")


def test_simulated_hardware_is_good_in_the_laboratory(written):
    lab = written.agent.replace("[agent]", "[agent]\nlab = true")

    assert [] == written.mistakes(lab + 'driver = "simulated"\n')


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "::1", "LOCALHOST."])
def test_plain_connection_is_good_on_this_machine(written, host):
    content = written.agent.replace("mqtt.example.co.jp", host).replace("[broker]", "[broker]\ntls = false")

    assert [] == written.mistakes(content)


@pytest.mark.parametrize("host", ["mqtt.example.co.jp", "192.168.0.1", "localhost.example.jp"])
def test_plain_connection_to_another_machine_is_refused_outside_the_laboratory(written, host):
    content = written.agent.replace("mqtt.example.co.jp", host).replace("[broker]", "[broker]\ntls = false")

    assert [("[broker]", "tls")] == [(each.table, each.key) for each in written.mistakes(content)]
    assert [] == written.mistakes(content.replace("[agent]", "[agent]\nlab = true"))


def test_receiver_has_no_laboratory(written):
    found = written.receiver_mistakes('[broker]\nhost = "mqtt.example.co.jp"\ntls = false\n')

    assert ["tls"] == [each.key for each in found]


@pytest.mark.parametrize(("one", "other"), [("cert_file", "key_file"), ("key_file", "cert_file")])
def test_certificate_and_key_belong_together(written, one, other):
    path = written.secret("one.pem", b"-----BEGIN\n")
    found = written.said(_added(written, "[broker]", f'{one} = "{path}"'))

    assert [f"[broker] {one}: is set without {other}; the two belong together"] == found


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ('["FF CA 00 00 00"]', "step 1: "),
        ('["FF CA 00 00 00 -> 9000"]', "no step says 'take'"),
        ("[]", "no step says 'take'"),
    ],
)
def test_script_that_cannot_be_played_is_told(written, script, says):
    (said,) = written.said(written.agent + f'[[credential]]\nname = "a"\nscript = {script}\n')

    assert said.startswith(f"[[credential]] 1 script: {says}")


def test_good_script_and_lamp_are_good(written):
    lamp = 'lamp = { entered = ["FF 00 40 2D 04 03 01 02 01"], not_saved = [] }\n'
    script = '[[credential]]\nname = "a"\nscript = ["FF CA 00 00 00 -> 9000 take"]\n'

    assert [] == written.mistakes(written.agent + lamp + script)


def test_lamp_for_an_answer_nobody_gives_is_told(written):
    (said,) = written.said(written.agent + 'lamp = { green = ["FF 00 40 00"] }\n')

    assert said.startswith('[[reader]] 1 lamp: "green" is not one of entered, left, tapped, ')


def test_lamp_command_that_is_no_hex_is_told_with_its_answer(written):
    (said,) = written.said(written.agent + 'lamp = { entered = ["FF 0"] }\n')

    assert said.startswith("[[reader]] 1 lamp.entered: 'FF 0': half a byte")


# ---------------------------------------------------------------- the files it names


@pytest.mark.parametrize(("table", "key"), [("[broker]", "ca_file"), ("[agent]", "card_key_file")])
def test_file_that_is_not_there_is_told(written, table, key):
    path = written.folder / "nowhere"
    (said,) = written.said(_set(written, table, key, path))

    assert f"{table} {key}: {path}: there is no such file" == said


def _set(written, table, key, path):
    return written.with_(table, f'{key} = "{path}"')


def test_missing_roster_is_a_warning(written):
    """
    The gate opens all the same: everybody is recorded, and named later.
    """
    path = written.folder / "nowhere.csv"
    examined = examine(written.write(_set(written, "[site]", "roster_file", path)), AgentConfig)

    assert str(path) == examined.config.site.roster_file
    assert [("roster_file", True)] == [(each.key, each.is_warning) for each in examined.mistakes]


def test_folder_pipe_empty_and_too_large_files_are_told(written):
    (written.folder / "folder").mkdir()
    os.mkfifo(written.folder / "pipe")
    written.secret("empty", b"\n")
    written.secret("large", bytes(64 * 1024 + 1))

    said = {
        name: written.said(_set(written, "[agent]", "card_key_file", written.folder / name))[0].rpartition(": ")[2]
        for name in ("folder", "pipe", "empty", "large")
    }

    assert {
        "folder": "is a folder; give a file",
        "pipe": "is a device or pipe; give a file",
        "empty": "is empty; is it the right file?",
        "large": "is larger than 64 KiB; is it the right file?",
    } == said


def test_secret_readable_by_everybody_is_a_warning(written, caplog):
    """
    The agent runs, since a site that records is better than one that does not; but somebody is told.
    """
    path = written.secret("card.key")
    path.chmod(0o604)

    with caplog.at_level(logging.WARNING):
        config = load_agent(written.write(written.agent))

    assert "gw-0001" == config.agent.gateway
    assert [("configuration warning", "card_key_file")] == [(each.message, each.key) for each in caplog.records]


def test_credential_is_checked_where_systemd_hands_it_over(written, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(written.folder))

    assert [] == written.mistakes(written.with_("[agent]", 'card_key_file = "credential:card.key"'))
    assert [] != written.mistakes(written.with_("[agent]", 'card_key_file = "credential:other.key"'))


def test_credential_outside_the_service_is_not_held_against_the_file(written):
    """
    The technician checks the file from a shell, where systemd hands over nothing.
    """
    assert [] == written.mistakes(written.with_("[agent]", 'card_key_file = "credential:card-key"'))


# ---------------------------------------------------------------- secrets in the file


PEM = "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkq\\n-----END PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ("[broker]", 'password = "hunter2"'),
        ("[broker]", 'Passwd = "hunter2"'),
        ("[broker]", "password = 12345"),
        ("[agent]", 'card_key = "hunter2"'),
        ("[sound]", 'token = "hunter2"'),
        ("[broker]", f'key_file = "{PEM}"'),
        ("[broker]", f'username = "{PEM}"'),
        ("[broker]", f'whatever = ["x", {{ deep = "{PEM}" }}]'),
        ("[broker]", f'port = "{PEM}"'),
        ("[agent]", 'card_key_file = "hunter2"'),
        ("[agent]", "card_key_file = 12345"),
        ("[agent]", 'card_key_file = ["hunter2"]'),
    ],
)
def test_secret_in_the_file_is_refused_and_never_repeated(written, table, line):
    content = written.with_(table, line)
    key = line.split(" ")[0]
    with pytest.raises(ConfigError) as caught:
        load_agent(written.write(content))

    assert [key] == [each.key for each in caught.value.mistakes]
    assert not [hidden for hidden in ("hunter2", "12345", "MIIE", "BEGIN") if hidden in str(caught.value)]


@pytest.mark.parametrize("key", ["whatever", "username", "ca_file", "port"])
def test_key_pasted_under_any_name_is_told_to_go_into_a_file(written, key):
    (said,) = written.said(written.with_("[broker]", f'{key} = "{PEM}"'))

    assert said.startswith(f"[broker] {key}: secrets come from files: put it into a file of its own")


def test_secret_before_the_first_table_is_refused(written):
    (said,) = written.said('password = "hunter2"\n' + written.agent)

    assert said.startswith(" password: secrets come from files")
    assert "hunter2" not in said


def test_tls_without_an_authority_is_a_warning(written):
    """The agent would start, take touches and never connect: that is told before, not at the site."""
    told = [each for each in examine(written.write(example()), AgentConfig).mistakes if each.key == "ca_file"]

    assert [True] == [each.is_warning for each in told]


# ---------------------------------------------------------------- fence and receiver


@pytest.mark.parametrize(
    ("lines", "missing"),
    [
        ("latitude = 35.68\nlongitude = 139.77\nradius_m = 200", []),
        ("", []),
        ("latitude = 35.68\nlongitude = 139.77", ["radius_m"]),
        ("radius_m = 200", ["latitude", "longitude"]),
        ("latitude = 0\nlongitude = 0.0\nradius_m = 200", ["latitude", "longitude"]),
        ("longitude = 139.77\nradius_m = 200", ["latitude"]),
    ],
)
def test_a_fence_is_whole_or_none_and_never_at_null_island(written, lines, missing):
    content = written.agent.replace("[site]\n", f"[site]\n{lines}\n")

    assert missing == [each.key for each in written.mistakes(content)]


def test_a_wrong_latitude_is_one_mistake(written):
    content = written.agent.replace("[site]\n", "[site]\nlatitude = 135.68\nlongitude = 139.77\nradius_m = 200\n")

    assert ["latitude"] == [each.key for each in written.mistakes(content)]


def test_no_reader_may_take_the_receivers_name(written):
    found = written.said(written.agent.replace('"gate-1"', '"gnss"'))

    assert ['[[reader]] 1 name: "gnss" is the name of the receiver in [gnss]; take another'] == found
