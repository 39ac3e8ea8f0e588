"""The notebooks of examples/ run from the first cell to the last, and what shows itself in them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image

from storyboard import LivePicture, load_story, make_plan, render
from storyboard.render import Event, Film, still
from storyboard.render.in_notebooks import Still, film_html

NOTEBOOKS = sorted((Path(__file__).parent.parent / "examples" / "notebooks").glob("*.ipynb"))

SMALLER = [
    (r"output: \{size: \d+x\d+, fps: \d+\}", "output: {size: 64x36, fps: 4}"),
    (r"quality=\"better\", scale=2.5, iterations=160", 'quality="better", scale=2.5, iterations=2'),
    (r'"steps_first": 80', '"steps_first": 2'),
]
"""What the test makes smaller: films are 64x36, and pictures get two steps."""


def small(source: str) -> str:
    for pattern, by in SMALLER:
        source = re.sub(pattern, by, source)
    return source


@pytest.mark.parametrize("file", NOTEBOOKS, ids=[file.stem for file in NOTEBOOKS])
def test_a_notebook_runs_to_its_end(file: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(file, as_version=4)
    for cell in notebook.cells:
        cell["source"] = small(cell["source"])
    place = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources=place).execute()
    kinds = {kind for cell in notebook.cells for one in shown(cell) for kind in one}
    assert kinds & {"image/png", "text/html"}
    if file.stem == "cover_picture":
        with Image.open(tmp_path / "output.png") as picture:
            assert picture.size == (500, 280)
    else:
        assert list(tmp_path.glob("out/*/*.mp4"))


def shown(cell: Any) -> list[dict[str, Any]]:
    return [output["data"] for output in cell.get("outputs", []) if "data" in output]


@pytest.mark.parametrize("file", NOTEBOOKS, ids=[file.stem for file in NOTEBOOKS])
def test_a_notebook_keeps_its_outputs_and_no_errors(file: Path) -> None:
    cells = json.loads(file.read_text())["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert any("image/png" in data for cell in code for data in shown(cell))
    assert not [one for cell in code for one in cell["outputs"] if one["output_type"] == "error"]
    assert file.stat().st_size < 1_000_000
    assert "find_spec" in "".join(code[0]["source"]), "the first cell installs what is missing"


def test_there_are_three() -> None:
    assert [file.stem for file in NOTEBOOKS] == ["cover_picture", "first_film", "music_video"]


STORY: dict[str, Any] = {
    "title": "<Small>",
    "output": {"size": "32x16", "fps": 4},
    "perceptors": ["tiny"],
    "steps": 1,
    "steps_first": 1,
    "cuts": 2,
    "duration": "0.5s",
    "prompt": "red",
}


def test_films_and_stills_show_themselves(tmp_path: Path) -> None:
    plan = make_plan(load_story(STORY))
    picture = still(plan, plan.duration / 2, out=tmp_path / "film.mp4")
    assert repr(picture) == "Still(32x16)"
    png = picture._repr_png_()
    assert png is not None
    assert png.startswith(b"\x89PNG")
    assert picture[0]._repr_png_() is None
    assert repr(picture[0, 0, :1]).startswith("array(")
    film = render(plan, out=tmp_path / "film.mp4")
    assert '<video controls loop src="data:video/mp4;base64,' in film._repr_html_()
    film.path.unlink()
    assert film._repr_html_().startswith("<p>Film(")
    gif = tmp_path / "a.gif"
    gif.write_bytes(b"GIF89a")
    assert film_html(gif, "<x>") == '<img src="data:image/gif;base64,R0lGODlh" alt="&lt;x&gt;">'
    assert isinstance(Film((gif,), 1, 1.0, plan)._repr_html_(), str)


def test_a_still_is_an_array_like_any_other() -> None:
    picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3).view(Still)
    assert np.array_equal(picture, np.arange(24).reshape(2, 4, 3))
    assert int((picture.astype(int) + 300).max()) == 323
    assert Image.fromarray(picture).size == (4, 2)
    assert picture.astype(float)._repr_png_() is None


def test_the_newest_frame_is_shown_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, str]] = []

    class Handle:
        def display(self, picture: Any) -> None:
            seen.append(("display", Path(picture.filename).name))

        def update(self, picture: Any) -> None:
            seen.append(("update", Path(picture.filename).name))

    monkeypatch.setattr("IPython.display.DisplayHandle", Handle)
    for name in "abcd":
        Image.new("RGB", (4, 2)).save(tmp_path / f"{name}.png")
    times = iter([0.0, 0.4, 1.2, 3.0])
    live = LivePicture(every_s=1, clock=lambda: next(times))
    live(Event("plan", of=4))
    for name in "abcd":
        live(Event("frame", file=str(tmp_path / f"{name}.png")))
    assert seen == [("display", "a.png"), ("update", "c.png"), ("update", "d.png")]
