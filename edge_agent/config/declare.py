"""How a setting is declared: text in two languages, unit, default, bounds. Reads no file."""

import re
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is known of one setting beside its type and default."""

    en: str
    ja: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    pattern: re.Pattern[str] | None = None
    is_secret_file: bool = False
    """The value names a file that holds a secret: a path, or `credential:NAME` for a systemd credential."""
    example: object = None
    """What config.example.toml shows for a setting that has no default."""


def setting(
    default: object = MISSING,
    *,
    en: str,
    ja: str,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    pattern: str | None = None,
    is_secret_file: bool = False,
    example: object = None,
    factory: Callable[[], object] | None = None,
) -> Any:  # noqa: ANN401 - like dataclasses.field, whose result stands for a value of any type
    """Declare a setting: a dataclass field whose text, unit and bounds are known to everything that needs them."""
    about = Setting(
        en=en,
        ja=ja,
        unit=unit,
        low=low,
        high=high,
        is_secret_file=is_secret_file,
        example=example,
        pattern=re.compile(pattern) if pattern else None,
    )
    if factory is not None:
        return field(default_factory=factory, metadata={"setting": about})
    return field(default=default, metadata={"setting": about})


def about(declared: "Field[Any]") -> Setting:
    """Return what was declared for this field."""
    found: Setting = declared.metadata["setting"]
    return found
