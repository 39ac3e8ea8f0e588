"""Variants of a story side by side: what is varied, measured, and written down."""

from __future__ import annotations

import csv
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from storyboard.cli.main import run
from storyboard.cli.variants import varied
from storyboard.errors import UsageError

STORY = """\
title: Small <try>
output: {size: 32x16, fps: 4}
perceptors: [tiny]
steps: 1
steps_first: 2
cuts: 2
shots:
  - {name: calm, duration: 1s, prompt: red}
  - {name: drop, duration: 0.5s, cut: true, prompt: blue}
"""


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("story.yaml").write_text(STORY)
    return tmp_path


def rows(file: str) -> list[dict[str, str]]:
    with Path(file).open(newline="") as lines:
        return list(csv.DictReader(lines))


class Links(HTMLParser):
    """What a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("src", "href")]


VARIED = [
    (["lr=0.5,1"], [("lr=0.5",), ("lr=1",)]),
    (["a=1,2", "b=3"], [("a=1", "b=3"), ("a=2", "b=3")]),
    (["lr=1,1"], [("lr=1",)]),
    (['prompt="a, b",c'], [('prompt="a, b"',), ("prompt=c",)]),
    (
        ["drawer={name: pixel, cells: [4, 2]},fft"],
        [("drawer={name: pixel, cells: [4, 2]}",), ("drawer=fft",)],
    ),
]


@pytest.mark.parametrize(("texts", "settings"), VARIED)
def test_every_combination_is_made(texts: list[str], settings: list[tuple[str, ...]]) -> None:
    assert [one.settings for one in varied(texts)] == settings


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["lr"], "PATH=VALUE,VALUE"),
        (["lr="], "PATH=VALUE,VALUE"),
        (["=1"], "PATH=VALUE,VALUE"),
        (["lr=1", "lr=2"], "lr is varied twice"),
        (["seed=" + ",".join(map(str, range(101)))], "100 are the most"),
    ],
)
def test_what_cannot_be_varied_is_refused(texts: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        varied(texts)


def test_films_are_compared(story: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["compare", "story.yaml", "--vary", "drawer=fft,pixel", "--vary", "seed=0,5", "-q"]
    assert run(command) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "out/story/story.compare.html"
    found = rows("out/story/story.compare.csv")
    assert [(row["drawer"], row["seed"]) for row in found] == [
        ("fft", "0"),
        ("fft", "5"),
        ("pixel", "0"),
        ("pixel", "5"),
    ]
    for row in found:
        assert Path(row["film"]).is_file()
        assert float(row["seconds"]) > 0
        assert -1 <= float(row["score"]) <= 1
        assert float(row["sharpness"]) > 0
        assert float(row["flicker"]) > 0
        assert not row["failed"]
    page = Path("out/story/story.compare.html").read_text()
    links = Links()
    links.feed(page)
    assert len(links.found) == 4
    assert all(link.startswith("data:video/mp4;base64,") for link in links.found)
    assert "Small &lt;try&gt;" in page
    seconds = [row["seconds"] for row in found]
    assert run(command) == 0
    assert [row["seconds"] for row in rows("out/story/story.compare.csv")] == seconds


def test_pictures_are_compared(story: Path) -> None:
    command = ["compare", "story.yaml", "--vary", "lr=0.5,1", "-q"]
    for flags, count in ((["--still"], 2), (["--at", "0", "--at", "50%", "--at", "end"], 3)):
        assert run([*command, *flags, "-o", "page.html"]) == 0
        page = Path("page.html").read_text()
        assert len(re.findall('<img alt="0:0', page)) == 2 * count
        assert "<video" not in page
        assert [row["flicker"] for row in rows("page.csv")] == ["", ""]


def test_one_that_fails_is_written_down(story: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vary = "perceptors=tiny,ViT-B-32/openai"
    assert run(["compare", "story.yaml", "--vary", vary, "--still", "-q"]) == 1
    good, bad = rows("out/story/story.compare.csv")
    assert (good["failed"], bad["seconds"]) == ("", "")
    assert "ViT-B-32" in bad["failed"]
    capsys.readouterr()


def test_errors_come_before_any_work(story: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", "story.yaml", "--vary", "drawer=fft,fff"]) == 2
    assert "'fff'" in capsys.readouterr().err
    assert run(["compare", "story.yaml", "--vary", "lr=1", "-o", "page.txt"]) == 2
    assert not Path("out").exists()
