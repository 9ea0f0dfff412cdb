"""
Every setting there is, once.

One class a table of the TOML file; its docstring is the table's text, English first, then Japanese.
"""

from dataclasses import dataclass
from typing import Literal

from edge_agent.config.badge import Badge
from edge_agent.config.declare import at_least_one, setting
from edge_agent.config.face import Face
from edge_agent.config.reader import Credential, Gnss, Reader
from edge_agent.config.site import Rules, Site
from edge_agent.config.user import User

GATEWAY_PATTERN = "[a-z0-9][a-z0-9-]{0,62}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """
    The box itself.

    この箱について。
    """

    gateway: str = setting(
        en="The box's name, as in its certificate: small letters, digits, hyphens.",
        ja="箱の名前。証明書の名前と同じ。英小文字、数字、ハイフン。",
        pattern=GATEWAY_PATTERN,
        example="gw-0001",
    )
    lab: bool = setting(
        default=False,
        en="Allow simulated hardware. Events then go to topics below lab/ and are marked as simulated.",
        ja="模擬機器を許す。イベントは lab/ の下に送られ、模擬の印が付く。",
    )
    host_keeps_time: bool = setting(
        default=False,
        en="Believe the wall clock although nothing on this machine keeps it right: virtual machine, container.",
        ja="この機械に時刻合わせがなくても時計を信じる(仮想機械やコンテナの場合)。",
    )
    state_dir: str = setting("/var/lib/edge-agent", en="Where the spool lies.", ja="スプールの置き場所。")
    control_socket: str = setting(
        "/run/edge-agent/control.sock",
        en="Where `edge-agent status` finds the agent.",
        ja="status などの命令が使うソケット。",
    )
    control_group: str = setting(
        "",
        en="Members of this Unix group may ask the running agent, beside root and the agent's own user.",
        ja="root と本体のユーザーのほかに、このグループの人も問い合わせできる。",
    )
    card_key_file: str = setting(
        en="File with the key that turns card numbers into references; the same at all boxes of a prime contractor.",
        ja="カード番号を参照値に変える鍵のファイル。同じ元請の箱ではすべて同じものを使う。",
        is_secret_file=True,
        example="credential:card-key",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spool:
    """
    The queue on disk.

    ディスク上の待ち行列。
    """

    retention_days: int = setting(
        90,
        en="Receipted events are kept this long: as far back as the receiver's backups go. A full disk keeps less.",
        ja="受領済みイベントを保つ日数。受信側が過去の控えに戻っても送り直せる長さにする。ディスクが一杯なら短くなる。",
        unit="d",
        low=1,
        high=3650,
    )
    warn_days_left: int = setting(
        30,
        en="Warn when the disk lasts no longer than this at the site's own rate.",
        ja="現場の実績から見て、ディスクがこの日数もたなくなったら警告する。",
        unit="d",
        low=1,
        high=365,
    )
    ballast_mb: int = setting(
        32,
        en="Size of a file of nothing beside the spool, dropped when the disk is full. 0: none.",
        ja="スプールの横に置く空き確保ファイルの大きさ。ディスクが一杯になると消して使う。0 で作らない。",
        unit="MB",
        low=0,
        high=1024,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """
    The MQTT broker.

    MQTTブローカー。
    """

    host: str = setting(
        en="Name or address.", ja="名前またはアドレス。", example="mqtt.example.co.jp", pattern=r"\S{1,253}"
    )
    port: int = setting(8883, en="TCP port.", ja="TCPポート。", low=1, high=65535)
    tls: bool = setting(
        default=True,
        en="TLS 1.3. False is accepted only for a broker on this machine, or in the laboratory.",
        ja="TLS 1.3。false にできるのは同じ機械のブローカーか実験時だけ。",
    )
    ca_file: str = setting(
        "", en="Certificate authority of the broker, PEM.", ja="ブローカーの認証局(PEM)。", is_file=True
    )
    cert_file: str = setting("", en="The certificate of this side, PEM.", ja="こちら側の証明書(PEM)。", is_file=True)
    key_file: str = setting("", en="Its private key, PEM.", ja="その秘密鍵(PEM)。", is_secret_file=True)
    username: str = setting("", en="Only where the broker asks for one.", ja="ブローカーが求める場合だけ。")
    password_file: str = setting(
        "", en="File with the password.", ja="パスワードを書いたファイル。", is_secret_file=True
    )
    keepalive_s: int = setting(
        30,
        en="A dead link is noticed after twice this time.",
        ja="切れた回線はこの2倍の時間で気付く。",
        unit="s",
        low=5,
        high=1200,
    )
    topic_root: str = setting(
        "gate/1",
        en="First levels of all topics.",
        ja="トピックの先頭。",
        pattern=r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+){0,2}",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplink:
    """
    How events travel.

    イベントの送り方。
    """

    receipt: Literal["receiver", "broker"] = setting(
        "receiver",
        en="Who allows pruning: the receiver, or, where there is none, the broker, whose word is weaker.",
        ja="削除を許すのは誰か。受信側の受領(receiver)か、受信側がない場合のブローカーの応答(broker、弱い)。",
    )
    backlog_bytes: int = setting(
        200_000,
        en="At most this much backlog is under way at once; less on a slow line, so that no live touch is held up.",
        ja="たまったイベントを一度に流す量の上限。遅い回線では自動で減らし、いまのタッチを待たせない。",
        unit="B",
        low=1_000,
        high=10_000_000,
    )
    batch_events: int = setting(
        200, en="Events in one deflated batch, at most.", ja="一つの束に入れるイベントの上限。", low=1, high=1000
    )
    receipt_timeout_s: float = setting(
        60.0,
        en="Sent but not receipted for this long: sent again, then at growing distances.",
        ja="送ったのに受領がこの時間ないものは送り直す(間隔は次第に延びる)。",
        unit="s",
        low=0.5,
        high=86400,
    )
    reconnect_max_s: float = setting(
        300.0,
        en="Longest wait between two tries to connect.",
        ja="再接続までの最長の待ち時間。",
        unit="s",
        low=0.1,
        high=3600,
    )
    checkpoint_s: float = setting(
        60.0,
        en="The box signs its history at most this often, and only if there are new events.",
        ja="履歴に署名する最短の間隔(新しいイベントがあるときだけ)。",
        unit="s",
        low=1,
        high=86400,
    )
    receiver_key: str = setting(
        "",
        en="Whose receipts on a USB stick are believed: what `edge-agent receive key` prints. Empty: nobody's.",
        ja="USBで届いた受領を信じる相手の公開鍵。受信側の `edge-agent receive key` が表示する。空なら受け付けない。",
        pattern="([0-9a-f]{64})?",
    )
    health_s: float = setting(
        300.0, en="Distance of the health messages.", ja="状態を送る間隔。", unit="s", low=1, high=86400
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """
    What the agent says of itself.

    ログ。
    """

    format: Literal["text", "json"] = setting(
        "text", en="Lines for people, or JSON lines.", ja="人向けの行か、JSONの行。"
    )
    level: Literal["debug", "info", "warning", "error"] = setting(
        "info", en="Least weight shown.", ja="表示する最低の重さ。"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """
    The answer as tones.

    音での答え。
    """

    device: str = setting(
        "", en="ALSA device such as `default` or `plughw:1`; empty: no sound.", ja="ALSAの機器名。空なら音を出さない。"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentConfig:
    """
    `edge-agent run`: the box at the gate.

    ゲートの箱。
    """

    agent: Agent
    site: Site
    rules: Rules
    broker: Broker
    spool: Spool
    uplink: Uplink
    log: Log
    sound: Sound
    badge: Badge
    gnss: Gnss
    face: Face
    reader: tuple[Reader, ...] = at_least_one()
    credential: tuple[Credential, ...]
    user: tuple[User, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """
    The other end.

    受信側。
    """

    name: str = setting(
        "receiver", en="Its MQTT client id.", ja="MQTTのクライアントID。", pattern="[a-z0-9][a-z0-9-]{0,62}"
    )
    database: str = setting(
        "/var/lib/edge-agent-receiver/events.db", en="SQLite file of all events.", ja="全イベントのSQLiteファイル。"
    )
    share: str = setting(
        "ingest",
        en="Name of the shared subscription, where the broker has them; empty: none.",
        ja="共有購読の名前(ブローカーが対応する場合)。空なら使わない。",
        pattern="[a-z0-9-]{0,32}",
    )
    receipt_every_ms: int = setting(
        200,
        en="Least distance of two receipts to one gateway.",
        ja="同じ箱への受領の最短間隔。",
        unit="ms",
        low=10,
        high=60_000,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverConfig:
    """
    `edge-agent receive`: the other end.

    受信側。
    """

    receiver: Receiver
    broker: Broker
    log: Log
