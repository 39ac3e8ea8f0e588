"""Cells as SVG: their outlines, those of one colour in one path."""

from __future__ import annotations

from collections import defaultdict

from torch import Tensor

from storyboard.drawers.stroke_svg import hex_of, svg_document

_SEAM = 0.4
"""Width, in pixels, of the line in its own colour around a cell that closes the seam to the next,
where a renderer would blend both edges with what lies behind.
"""


def svg_of_cells(
    polygons: Tensor, colors: Tensor, alpha: Tensor, *, paper: Tensor, size: tuple[int, int]
) -> str:
    """Return an SVG document of N cells.

    Args:
        polygons: (N, corners, 2) in pixels of ``size``.
        colors: (N, 3) in [0, 1].
        alpha: (N,) in [0, 1].
        paper: (3,) in [0, 1]: the colour behind the cells.
        size: (height, width).
    """
    height, width = size
    low, high = polygons.amin(1), polygons.amax(1)
    seen = (low[:, 0] < width) & (low[:, 1] < height) & (high > 0).all(1)
    seen &= alpha.to(polygons.device) > 1 / 512
    groups: dict[tuple[str, float], list[str]] = defaultdict(list)
    rows = zip(
        polygons[seen].tolist(),
        colors.cpu()[seen],
        alpha.cpu()[seen].tolist(),
        strict=True,
    )
    for polygon, color, opacity in rows:
        groups[hex_of(color), round(opacity, 3)].append(_outline(polygon))
    drawn = [_path(outlines, color, opacity) for (color, opacity), outlines in groups.items()]
    return svg_document(size, paper, "<g>", drawn)


def _outline(polygon: list[list[float]]) -> str:
    """Return a closed outline as path data."""
    corners = [f"{round(x, 2):g} {round(y, 2):g}" for x, y in polygon]
    return f"M{'L'.join(corners)}z"


def _path(outlines: list[str], color: str, opacity: float) -> str:
    if opacity < 1:
        return f'<path fill="{color}" fill-opacity="{opacity:g}" d="{"".join(outlines)}"/>'
    seam = f'stroke="{color}" stroke-width="{_SEAM}"'
    return f'<path fill="{color}" {seam} d="{"".join(outlines)}"/>'
