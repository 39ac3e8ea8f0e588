"""The page about extending: its module, its entry points and its story, as a user runs them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

PAGE = (Path(__file__).parent.parent / "docs" / "extending.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the page's package is installed, and its story."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "film_tools.py").write_text("\n\n".join(blocks("python")))
    groups = tomllib.loads(blocks("toml")[0])["project"]["entry-points"]
    lines = [
        line
        for group, points in groups.items()
        for line in (f"[{group}]", *(f"{name} = {home}" for name, home in points.items()))
    ]
    info = folder / "film_tools-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: film-tools\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("\n".join(lines))
    (folder / "story.yaml").write_text(blocks("yaml")[0])
    return folder


def command(site: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "storyboard", *arguments]


def environment(site: Path) -> dict[str, str]:
    here = str(Path(__file__).parent.parent)
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), here]), "NO_COLOR": "1"}


def run(site: Path, *arguments: str) -> str:
    done = subprocess.run(
        command(site, *arguments),
        cwd=site,
        env=environment(site),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def frames(folder: Path) -> dict[str, bytes]:
    found = sorted(folder.glob("shots/*/*.png"))
    return {f"{path.parent.name}/{path.name}": path.read_bytes() for path in found}


def killed(site: Path, out: Path, *, after: int) -> None:
    """Render, and kill the process once so many frames are there."""
    process = subprocess.Popen(
        command(site, "render", "story.yaml", "-o", str(out), "--quiet"),
        cwd=site,
        env=environment(site),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None and len(list(out.parent.glob("shots/*/*.png"))) < after:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize(
    ("kind", "name", "summary"),
    [
        ("drawers", "stripes", "vertical stripes of one colour each"),
        ("losses", "warmth", "more red than blue"),
        ("filters", "fog", "white mist from the top"),
        ("movements", "sway", "left and right"),
        ("importers", "slides", "slides with titles, as .json"),
    ],
)
def test_list_shows_what_the_package_brings(site: Path, kind: str, name: str, summary: str) -> None:
    rows = {row["name"]: row for row in json.loads(run(site, "list", kind, "--json"))}
    assert (rows[name]["summary"], rows[name]["package"]) == (summary, "film-tools")


def test_the_story_is_checked(site: Path) -> None:
    assert "error" not in run(site, "check", "story.yaml")


@pytest.mark.slow
def test_killed_in_either_drawer_the_film_is_the_same(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(site, "render", "story.yaml", "-o", str(tmp_path / "straight" / "film.mp4"), "--quiet")
    monkeypatch.setenv("STORYBOARD_CACHE", str(tmp_path / "cache"))  # which knows no such frames
    out = tmp_path / "killed" / "film.mp4"
    for after in (4, 13):
        killed(site, out, after=after)
    run(site, "render", "story.yaml", "-o", str(out), "--quiet")
    straight = frames(tmp_path / "straight")
    assert len(straight) == 18
    assert frames(out.parent) == straight
    assert out.read_bytes() == (tmp_path / "straight" / "film.mp4").read_bytes()


def test_the_importer_reads_its_files(site: Path, tmp_path: Path) -> None:
    slides = {"slides": [{"title": "the sea", "frames": 12}, {"title": "a city", "frames": 24}]}
    (tmp_path / "talk.json").write_text(json.dumps(slides))
    run(site, "import", str(tmp_path / "talk.json"), "-o", str(tmp_path / "talk.yaml"))
    run(site, "check", str(tmp_path / "talk.yaml"))
    assert "duration: 2s" in (tmp_path / "talk.yaml").read_text()
