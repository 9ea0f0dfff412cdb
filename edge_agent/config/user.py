"""The settings of whoever may act at the box. One table, as those in settings."""

from dataclasses import dataclass
from typing import Literal

from edge_agent.config.declare import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """
    Somebody who may act at the box: write [[user]] once for each; without any, nobody may.

    箱で入力や承認をする人。人数分の [[user]] を書く。なければ誰も入力・承認できない。
    """

    name: str = setting(
        en="Name in the records: who entered, corrected or approved.",
        ja="記録に残る名前。だれが入力、訂正、承認したか。",
        pattern=r"[^\x00-\x20\x7f]{1,32}",
        example="tanaka",
    )
    role: Literal["approver", "editor"] = setting(
        "editor",
        en="An editor enters, names and corrects; an approver (the prime) also approves.",
        ja="入力、名付け、訂正をする人(editor)か、それに加えて承認もする元請の人(approver)か。",
    )
    password_hash: str = setting(
        en="The line that `edge-agent users hash` prints; never the password itself.",
        ja="`edge-agent users hash` が表示する一行。パスワードそのものは書かない。",
        pattern=r"\$argon2id\$v=19\$m=[0-9]{1,5},t=[0-9]{1,2},p=[1-4]\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,86}",
        is_masked=True,
        example="$argon2id$v=19$m=19456,t=2,p=1$1brciZdQRPzRRrq3zXpidw$8iNjExkJc3weWsGXGdUlrm145jeNlCj8n9CgcRSgUH8",
    )
