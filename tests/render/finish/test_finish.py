"""Finishing: stored pictures in, the film's pictures out."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from storyboard.media import ffmpeg
from storyboard.media.ffmpeg import Picture
from storyboard.plan import Plan, StereoPlan
from storyboard.render import Event, render, still
from storyboard.render.finish import film_frame, finished, is_asked, needed, pipeline
from storyboard.render.finish.overlay import wrapped
from storyboard.render.finish.shown import Shown, each_eye
from storyboard.render.finish.upscale import lanczos
from storyboard.render.pictures import from_8_bit, to_8_bit
from storyboard.timeline import load_story_text, make_plan

BASE = """
output: {size: 32x18, fps: 12}
perceptors: tiny
steps: 1
steps_first: 1
cuts: 2
shots:
  - {name: a, duration: 0.5s, prompt: red, motion: {pan_x_per_s: 0.75}}
  - {name: b, duration: 0.25s, prompt: blue}
  - {name: c, duration: 0.5s, prompt: green, cut: true}
"""


def planned(folder: Path | str = ".", **changes: Any) -> Plan:
    """The film of 15 frames, a cut at frame 9, with ``changes`` by key (``__`` for a dot)."""
    overrides = {key.replace("__", "."): value for key, value in changes.items()}
    return make_plan(load_story_text(BASE, folder=folder, overrides=overrides))


def noise(number: int, size: tuple[int, int] = (18, 32)) -> Picture:
    levels: Picture = np.random.default_rng(number).integers(0, 256, (*size, 3), np.uint8)
    return levels


def film(plan: Plan, read: Callable[[int], Picture] = noise, **part: int) -> list[Picture]:
    part = {"first": 0, "stop": plan.film.frame_count, **part}
    return list(finished(plan, read, **part))


def same(some: list[Picture], others: list[Picture]) -> list[bool]:
    return [np.array_equal(one, other) for one, other in zip(some, others, strict=True)]


def test_eight_bits_come_back_from_float() -> None:
    assert np.array_equal(to_8_bit(from_8_bit(noise(1))), noise(1))


def test_where_nothing_is_asked_the_stored_pictures_are_the_film() -> None:
    plan, given = planned(), [noise(n) for n in range(15)]
    assert not is_asked(plan)
    assert (plan.finish.digest, plan.film, needed(plan, 4, 7)) == ("", plan, {4, 5, 6})
    assert all(a is b for a, b in zip(film(plan, given.__getitem__), given, strict=True))


STAGES = ("upscaled", "between", "filtered", "remembered", "overlaid")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_that_is_not_asked_for_gives_back_what_it_is_given(stage: str) -> None:
    pictures = iter([Shown(0, torch.zeros(1, 3, 2, 2))])
    given = {"first": 0, "stop": 1} if stage == "between" else {}
    assert getattr(pipeline, stage)(pictures, planned(), **given) is pictures


def test_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each stage appends its own number to the one pixel, in base eight."""
    for number, name in enumerate(STAGES, start=1):

        def stage(pictures: Any, plan: Plan, number: int = number, **part: int) -> Any:
            return (Shown(one.number, one.picture * 8 + number) for one in pictures)

        monkeypatch.setattr(pipeline, name, stage)
    monkeypatch.setattr(pipeline, "to_8_bit", lambda picture: int(picture.flatten()[0]))
    plan = planned(filters="{light: 1}")
    found = film(plan, lambda number: np.zeros((1, 1, 3), np.uint8), first=1, stop=2)
    assert [oct(value) for value in found] == ["0o12345"]  # type: ignore[arg-type]


def test_a_flash_changes_its_frames_of_the_film_and_no_other() -> None:
    plan = planned(filters="{light: {amount: 'f == 3', stops: 2}}")
    shown, stored = film(plan), [noise(n) for n in range(15)]
    assert [n for n, equal in enumerate(same(shown, stored)) if not equal] == [3]
    x = stored[3] / 255
    assert np.abs(shown[3] - 255 * (1 - (1 - x) ** 4)).max() <= 0.501


def test_trails_are_the_same_in_every_part_and_end_at_a_cut() -> None:
    plan = planned(filters="{trails: {amount: 1, decay_s: 0.5}}")
    whole, stored = film(plan), [noise(n) for n in range(15)]
    assert [n for n, equal in enumerate(same(whole, stored)) if equal] == [0, 9]
    kept = stored[0].astype(float)
    for number in range(1, 9):
        kept = np.maximum(stored[number], kept * 0.1 ** (1 / 6))
        assert np.abs(whole[number] - kept).max() <= 0.501
    for first, stop in ((0, 4), (4, 8), (8, 12), (12, 15)):
        assert all(same(film(plan, first=first, stop=stop), whole[first:stop]))
    assert (needed(plan, 8, 9), needed(plan, 10, 11)) == (set(range(9)), {9, 10})


