"""The fonts of this machine that can print the site's languages. Brings none along."""

from dataclasses import dataclass
from pathlib import Path

_NOTO = Path("/usr/share/fonts/truetype/noto")
_CJK = Path("/usr/share/fonts/opentype/noto")
_IPA = Path("/usr/share/fonts/opentype")


class NoFont(Exception):
    """A text cannot be printed with the fonts of this machine. The message names the Debian package to install."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Font:
    """A font in a file."""

    name: str
    regular: Path
    bold: Path
    """The same file where there is no bold one."""


_CANDIDATES = {
    "japanese": (
        (_CJK / "NotoSansCJK-Regular.ttc", _CJK / "NotoSansCJK-Bold.ttc"),
        (_IPA / "ipaexfont-gothic/ipaexg.ttf", None),
        (_IPA / "ipafont-gothic/ipag.ttf", None),
    ),
    "latin": (
        (_NOTO / "NotoSans-Regular.ttf", _NOTO / "NotoSans-Bold.ttf"),
        (
            Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
            Path("/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"),
        ),
    ),
    "myanmar": (
        (_NOTO / "NotoSansMyanmar-Regular.ttf", _NOTO / "NotoSansMyanmar-Bold.ttf"),
        (
            Path("/usr/share/fonts/truetype/padauk/Padauk-Regular.ttf"),
            Path("/usr/share/fonts/truetype/padauk/Padauk-Bold.ttf"),
        ),
    ),
}
_PACKAGE = {"japanese": "fonts-noto-cjk", "latin": "fonts-noto-core", "myanmar": "fonts-noto-core"}


def found() -> list[Font]:
    """
    Return what there is: the Japanese font first, then what fills its gaps.

    Raises:
        NoFont: There is not even a Japanese one.

    """
    fonts = [font for script in _CANDIDATES if (font := _first(script))]
    if not fonts or fonts[0].name != "japanese":
        raise NoFont(
            f"no Japanese font here: apt-get install {_PACKAGE['japanese']}; or print as .svg, which needs none"
        )
    return fonts


def package_for(char: str) -> str:
    """Return the Debian package whose fonts have this character, as far as we know."""
    if "\u1000" <= char <= "\u109f":
        return _PACKAGE["myanmar"]
    return _PACKAGE["japanese"] if char >= "\u2e80" else _PACKAGE["latin"]


def _first(script: str) -> Font | None:
    for regular, bold in _CANDIDATES[script]:
        if regular.exists():
            return Font(name=script, regular=regular, bold=bold if bold and bold.exists() else regular)
    return None
