"""Lyrics on the picture: when each line and each word is there, and in which letters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ImageFont

from storyboard.audio import read_lyrics
from storyboard.errors import StoryError, UsageError
from storyboard.interchange.exporters import export
from storyboard.media.fonts import default_font
from storyboard.plan import CaptionPlan, Plan
from storyboard.render.finish.overlay import drawn, sung_areas
from storyboard.story.dump import dump_yaml
from storyboard.timeline import load_story_text, make_plan
from storyboard.timeline.burnt import lyrics_of

LRC = """\
[00:01.00]<00:01.00>one <00:01.50>two
[00:02.00]three four
[00:05.00]naïve ЖΩ
"""
SRT = "1\n00:00:01,000 --> 00:00:02,000\nlast words\n"
STORY: dict[str, Any] = {
    "output": {"size": "64x32", "fps": 4},
    "perceptors": ["tiny"],
    "duration": 6,
    "prompts": ["red", "blue"],
}


def planned(folder: Path, lyrics: dict[str, Any], **changes: Any) -> Plan:
    (folder / "song.lrc").write_text(LRC)
    (folder / "song.srt").write_text(SRT)
    (folder / "bad.lrc").write_text("[00:01.00]汉 one\n")
    story = {**STORY, "lyrics": {"file": "song.lrc", **lyrics}, **changes}
    return make_plan(load_story_text(dump_yaml(story), folder=folder))


def spans(plan: Plan) -> list[tuple[str, int, int, tuple[int, ...]]]:
    return [(c.text, c.first, c.stop, c.sung) for c in plan.finish.captions]


WAYS = [
    ({"burn": True}, [("one two", 4, 8, ()), ("three four", 8, 20, ()), ("naïve ЖΩ", 20, 24, ())]),
    (
        {"burn": {"style": "karaoke"}},
        [
            ("one two", 4, 8, (4, 6)),
            ("three four", 8, 20, (8, 15)),
            ("naïve ЖΩ", 20, 24, (20, 41)),
        ],
    ),
    ({"burn": True, "file": "song.srt"}, [("last words", 4, 8, ())]),
    ({"burn": {}, "offset": "-1.5s", "file": "song.srt"}, [("last words", 0, 2, ())]),
    ({"burn": {}, "offset": "9s", "file": "song.srt"}, []),
]


@pytest.mark.parametrize(("lyrics", "expected"), WAYS)
def test_when_each_line_is_written(
    lyrics: dict[str, Any], expected: list[Any], tmp_path: Path
) -> None:
    plan = planned(tmp_path, lyrics)
    assert spans(plan) == expected
    assert [shot.start for shot in plan.shots] == [0, 3]
    assert make_plan(load_story_text(plan.story, folder=tmp_path)).finish.digest == (
        plan.finish.digest
    )


def test_lyrics_alone_still_make_the_shots(tmp_path: Path) -> None:
    story = {"prompts": None, "lyrics": {"file": "song.lrc", "burn": True}}
    changed = {key: value for key, value in {**STORY, **story}.items() if value is not None}
    (tmp_path / "song.lrc").write_text(LRC)
    plan = make_plan(load_story_text(dump_yaml(changed), folder=tmp_path))
    assert [shot.name for shot in plan.shots] == ["line-001", "line-002", "line-003"]
    assert len(plan.finish.captions) == 3


WRONG = [
    ({"burn": True, "file": "bad.lrc"}, "DejaVuSans-Bold.ttf has no '汉', which the lyrics have"),
    ({"burn": {"font": "gone.ttf"}}, "gone.ttf"),
    ({"burn": {"style": "disco"}}, "unknown style 'disco'"),
    ({"burn": True, "prompt": "{line}"}, "prompts say what is seen"),
    ({"burn": "yes"}, "true or false"),
    ({"burn": {"att": "top"}}, "did you mean 'at'"),
    ({}, "a story has either prompts or lyrics"),
]


@pytest.mark.parametrize(("lyrics", "message"), WRONG)
def test_what_cannot_be_written_is_reported(
    lyrics: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(StoryError) as caught:
        planned(tmp_path, lyrics)
    assert message in str(caught.value)


def test_words_take_their_colour_from_the_left_one_by_one() -> None:
    caption = CaptionPlan(
        *("one two three", "bottom", 0.3, (1.0, 1.0, 1.0), default_font(), 0, 9, np.ones(9)),
        sung=(0, 3, 6),
        sung_color=(1.0, 0.0, 0.0),
    )
    assert [caption.words_sung(n) for n in (0, 2, 3, 8)] == [1, 1, 2, 3]
    shares = []
    for sung in range(4):
        layer = drawn(caption, (400, 100), sung=sung)
        red = (layer.color[0, 0] > 0.9) & (layer.color[0, 1] < 0.1) & (layer.cover[0, 0] > 0.9)
        shares.append(int(red.any(dim=0).nonzero().max()) if red.any() else 0)
    assert shares == sorted(set(shares))


def test_a_line_that_is_broken_is_sung_row_by_row() -> None:
    font = ImageFont.truetype(str(default_font()), 20)
    rows = sung_areas("one two\nthree", font, 3, share=0.5)
    assert [row[1] for row in rows] == sorted(row[1] for row in rows)
    assert len(sung_areas("one two\nthree", font, 2, share=0.5)) == 1


EXPORTED = [
    ({}, [(1, 2, "one two"), (2, 5, "three four"), (5, 6, "naïve ЖΩ")]),
    ({"offset": "-1.5s"}, [(0, 0.5, "one two"), (0.5, 3.5, "three four"), (3.5, 6, "naïve ЖΩ")]),
    ({"offset": "4.5s"}, [(5.5, 6, "one two")]),
    ({"file": "song.srt"}, [(1, 2, "last words")]),
    ({"offset": "9s"}, []),
]


@pytest.mark.parametrize("form", ["srt", "lrc"])
@pytest.mark.parametrize(("lyrics", "expected"), EXPORTED)
def test_lyrics_are_exported_in_the_time_of_the_film(
    lyrics: dict[str, Any], expected: list[Any], form: str, tmp_path: Path
) -> None:
    planned(tmp_path, {"burn": True})
    story = {**STORY, "lyrics": {"file": "song.lrc", "burn": True, **lyrics}}
    loaded = load_story_text(dump_yaml(story), folder=tmp_path)
    file = tmp_path / f"out.{form}"
    file.write_text(export(make_plan(loaded), form, lyrics=lyrics_of(loaded)).text)
    if not expected:
        return
    read = [line for line in read_lyrics(file) if line.text]
    if form == "srt":
        assert [(line.start, line.end, line.text) for line in read] == expected
    else:
        assert [(line.start, line.text) for line in read] == [(a, text) for a, _, text in expected]


def test_words_keep_their_times_in_exported_lyrics(tmp_path: Path) -> None:
    planned(tmp_path, {"burn": True})
    story = {**STORY, "lyrics": {"file": "song.lrc", "offset": "0.5s", "burn": True}}
    loaded = load_story_text(dump_yaml(story), folder=tmp_path)
    text = export(make_plan(loaded), "lrc", lyrics=lyrics_of(loaded)).text
    assert "[00:01.50]<00:01.50>one <00:02.00>two\n[00:02.50]three four\n" in text


def test_a_story_without_lyrics_exports_none(tmp_path: Path) -> None:
    loaded = load_story_text(dump_yaml(STORY), folder=tmp_path)
    with pytest.raises(UsageError, match="the story has no lyrics"):
        lyrics_of(loaded)
