"""What can be rendered but was hardly meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.errors import Problem
from storyboard.motion.movements import movements
from storyboard.timeline.check import check_story

SEA = "shots: [{prompt: a sea, duration: 1s}]\n"
LONG = "a red sea and a blue sky " * 5


def problems(tmp_path: Path, text: str) -> list[Problem]:
    (tmp_path / "story.yaml").write_text(text)
    return check_story(tmp_path / "story.yaml")


TWO = "shots: [{prompt: a sea, duration: 1s}, {prompt: a sea, duration: 1s, losses: {edge: 1}}]\n"

# a story's settings, what is warned of
CHOOSERS = [
    ("", ["losses (edge) only choose among the pictures of drawer 'scenes'"]),
    ("losses: {detail: 1}\n", ["losses (detail) only choose among the pictures of"]),
    (
        "steps: 4\nlr: 2\n",
        ["steps, lr: no effect with drawer 'scenes', which does not optimise pixels",
         "losses (edge) only choose among the pictures of drawer 'scenes'"],
    ),
    ("steps: '2*(f % 3 == 0)'\ndrawer: scenes\n", ["losses (edge) only choose"]),
    ("hold: 2\n", ["losses (hold) only choose among the pictures of drawer 'scenes'"]),
    ("drawer: fft\nsteps: 4\nhold: 2\n", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CHOOSERS)
def test_what_a_drawer_that_chooses_cannot_do(
    text: str, expected: list[str], tmp_path: Path
) -> None:
    """Once in a film, however many shots have it."""
    found = [problem.message for problem in problems(tmp_path, text + TWO)]
    assert len(found) == len(expected)
    assert all(a.startswith(b) for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("shots: [{prompt: a zyzzyva, duration: 1s}]", 1, ["'sketch' does not know 'zyzzyva'"]),
        (
            "shots: [{prompt: an old castel, duration: 1s}]",
            1,
            ["'castel' (did you mean 'castle'?)"],
        ),
        (
            "shots:\n  - duration: 1s\n    prompt: [a sea, " + LONG + "]",
            3,
            ["its last 13 tokens or more"],
        ),
        (
            SEA + "output: {size: 8192x8192}",
            2,
            ["8192x8192", "18 GB", "enlarge the film"],
        ),
    ],
    ids=["unknown word", "misspelt word", "long prompt", "huge picture"],
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


MOVED = "output: {{size: 320x180, fps: 24}}\nshots:\n  - {{name: one, prompt: a sea, {0}}}\n"

RUNAWAY = [
    (
        "duration: 9s, motion: {zoom_per_s: 3}",
        "the camera zooms in 3 times within a second, from 0s of shot 'one' on, by a factor of "
        "1.97e+04 in all",
    ),
    (
        "duration: 4s, motion: {zoom: {0s: 1, 2s: 1, 3s: 4}}",
        "zooms in 4 times within a second, from 2s of shot 'one' on",
    ),
    ("duration: 4s, motion: {dolly: {0s: 0, 1s: 0.7}}", "zooms in 3.33 times within a second"),
    (
        "duration: 12s, motion: {zoom_per_s: 1.7}",
        "zooms by a factor of 583 in all; it exceeds 50 7.38s into the shot",
    ),
    ("duration: 12s, motion: {zoom_per_s: 0.6}", "in all; it exceeds 1/50 7.67s into the shot"),
    (
        "duration: 4s, motion: {rotate: '400*max(t - 1, 0)'}",
        "turns by 400 degrees within a second, from 1s of shot 'one' on, by 1200 in all",
    ),
    ("duration: 3s, motion: {rotate_per_s: 200, roll: -200*t}", None),
    (
        "duration: 2s, motion: {pan_x_per_s: 3}",
        "3 frame widths of picture go by within a second, from 0s",
    ),
    ("duration: 2s, motion: {pan_y_per_s: -0.6, zoom: 5}", "3 frame heights of picture go by"),
    (
        "duration: 3s, motion: {zoom_per_s: 0.3}",
        "the camera uncovers 310% of the picture within a second, from 0s of shot 'one' on",
    ),
    (
        "duration: 90s, motion: {zoom_per_s: 1.06, pan_x_per_s: 0.012}",
        "2.21 frame widths of picture go by within a second, from 89s",
    ),
    ("duration: 3s, motion: {moves: {shake_on: {signal: 1, amount: 0.4}}}", "the camera uncovers"),
]


@pytest.mark.parametrize(("said", "words"), RUNAWAY)
def test_a_camera_that_runs_away_is_told_once(said: str, words: str | None, tmp_path: Path) -> None:
    found = problems(tmp_path, MOVED.format(said))
    assert [problem.severity for problem in found] == ["warning"] * (words is not None)
    if words is not None:
        assert words in found[0].message
        assert (found[0].line, bool(found[0].hint)) == (3, True)


@pytest.mark.parametrize(
    "said",
    [
        *(
            f"duration: 8s, motion: {{moves: {name}}}"
            for name in movements.names()
            if name != "shake_on"
        ),
        "duration: 30s, motion: {zoom_per_s: 1.06, rotate_per_s: 30, pan_x_per_s: 0.02}",
        "duration: 90s, motion: {zoom_per_s: 1.3, rotate: 9*t}",
        "duration: 9s, motion: {moves: {shake_on: {signal: 1}}}",
        "duration: 9s, motion: {moves: {whip_pan: {x: 1.5, length: 0.2}}}",
        "duration: 9s, motion: {zoom: '1 + 0.3*pulse(period=1s, width=0.1)', rotate: 20*sin(9*t)}",
        "duration: 9s, depth: tunnel, motion: {dolly_per_s: 3, yaw_per_s: 40}",
        "duration: 0.5s, motion: {zoom_per_s: 3, pan_x_per_s: 3}",
    ],
)
def test_a_camera_as_it_should_be_is_not_warned_of(said: str, tmp_path: Path) -> None:
    assert problems(tmp_path, MOVED.format(said)) == []


def test_what_many_shots_have_in_common_is_told_of_the_worst(tmp_path: Path) -> None:
    shots = [
        f"  - {{prompt: a sea, duration: 2s, motion: {{pan_x_per_s: {n}}}}}\n" for n in range(3, 8)
    ]
    (three, *_) = found = problems(tmp_path, "shots:\n" + "".join(shots[:3]))
    assert [problem.line for problem in found] == [2, 3, 4]
    assert "more shots" not in three.message
    (one,) = problems(tmp_path, "shots:\n" + "".join(shots))
    assert (one.line, one.message[:15]) == (6, "7 frame widths ")
    assert one.message.endswith("4 more shots are like it")


FLASHING = [
    ("filters: {light: {amount: 'square(0.2s, low=0)', stops: 2}}", "flash 5 times a second, at"),
    ("filters: {light: {amount: 'min(1, decay(beat, 6))', stops: 2}}", None),
    ("filters: {light: {amount: 'square(0.2s, low=0)', stops: 0.1}}", None),
    ("filters: {light: {amount: 'square(0.4s, low=0)', stops: -4}}", None),
    ("filters: {light: {amount: 'square(0.125s, low=0)', stops: -4}}", "flash 8 times a second"),
    ("filters: {vignette: {amount: 'square(0.2s, low=0)', inner: 0}}", "flash 5 times a second"),
    ("filters: {vignette: {amount: 'square(0.2s, low=0)', inner: 0.6}}", None),
    ("filters: {grayscale: 'square(0.2s, low=0)'}", None),
]


@pytest.mark.parametrize(("said", "words"), FLASHING)
def test_light_that_flashes_is_told(said: str, words: str | None, tmp_path: Path) -> None:
    head = "audio: {bpm: 120}\noutput: {fps: 24}\n"
    found = problems(tmp_path, f"{head}shots: [{{name: one, prompt: a sea, duration: 4s, {said}}}]")
    assert [words in problem.message for problem in found if words] == [True] * bool(words)
    assert len(found) == bool(words)


@pytest.mark.parametrize(("length", "count", "told"), [(3, 9, True), (4, 9, False), (3, 6, False)])
def test_cuts_upon_cuts_are_told_once(length: int, count: int, told: bool, tmp_path: Path) -> None:
    shot = f"  - {{prompt: a sea, duration: {length}f, cut: true}}\n"
    found = problems(tmp_path, "output: {fps: 24}\nshots:\n" + shot * (count + 1))
    assert [problem.message[:7] for problem in found] == ["8 cuts "] * told


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("cuts: '32*sin(t)'", "0 at 0s of the shot must be between 1 and 100000"),
        ("hold: {0s: 1, 1s: -1}", "-0.0833333 at 0.541667s of the shot must be between 0 and 1000"),
        ("color_hold: 0.5 + t", "1.04167 at 0.541667s of the shot must be between 0 and 1"),
        (
            "color_hold: 1 + 1e-9*(t > 0.5)",
            "1.000000001 at 0.541667s of the shot must be between",
        ),
        ("filters: {vignette: 2*t}", "1.08333 at 0.541667s of the shot must be between 0 and 1"),
        ("motion: {zoom: 1 - t}", "zoom is 0 at 1s of the shot"),
    ],
)
def test_what_leaves_its_range_is_told_with_value_and_time(
    said: str, words: str, tmp_path: Path
) -> None:
    (problem,) = problems(tmp_path, MOVED.format(f"duration: 2s, {said}"))
    assert (problem.severity, problem.line) == ("error", 3)
    assert words in problem.message
    assert problem.hint is not None


@pytest.mark.parametrize("story", sorted(Path("examples/stories").glob("*.yaml")), ids=str)
def test_the_examples_are_not_warned_of(story: Path) -> None:
    assert check_story(story) == []


@pytest.mark.parametrize(
    "text",
    [
        "duration: 0.5s\nprompts: {0s: a red circle}",
        "shots: [{prompt: a, duration: 0.5s, fade: 1s}]",
        "shots: [{prompt: a, duration: 0.5s}, {prompt: b, duration: 0.5s, cut: true}]\nfade: 1s",
    ],
)
def test_where_nothing_fades_no_fade_is_too_long(text: str, tmp_path: Path) -> None:
    assert not [p for p in problems(tmp_path, text) if "fade" in p.message]


def test_a_shot_that_is_refused_gets_no_warning(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "duration: 4s\nprompts: {0s: fire, 0:05: fog}")
    assert "at or after the end" in problem.message


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("motion: {zoom: {foo: 3}}", "foo"),
        ("filters: {sharpen: {amunt: 1}}", "amunt"),
        ("losses: {exposure: {wieght: 1}}", "wieght"),
        ("perceptors: [{name: sketch, weight: {wight: 1}}]", "wight"),
        ("lr: {vlaue: 1}", "vlaue"),
        ("steps: {many: 3}", "many"),
        ("drawer: {name: fft, decay: {slow: 1}}", "slow"),
        ("prompt: [{text: fire, weight: {dorp: 0.2}}]", "dorp"),
    ],
)
def test_a_curve_of_one_key_is_checked_like_others(text: str, mark: str, tmp_path: Path) -> None:
    prompt = "" if "prompt" in text else "prompt: fire\n"
    (problem,) = problems(tmp_path, f"{prompt}{text}\nshots: [{{duration: 1s}}]")
    assert f"'{mark}'" in problem.message
    assert problem.severity == "error"


def test_a_single_time_is_a_curve_of_one_key(tmp_path: Path) -> None:
    assert not problems(tmp_path, "prompt: fire\ndrawer: fft\nlr: {0s: 1}\nshots: [{duration: 1s}]")
