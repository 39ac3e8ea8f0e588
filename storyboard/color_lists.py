"""Lists of colours as people write them: one by one, as ramps, from pictures and palette files.

::

    [black, "#ff8800", [1, 1, 1]]      these colours
    black->orange->white\\6             a ramp of 6 colours, evenly spaced; 16 without a number
    teal\\4                             a ramp of 4 from black to it
    [black, white]\\5                   these, resampled to 5
    @photo.png\\8                       the 8 colours that stand for a picture best
    @colors.gpl    @colors.act         the palette of GIMP, or of Adobe's programs
    red->white; [black]; @photo.png    several, one after the other

The forms of a text are those of Pixray's palettes; they may also be items of a list. Names are
those of `storyboard.colors`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from storyboard.colors import Color, read_color
from storyboard.errors import BadValue
from storyboard.files import read_bounded
from storyboard.values import brief, unfit

MOST_COLORS = 1024
"""Colours that a list may have."""

RAMP, PICTURE = 16, 255
"""Colours of a ramp, and at most of a picture, where no number is written."""

MOST_BYTES = 50_000_000
"""Of a picture; of a palette file, a thousandth."""

PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp")
_FORMS = 'write [black, "#ff8800"], black->white\\4 or @photo.png'
_COUNT = re.compile(r"(.*?)\\\s*([0-9]{1,6})\s*", re.DOTALL)
_SECTION = re.compile(r"->|[;\\]|^\s*[@\[]")


def read_colors(value: Any, folder: Path) -> list[Any]:
    """Return the colours of ``value``: a text, or a list in which every text may mean several.

    What is neither text nor colour (a list, keys) stays as it is, for those who know curves.
    Files are relative to ``folder``. Raises `BadValue` for the first error, the others in ``also``.
    """
    if isinstance(value, str):
        colors: list[Any] = list(_sections(value, folder))
    elif isinstance(value, list | tuple) and value:
        colors = _items(value, folder)
    else:
        raise unfit('a list of colours such as ["#20304f", teal]', value, _FORMS)
    if len(colors) > MOST_COLORS:
        raise BadValue(f"{len(colors)} colours; {MOST_COLORS} are the most")
    return colors


def _items(items: Sequence[Any], folder: Path) -> list[Any]:
    colors: list[Any] = []
    wrong: list[BadValue] = []
    for index, item in enumerate(items):
        try:
            if isinstance(item, str) and _SECTION.search(item):
                colors += _sections(item, folder)
            else:
                colors.append(read_color(item) if isinstance(item, str) else item)
        except BadValue as error:
            error.path = (index, *error.path)
            wrong.append(error)
    if wrong:
        wrong[0].also = tuple(wrong[1:])
        raise wrong[0]
    return colors


def _sections(text: str, folder: Path) -> Iterator[Color]:
    for section in text.split(";"):
        found = _COUNT.fullmatch(section)
        body, count = (found[1], int(found[2])) if found else (section, None)
        if count is not None and not 1 <= count <= MOST_COLORS:
            raise BadValue(f"{count} colours; a palette has 1 to {MOST_COLORS}")
        yield from _section(body.strip(), count, folder)


def _section(body: str, count: int | None, folder: Path) -> Sequence[Color]:
    """Return the colours of one section without its number."""
    if not body:
        raise BadValue("a colour is missing", hint=_FORMS)
    if body.startswith("@"):
        return _of_file(folder / body[1:].strip(), count)
    if body.startswith("[") and body.endswith("]") and "->" not in body and "+" not in body:
        listed = [_color(name) for name in body[1:-1].split(",")]
        return listed if count is None else ramp(listed, count)
    stops = [_color(name) for name in body.split("->")]
    return ramp(stops if len(stops) > 1 else [(0.0, 0.0, 0.0), *stops], count or RAMP)


def ramp(stops: Sequence[Color], count: int) -> list[Color]:
    """Return ``count`` colours, evenly spaced along the way through all ``stops``.

    >>> ramp([(0.0, 0.0, 0.0), (1.0, 1.0, 1.0)], 3)[1]
    (0.5, 0.5, 0.5)
    """
    colors = []
    for n in range(count):
        place = n * (len(stops) - 1) / max(count - 1, 1)
        left = min(int(place), max(len(stops) - 2, 0))
        share = place - left
        pairs = zip(stops[left], stops[min(left + 1, len(stops) - 1)], strict=True)
        red, green, blue = (a + share * (b - a) for a, b in pairs)
        colors.append((red, green, blue))
    return colors


_SUM = re.compile(r"([(\[])\s*([0-9.]+)\s*\+\s*([0-9.]+)\s*\+\s*([0-9.]+)\s*[)\]]")


def _color(written: str) -> Color:
    """Return a colour by name, or ``(255+128+0)``, or ``[1+0.5+0]``."""
    found = _SUM.fullmatch(written.strip())
    if found is None:
        return read_color(written.strip())
    try:
        parts = [float(part) for part in found.groups()[1:]]
    except ValueError:
        raise BadValue(f"{brief(written)!r} is not a colour", hint="write (255+128+0)") from None
    return read_color([part / 255 for part in parts] if found[1] == "(" else parts)


def _of_file(file: Path, count: int | None) -> Sequence[Color]:
    """Return the colours of a picture or a palette file. Raises `BadValue`."""
    kind = file.suffix.lower()
    if kind in PICTURES:
        return _of_picture(file, count or PICTURE)
    if kind not in (".act", ".gpl"):
        known = ", ".join((*PICTURES, ".act", ".gpl"))
        raise BadValue(f"{file.name!r} is not a palette", hint=f"known: {known}")
    from storyboard.media.picture_files import existing

    try:
        raw = read_bounded(existing(file), MOST_BYTES // 1000)
    except OSError as error:
        raise BadValue(f"{file} cannot be read: {error.strerror}") from None
    colors = _of_act(file, raw) if kind == ".act" else _of_gpl(file, raw)
    return colors if count is None else ramp(colors, count)


def _of_picture(file: Path, most: int) -> list[Color]:
    """Return all colours of a picture, from dark to light, or the ``most`` that stand for it best
    (median cut, Heckbert 1982).
    """
    from storyboard.media.picture_files import existing, read_picture

    if existing(file).stat().st_size > MOST_BYTES:
        raise BadValue(f"{file} is too large for a palette", hint="make the picture smaller")
    picture = read_picture(file)
    if picture.getcolors(most) is None:
        picture = picture.quantize(min(most, 256), method=0).convert("RGB")
    found: Any = picture.getcolors(MOST_COLORS) or []
    colors = ((red / 255, green / 255, blue / 255) for _, (red, green, blue) in found)
    return sorted(colors, key=_brightness)


def _brightness(color: Color) -> tuple[float, Color]:
    red, green, blue = color
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue, color


def _of_act(file: Path, raw: bytes) -> list[Color]:
    """Return the colours of an Adobe colour table: 256 times red, green, blue, and the number that
    counts.
    """
    if len(raw) not in (768, 772):
        raise BadValue(f"{file} is no Adobe colour table: it has {len(raw)} bytes, not 768 or 772")
    count = int.from_bytes(raw[768:770]) if len(raw) == 772 else 256
    rows = [raw[3 * n : 3 * n + 3] for n in range(min(count or 256, 256))]
    return [(red / 255, green / 255, blue / 255) for red, green, blue in rows]


def _of_gpl(file: Path, raw: bytes) -> list[Color]:
    """Return the colours of a palette of GIMP: lines of red, green, blue and a name."""
    lines = raw.decode("utf-8", errors="replace").splitlines()
    if not lines or not lines[0].startswith("GIMP Palette"):
        raise BadValue(f"{file} is not a palette of GIMP: it does not begin with 'GIMP Palette'")
    rows = [re.match(r"\s*([0-9]{1,3})\s+([0-9]{1,3})\s+([0-9]{1,3})(?:\s|$)", s) for s in lines]
    colors = [_color("({}+{}+{})".format(*row.groups())) for row in rows if row]
    if not colors:
        raise BadValue(f"{file} has no colours")
    return colors
