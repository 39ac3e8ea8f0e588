"""What can be rendered but was hardly meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.errors import Problem
from storyboard.timeline.check import check_story

SEA = "shots: [{prompt: a sea, duration: 1s}]\n"
LONG = "a red sea and a blue sky " * 5


def problems(tmp_path: Path, text: str) -> list[Problem]:
    (tmp_path / "story.yaml").write_text(text)
    return check_story(tmp_path / "story.yaml")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("shots: [{prompt: a dragon, duration: 1s}]", 1, ["'sketch' does not know 'dragon'"]),
        ("shots:\n  - duration: 1s\n    prompt: [a sea, " + LONG + "]", 3, ["at least 13 tokens"]),
        ("motion: {zoom_per_s: 3}\nshots: [{prompt: a sea, duration: 9s}]", 2, ["factor of"]),
        (
            SEA + "output: {size: 8192x8192}",
            2,
            ["8192x8192", "18 GB", "enlarge the film"],
        ),
    ],
    ids=["unknown word", "long prompt", "runaway zoom", "huge picture"],
)
def test_what_is_odd_is_warned_of(text: str, line: int, words: list[str], tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, text)
    assert problem.severity == "warning"
    assert [word for word in words if word not in str(problem)] == []
    assert problem.line == line


@pytest.mark.parametrize("size", ["1920x1080", "3840x2160"])
def test_usual_sizes_are_not_warned_of(size: str, tmp_path: Path) -> None:
    assert problems(tmp_path, f"{SEA}output: {{size: {size}}}") == []


def test_a_wrong_tag_is_a_mistake_in_the_story(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, SEA + "perceptors: [ViT-B-32/opnai]")
    assert (problem.severity, problem.line, problem.column) == ("error", 2, 14)
    assert problem.hint == "did you mean 'openai'?"
