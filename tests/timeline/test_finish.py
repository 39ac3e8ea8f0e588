"""What a story asks of finishing: every error with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.timeline.check import check_story

REFUSED = [
    (
        "output: {size: 64x36, fps: 24, paint: {fps: 7}}",
        "output.paint.fps",
        "whole multiple",
        "8 or 6",
    ),
    (
        "output: {size: 64x36, fps: 24, paint: {fps: 48}}",
        "output.paint.fps",
        "whole multiple",
        "24",
    ),
    ("output: {size: 64x36, paint: {size: 64x64}}", "output.paint.size", "shape", ""),
    ("output: {size: 64x36, paint: {siz: 32x18}}", "output.paint.siz", "unknown key", "size"),
    (
        "overlays: [{image: nope.png}]",
        "overlays[0].image",
        "does not exist",
        "relative to the story",
    ),
    ("overlays: [{image: story.yaml}]", "overlays[0].image", "story.yaml", ""),
    ("overlays: [{at: top}]", "overlays[0]", "'image' is missing", ""),
    ("captions: [{text: hi, at: bottm right}]", "captions[0].at", "unknown place", "bottom right"),
    ("captions: [{text: ''}]", "captions[0].text", "empty", ""),
    ("captions: [{text: hi, size: 9}]", "captions[0].size", "1 or less", ""),
    ("captions: [{text: hi, from: 3s, to: 1s}]", "captions[0].to", "ends where it begins", ""),
    (
        "captions: [{text: hi, alpha: bas}]",
        "captions[0].alpha",
        "unknown name 'bas'",
        "did you mean",
    ),
    ("captions: [{txt: hi}]", "captions[0].txt", "unknown key", "text"),
    ("filters: {trails: {amount: 2}}", "filters.trails.amount", "between 0 and 1", ""),
    (
        "filters: {trails: {amount: 1, decay: 1}}",
        "filters.trails.decay",
        "no option 'decay'",
        "decay_s",
    ),
    ("filters: {light: {amount: 1, stps: 1}}", "filters.light.stps", "no option", "stops"),
]


@pytest.mark.parametrize(("line", "path", "said", "hint"), REFUSED)
def test_refused(tmp_path: Path, line: str, path: str, said: str, hint: str) -> None:
    story = tmp_path / "story.yaml"
    story.write_text(f"perceptors: tiny\n{line}\nshots: [{{prompt: red, duration: 4s}}]\n")
    problems = [p for p in check_story(story) if path in str(p)]
    assert problems, [str(p) for p in check_story(story)]
    found = problems[0]
    assert said in str(found.message)
    assert hint in (found.hint or "")
    assert (found.line, Path(found.file or "").name) == (2, "story.yaml")
    assert found.column is not None and found.column > 1
