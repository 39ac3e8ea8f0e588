"""Strokes as SVG: the same curves, which a browser or a plotter draws sharp at any size."""

from __future__ import annotations

from torch import Tensor

from storyboard.drawers.raster import Strokes


def svg_of(strokes: Strokes, size: tuple[int, int]) -> str:
    """Return an SVG document of ``strokes`` in pixels of ``size``, (height, width)."""
    shape = _circle if strokes.points.shape[1] == 1 else _path
    points = strokes.points.detach().cpu()
    rows = zip(
        points,
        strokes.widths.tolist(),
        strokes.colors.detach().cpu(),
        strokes.opacities.tolist(),
        strict=True,
    )
    group = '<g fill="none" stroke-linecap="round" stroke-linejoin="round">'
    drawn = [shape(p, w, hex_of(c), o) for p, w, c, o in rows if o > 1 / 512 and w > 0]
    return svg_document(size, strokes.paper, group, drawn)


def svg_document(size: tuple[int, int], paper: Tensor, group: str, drawn: list[str]) -> str:
    """Return the SVG document of a picture of ``size``, (height, width): the elements ``drawn``
    within ``group``, the opening tag of a group, on ``paper``, (3,) in [0, 1].
    """
    height, width = size
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}">'
    )
    behind = f'<rect width="{width}" height="{height}" fill="{hex_of(paper)}"/>'
    return "\n".join([head, behind, group, *drawn, "</g>", "</svg>", ""])


def hex_of(color: Tensor) -> str:
    """Return a colour, (3,) in [0, 1], as ``#rrggbb``."""
    return "#" + "".join(f"{round(255 * min(max(v, 0.0), 1.0)):02x}" for v in color.tolist())


def _path(points: Tensor, width: float, color: str, opacity: float) -> str:
    (x, y), *rest = points.tolist()
    curve = " ".join(f"{x:.2f},{y:.2f}" for x, y in rest)
    return (
        f'<path d="M{x:.2f},{y:.2f} C{curve}" stroke="{color}" '
        f'stroke-width="{width:.2f}" stroke-opacity="{opacity:.3f}"/>'
    )


def _circle(points: Tensor, width: float, color: str, opacity: float) -> str:
    ((x, y),) = points.tolist()
    return (
        f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{width / 2:.2f}" fill="{color}" '
        f'fill-opacity="{opacity:.3f}"/>'
    )
