"""Turn flat vector drawings into the built-in sprites: ``python -m training.sprites.build ICONS``.

``ICONS`` is ``icons.json`` of the npm package ``@iconify-json/fluent-emoji-flat`` (1.2.6 was used;
``npm pack`` fetches it): Microsoft's Fluent emoji, MIT licence. ``nouns.tsv`` says which drawing
stands for which noun. Written are ``sprites.npz`` (outlines as cubic Bezier curves) and
``nouns.json`` in ``storyboard/models/sprites``. Needs svgelements.
"""

from __future__ import annotations

import argparse
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import svgelements as svg

HERE = Path(__file__).parent
OUT = HERE.parents[1] / "storyboard" / "models" / "sprites"
UNIT = 1000
"""Steps of the stored numbers in one unit of a drawing, which is 32 units wide."""

Contour = list[tuple[float, float]]
"""A start, then three points for each cubic Bezier curve; closed."""


def read_nouns(path: Path) -> list[dict[str, Any]]:
    """Return the rows of the table of nouns."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        noun, group, view, drawing, words = (*line.split("\t"), "")[:5]
        rows.append(
            {
                "noun": noun,
                "group": group,
                "view": view,
                "drawing": drawing,
                "words": [word for word in words.split(", ") if word],
            }
        )
    return rows


def layers(body: str) -> Iterator[tuple[tuple[int, int, int, int], list[Contour]]]:
    """Yield colour (RGBA, 0 to 255) and contours of each filled shape, from back to front."""
    text = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">{_flat(body)}</svg>'
    for shape in svg.SVG.parse(io.StringIO(text), width=32, height=32).elements():
        fill = getattr(shape, "fill", None)
        if not isinstance(shape, svg.Shape) or fill is None or fill.value is None:
            continue
        opacity = float(shape.values.get("opacity") or 1)
        contours = list(_contours(svg.Path(shape)))
        if contours:
            yield (fill.red, fill.green, fill.blue, round(fill.alpha * opacity)), contours


def _flat(body: str) -> str:
    """Return a drawing whose gradients are their mean colour, without filters and clips."""
    for kind in ("linearGradient", "radialGradient"):
        for name, stops in re.findall(rf'<{kind} id="([^"]+)".*?>(.*?)</{kind}>', body, re.S):
            colors = re.findall(r'stop-color="#([0-9a-fA-F]{6})"', stops)
            parts = np.array(
                [[int(c[i : i + 2], 16) for i in (0, 2, 4)] for c in colors] or [[0] * 3]
            )
            mean = "#" + "".join(f"{round(v):02x}" for v in parts.mean(0))
            body = body.replace(f"url(#{name})", mean)
    body = re.sub(r"<(filter|clipPath)\b.*?</\1>", "", body, flags=re.S)
    return re.sub(r' (filter|clip-path|mask)="[^"]*"', "", body)


def _contours(path: svg.Path) -> Iterator[Contour]:
    for part in path.as_subpaths():
        contour: Contour = []
        for segment in svg.Path(part):
            if isinstance(segment, svg.Move):
                contour = [_point(segment.end)]
                continue
            contour = contour or [_point(segment.start)]
            curves = segment.as_cubic_curves() if isinstance(segment, svg.Arc) else [segment]
            for curve in curves:
                contour += _cubic(contour[-1], curve)
        if len(contour) > 4:
            yield contour


def _cubic(start: tuple[float, float], curve: Any) -> list[tuple[float, float]]:
    """Return the three points that go on from ``start``."""
    end = _point(curve.end)
    if isinstance(curve, svg.CubicBezier):
        return [_point(curve.control1), _point(curve.control2), end]
    if isinstance(curve, svg.QuadraticBezier):
        control = _point(curve.control)
        return [_between(start, control, 2 / 3), _between(end, control, 2 / 3), end]
    return [_between(start, end, 1 / 3), _between(start, end, 2 / 3), end]


def _point(point: Any) -> tuple[float, float]:
    return float(point.x), float(point.y)


def _between(a: tuple[float, float], b: tuple[float, float], t: float) -> tuple[float, float]:
    return a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])


def build(icons: dict[str, Any], rows: list[dict[str, Any]], out: Path) -> None:
    """Write the drawings of ``rows`` and their table into the folder ``out``."""
    points: list[tuple[float, float]] = []
    contour_ends, layer_ends, sprite_ends, colors = [], [], [], []
    for row in rows:
        for color, contours in layers(icons[row["drawing"]]["body"]):
            for contour in contours:
                points += contour
                contour_ends.append(len(points))
            colors.append(color)
            layer_ends.append(len(contour_ends))
        sprite_ends.append(len(layer_ends))
    out.mkdir(parents=True, exist_ok=True)
    stored = np.round(np.array(points) * UNIT).clip(-32768, 32767).astype(np.int16)
    ends = {
        "contours": np.array(contour_ends, np.uint32),
        "layers": np.array(layer_ends, np.uint32),
        "sprites": np.array(sprite_ends, np.uint32),
    }
    np.savez_compressed(
        out / "sprites.npz", points=stored, colors=np.array(colors, np.uint8), **ends
    )
    table = [
        {key: row[key] for key in ("noun", "group", "view", "words") if row[key]} for row in rows
    ]
    lines = ",\n".join(json.dumps(row) for row in table)
    (out / "nouns.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("icons", type=Path, help="icons.json of the package")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    icons = json.loads(options.icons.read_text(encoding="utf-8"))["icons"]
    build(icons, read_nouns(HERE / "nouns.tsv"), options.out)


if __name__ == "__main__":
    main()