def test_grain_is_of_its_frame_in_every_part() -> None:
    plan = planned(filters="{grain: {amount: 'f != 4', strength: 0.2}, glitch: 'f == 5'}")
    whole, stored = film(plan), [noise(n) for n in range(15)]
    assert [n for n, equal in enumerate(same(whole, stored)) if equal] == [4]
    assert all(same(film(plan, first=5, stop=8), whole[5:8]))
    grey = film(plan, lambda _: np.full((18, 32, 3), 128, np.uint8), first=6, stop=8)
    assert not np.array_equal(*grey)


def test_a_memory_begins_with_the_first_shot_that_has_it() -> None:
    plan = planned(**{"shots.b.filters": "{trails: 1}"})
    assert needed(plan, 8, 9) == {6, 7, 8}
    assert [
        n for n, equal in enumerate(same(film(plan), list(map(noise, range(15))))) if equal
    ] == [
        *range(7),
        *range(9, 15),
    ]


def test_the_picture_is_painted_small_and_shown_large() -> None:
    plan = planned(output__paint__size="32x18", output__size="64x36")
    assert ((plan.width, plan.height), plan.film_size) == ((32, 18), (64, 36))
    ramp = np.repeat(np.linspace(20, 206, 32), 54).reshape(32, 18, 3).transpose(1, 0, 2)
    (shown,) = film(plan, lambda number: ramp.astype(np.uint8), stop=1)
    assert shown.shape == (36, 64, 3)
    middle = np.diff(shown[18, 8:-8, 0].astype(int))
    assert middle.min() >= 2 and middle.max() <= 4  # no steps of two pixels


def test_lanczos_neither_overshoots_nor_shifts() -> None:
    edge = torch.zeros(1, 3, 8, 8)
    edge[..., 4:] = 1
    large = lanczos(edge, (24, 24))
    assert large.shape == (1, 3, 24, 24)
    assert large.min() >= 0 and large.max() <= 1
    torch.testing.assert_close(large, 1 - large.flip(3), atol=1e-6, rtol=0)


@pytest.mark.parametrize(("form", "axis"), [("side_by_side", 3), ("over_under", 2)])
def test_no_eye_sees_into_the_other(form: str, axis: int) -> None:
    both = torch.cat([torch.zeros(1, 3, 6, 6), torch.ones(1, 3, 6, 6)], axis)
    large = each_eye(both, StereoPlan(form), lambda half: lanczos(half, (12, 12)))
    assert [half.unique().tolist() for half in large.chunk(2, axis)] == [[0.0], [1.0]]


def world(number: int, *, fps: int = 6) -> Picture:
    """What a camera sees that pans by 0.75 widths a second over a smooth world 32 pixels wide."""
    x = np.arange(32) + 0.75 * 32 * number / fps
    row = 128 + 80 * np.sin(2 * np.pi * x / 16)
    return np.broadcast_to(np.round(row)[None, :, None], (18, 32, 3)).astype(np.uint8)


def test_frames_in_between_follow_the_camera_exactly() -> None:
    plan = planned(output__paint="{fps: 6}")
    assert (plan.fps, plan.film.fps, plan.frame_count, plan.film.frame_count) == (6, 12, 8, 15)
    shown = film(plan, world)
    for number in range(5):
        wanted = world(number, fps=12).astype(int)
        inner = np.s_[:, 3:-3]  # at the very edge one side has been uncovered
        assert np.abs(shown[number].astype(int) - wanted)[inner].max() <= (2 if number % 2 else 0)


