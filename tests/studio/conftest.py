"""A small story in a folder of its own, and the studio that has it open."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from storyboard.studio.app import studio_app
from storyboard.studio.studio import Studio

EXAMPLES = Path(__file__).parents[2] / "examples" / "stories"

STORY = """\
# A film on the beat.
version: 1
title: On the beat
output: {size: 96x54, fps: 12}
audio: {file: song.ogg, bpm: 120}
marks: {drop: 0:02.5}   # where it sets in
quality: sketch

shots:
  - name: dawn
    duration: 2b        # four of them a bar
    prompt: a sunset over the sea
    motion: {zoom: {0s: 1, 50%: [1.2, smooth]}}
  - {name: day, duration: 3b, cut: true, prompt: a castle}
  - name: night
    until: end
    prompt: a starry night sky
"""


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of `STORY` in an empty folder, which is the working folder."""
    monkeypatch.setenv("STORYBOARD_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "film"
    folder.mkdir()
    shutil.copy(EXAMPLES / "four_to_the_floor.ogg", folder / "song.ogg")
    (folder / "beat.yaml").write_text(STORY)
    monkeypatch.chdir(folder)
    return folder / "beat.yaml"


@pytest.fixture
def studio(story: Path) -> Studio:
    return Studio(story, story.parent)


HERE = "http://127.0.0.1:8765"


@pytest.fixture
def client(studio: Studio) -> Iterator[TestClient]:
    """The page's own requests, once it has followed the link."""
    app = studio_app(studio, "secret")
    with TestClient(app, base_url=HERE, headers={"origin": HERE}) as client:
        assert client.get("/?token=secret", headers={"origin": HERE}).status_code == 200
        yield client
