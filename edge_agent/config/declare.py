"""How a setting is declared: text in two languages, unit, default, bounds; and the declarations as a list. No file."""

import inspect
import re
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from edge_agent.words import Phrase


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is known of one setting beside its type and default."""

    en: str
    ja: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    pattern: re.Pattern[str] | None = None
    is_file: bool = False
    """The value names a file that must be there, where it is not empty."""
    runs_without: bool = False
    """The agent runs without that file: its absence is a warning."""
    is_secret_file: bool = False
    """The value names a file that holds a secret: a path, or `credential:NAME` for a systemd credential."""
    is_masked: bool = False
    """Neither the value nor what was written in its place is ever shown."""
    example: object = None
    """What config.example.toml shows for a setting that has no default."""

    @property
    def text(self) -> Phrase:
        """What the setting is for."""
        return Phrase(en=self.en, ja=self.ja)

    @property
    def bounds(self) -> str:
        """The bounds with their unit, such as `5 .. 1200 s`; empty where there are none."""
        if self.low is None or self.high is None:
            return ""
        return f"{_plain(self.low)} .. {_plain(self.high)} {self.unit}".rstrip()


def _plain(number: float) -> str:
    return str(int(number) if number == int(number) else number)


def setting(
    default: object = MISSING,
    *,
    en: str,
    ja: str,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    pattern: str | None = None,
    is_file: bool = False,
    runs_without: bool = False,
    is_secret_file: bool = False,
    is_masked: bool = False,
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
        is_file=is_file,
        runs_without=runs_without,
        is_secret_file=is_secret_file,
        is_masked=is_masked,
        example=example,
        pattern=re.compile(pattern) if pattern else None,
    )
    if factory is not None:
        return field(default_factory=factory, metadata={"setting": about})
    return field(default=default, metadata={"setting": about})


def at_least_one() -> Any:  # noqa: ANN401 - as above
    """Declare an array of tables of which one must be written."""
    return field(metadata={"least": 1})


def about(declared: "Field[Any]") -> Setting:
    """Return what was declared for this field."""
    found: Setting = declared.metadata["setting"]
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One setting with everything known of it."""

    key: str
    kind: Any
    """Its type: bool, int, float, str, a Literal, list[str] or dict[str, list[str]]."""
    about: Setting
    default: object
    """MISSING where the setting must be written."""

    @property
    def is_required(self) -> bool:
        """Whether it must be written."""
        return self.default is MISSING

    @property
    def choices(self) -> tuple[str, ...]:
        """All values there are; empty where they are not counted."""
        return get_args(self.kind) if get_origin(self.kind) is Literal else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of the TOML file."""

    name: str
    declares: type
    text: Phrase
    settings: tuple[Declared, ...]
    is_array: bool
    """Written as [[name]], once for each."""
    least: int

    @property
    def header(self) -> str:
        """As it is written in the file."""
        return f"[[{self.name}]]" if self.is_array else f"[{self.name}]"


def tables(config: type) -> tuple[Table, ...]:
    """Return the tables of a configuration, in the order of their declaration."""
    hints = get_type_hints(config)
    return tuple(_table(declared, hints[declared.name]) for declared in fields(config))


def _table(declared: "Field[Any]", kind: Any) -> Table:  # noqa: ANN401 - a type, or tuple[type, ...]
    is_array = get_origin(kind) is tuple
    declares: type = get_args(kind)[0] if is_array else kind
    en, _, ja = inspect.cleandoc(declares.__doc__ or "").partition("\n\n")
    return Table(
        name=declared.name,
        declares=declares,
        text=Phrase(en=en, ja=ja),
        settings=_settings(declares),
        is_array=is_array,
        least=declared.metadata.get("least", 0),
    )


def _settings(declares: type) -> tuple[Declared, ...]:
    hints = get_type_hints(declares)
    return tuple(
        Declared(key=each.name, kind=hints[each.name], about=about(each), default=_default(each))
        for each in fields(declares)
    )


def _default(declared: "Field[Any]") -> object:
    return declared.default if declared.default_factory is MISSING else declared.default_factory()