def test_painted_frames_are_shown_untouched_and_cuts_stay_where_they_are() -> None:
    plan = planned(output__paint__fps="6")
    assert [(s.first, s.stop) for s in plan.film.shots] == [(0, 6), (6, 9), (9, 15)]
    assert [(s.first, s.stop) for s in plan.shots] == [(0, 3), (3, 5), (5, 8)]
    shown = film(plan)
    assert [n for n in range(0, 9, 2) if np.array_equal(shown[n], noise(n // 2))] == [0, 2, 4, 6, 8]
    assert [n for n in range(10, 15, 2) if np.array_equal(shown[n], noise(n // 2))] == [10, 12, 14]
    # nothing goes over the cut at frame 9: the first chain is red, the second green
    colors = [np.full((18, 32, 3), np.eye(3, dtype=np.uint8)[n // 5] * 200) for n in range(8)]
    means = [one.mean((0, 1)).tolist() for one in film(plan, colors.__getitem__)]
    assert means == [[200, 0, 0]] * 9 + [[0, 200, 0]] * 6


@pytest.mark.parametrize("changes", [{}, {"filters": "{trails: 1, light: 0.3}"}])
def test_parts_with_frames_in_between_are_those_of_the_whole(changes: dict[str, Any]) -> None:
    plan = planned(output__paint__fps="4", **changes)
    whole, borders = film(plan), [film_frame(plan, n) for n in range(plan.frame_count + 1)]
    assert borders == sorted(borders) and borders[-1] == len(whole) == 15
    for first, stop in pairwise(borders):
        asked: list[int] = []

        def read(number: int, asked: list[int] = asked) -> Picture:
            asked.append(number)
            return noise(number)

        assert all(same(film(plan, read, first=first, stop=stop), whole[first:stop]))
        assert set(asked) == needed(plan, first, stop)


def test_the_camera_is_the_same_however_many_frames_are_painted() -> None:
    motion = "{zoom: '1 + 0.3*sin(7*t)', rotate_per_s: '20 + 50*decay(beat, 6)'}"
    plans = (planned(motion=motion, audio="{bpm: 170}", output__paint__fps=n) for n in (12, 4))
    every, third = plans
    for one, other in zip(every.shots, third.film.shots, strict=True):
        np.testing.assert_array_equal(one.poses, other.poses)
    assert [f.pose for f in third.frames] == [every.frames[n].pose for n in range(0, 15, 3)]


def test_an_overlay_lies_where_and_when_it_is_said(tmp_path: Path) -> None:
    logo = np.zeros((4, 8, 4), np.uint8)
    logo[:, 4:] = (255, 255, 255, 255)
    Image.fromarray(logo).save(tmp_path / "logo.png")
    over = "[{image: logo.png, at: bottom right, scale: 0.25, from: 3f, to: 6f, alpha: '(f-2)/4'}]"
    plan = planned(tmp_path, overlays=over)
    shown = film(plan, lambda number: np.zeros((18, 32, 3), np.uint8))
    lit = [(n, int(one.max())) for n, one in enumerate(shown) if one.any()]
    assert lit == [(3, 64), (4, 128), (5, 191)]
    rows, columns = np.nonzero(shown[4][..., 0])
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (14, 17, 28, 31)


def test_an_overlay_may_be_seen_every_so_often(tmp_path: Path) -> None:
    Image.new("RGBA", (4, 4), "white").save(tmp_path / "logo.png")
    over = "[{image: logo.png, from: 1f, to: 12f, every: 4f}]"
    shown = film(planned(tmp_path, overlays=over), lambda number: np.zeros((18, 32, 3), np.uint8))
    assert [n for n, one in enumerate(shown) if one.any()] == [1, 5, 9]


def test_a_caption_is_written_in_the_films_size() -> None:
    words = "[{text: Grüße, at: top, size: 0.25, color: '#ffff00', to: 50%}]"
    plan = planned(output__size="128x72", output__paint__size="32x18", captions=words)
    shown = film(plan, lambda number: np.full((18, 32, 3), 90, np.uint8))
    changed = np.abs(shown[0].astype(int) - shown[-1]).max(2) > 0
    rows, columns = np.nonzero(changed)
    assert rows.min() >= 3 and 12 <= rows.max() - rows.min() <= 28
    assert abs(columns.min() + columns.max() - 127) <= 3
    red, green, blue = shown[0][changed].max(0).tolist()
    assert red == green == 255 and blue <= 90
    assert same(shown[:8], shown[:1] * 8) == [True] * 8 and (shown[8] == 90).all()


def test_long_words_are_broken_into_lines() -> None:
    from storyboard.media.fonts import default_font, open_font

    font = open_font(default_font(), 12)
    lines = wrapped("one two three four\nfive", font, round(font.getlength("one two three")))
    assert lines == "one two three\nfour\nfive"


def test_what_only_the_film_shows_repaints_nothing(tmp_path: Path) -> None:
    def made(**changes: Any) -> tuple[list[str], list[Picture]]:
        kinds: list[Event] = []
        plan = planned(tmp_path, **changes)
        done = render(plan, out=tmp_path / "film.mp4", on_event=kinds.append)
        assert done.frames == plan.film.frame_count == ffmpeg.count_frames(done.path)
        return [event.kind for event in kinds], list(ffmpeg.decode_frames(done.path))

    first, plain = made()
    assert first.count("frame") == 15
    for changes in (
        {"filters": "{light: {amount: 'f == 2', stops: 3}}"},
        {"filters": "{trails: 1}"},
        {"captions": "hello"},
        {"output.size": "64x36", "output.paint": "32x18"},
    ):
        kinds, shown = made(**changes)
        assert "frame" not in kinds and "encode" in kinds
        assert not all(same(shown, plain)) if len(shown[0]) == 18 else shown[0].shape == (36, 64, 3)
        assert made(**changes)[0] == ["done"]
    assert all(same(made()[1], plain))


def test_a_still_is_the_frame_of_the_film(tmp_path: Path) -> None:
    plan = planned(output__paint__fps="6", filters="{trails: 1}", output__format="png")
    render(plan, out=tmp_path / "film")
    for number in (7, 8, 10):
        picture = still(plan, Fraction(number, 12), out=tmp_path / "film")
        with Image.open(tmp_path / "film" / f"{number + 1:05d}.png") as shown:
            assert np.array_equal(np.asarray(shown.convert("RGB")), picture)
