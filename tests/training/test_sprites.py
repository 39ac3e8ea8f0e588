"""Vector drawings become contours of Bezier curves."""

import json
from pathlib import Path

import numpy as np
import pytest

from training.sprites.build import HERE, OUT, build, layers, read_nouns

CIRCLE = '<circle cx="16" cy="16" r="8" fill="#ff0000" opacity=".5"/>'


@pytest.mark.parametrize(
    ("body", "color", "contours", "box"),
    [
        ('<path fill="#102030" d="M4 4h8v8H4z"/>', (16, 32, 48, 255), 1, (4, 4, 12, 12)),
        ('<path fill="#fff" d="M4 4h8v8H4zm2 2v4h4V6z"/>', (255, 255, 255, 255), 2, (4, 4, 12, 12)),
        ('<path fill="#fff" d="M0 0q4 8 8 0z"/>', (255, 255, 255, 255), 1, (0, 0, 8, 5.3333)),
        (CIRCLE, (255, 0, 0, 128), 1, (8, 8, 24, 24)),
        (f'<g transform="translate(2 0)">{CIRCLE}</g>', (255, 0, 0, 128), 1, (10, 8, 26, 24)),
    ],
)
def test_shapes(
    body: str, color: tuple[int, ...], contours: int, box: tuple[float, float, float, float]
) -> None:
    ((found, parts),) = layers(body)
    points = np.concatenate([np.array(part) for part in parts])
    assert found == color and len(parts) == contours
    assert all(len(part) % 3 == 1 for part in parts)
    assert [*points.min(0), *points.max(0)] == pytest.approx(box, abs=0.01)


def test_a_gradient_is_its_mean_and_what_is_not_filled_is_left_out() -> None:
    stops = '<stop stop-color="#000000"/><stop offset="1" stop-color="#ffffff"/>'
    body = (
        f'<g fill="none"><path d="M0 0h4v4z"/><path fill="url(#a)" d="M0 0h4v4z"/>'
        f'<defs><linearGradient id="a" x1="0">{stops}</linearGradient></defs></g>'
    )
    assert [color for color, _ in layers(body)] == [(128, 128, 128, 255)]


def test_what_is_written_is_what_is_stored(tmp_path: Path) -> None:
    """The table of the repository is that of the package, and the same drawings give the same."""
    rows = read_nouns(HERE / "nouns.tsv")
    stored = json.loads((OUT / "nouns.json").read_text())
    assert [row["noun"] for row in rows] == [row["noun"] for row in stored]
    icons = {row["drawing"]: {"body": CIRCLE} for row in rows}
    build(icons, rows[:3], tmp_path)
    with np.load(tmp_path / "sprites.npz") as file:
        assert file["sprites"].tolist() == [1, 2, 3] and file["colors"][:, 3].tolist() == [128] * 3
