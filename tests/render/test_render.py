"""Whole renders of tiny films with the real parts."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from storyboard.errors import StoryboardError, UsageError
from storyboard.media import ffmpeg
from storyboard.plan import AudioPlan, Plan, ShotPlan
from storyboard.render import Event, RenderOptions, render, status, still
from storyboard.render.output.embed import read_embedded
from storyboard.render.store.folder import output_paths

Shots = Callable[..., ShotPlan]
Films = Callable[..., Plan]


def frames_of(folder: Path) -> dict[str, bytes]:
    """Every saved frame, by shot and number."""
    return {
        f"{path.parent.name}/{path.name}": path.read_bytes()
        for path in sorted(folder.glob("shots/*/*.png"))
    }


def test_a_film_has_its_frames_story_and_record(tmp_path: Path, plan: Plan) -> None:
    events: list[Event] = []
    film = render(plan, out=tmp_path / "film.mp4", on_event=events.append)
    assert film.path == tmp_path / "film.mp4"
    assert film.frames == ffmpeg.count_frames(film.path) == 10
    assert read_embedded(film.path)["story"] == plan.story
    assert status(plan, film.path) == {"dawn": 4, "night sky": 3, "fire": 3}
    known = json.loads((tmp_path / "run.json").read_text())["films"]["film.mp4"]
    assert (known["state"], known["frames"], known["seed"]) == ("done", [0, 10], 7)
    kinds = [event.kind for event in events]
    assert (kinds[0], kinds[-1]) == ("plan", "done")
    assert [e.frame for e in events if e.kind == "frame"] == list(range(10))
    logged = (tmp_path / "events.jsonl").read_text().splitlines()
    assert [json.loads(line)["kind"] for line in logged] == kinds


def test_the_pictures_follow_their_prompts(tmp_path: Path, shot: Shots, film: Films) -> None:
    first, second = (
        shot(name, n, 3, prompt=name, values={"steps": 25, "cuts": 8, "hold": 0, "color_hold": 0})
        for name, n in (("red", 0), ("blue", 3))
    )
    render(film(first, second), out=tmp_path / "film.gif")
    red, _, blue = np.array(
        [frame.mean((0, 1)) for frame in ffmpeg.decode_frames(tmp_path / "film.gif")]
    )[[2, 3, 5]].T
    assert red[0] > blue[0] + 20
    assert blue[2] > red[2] + 20


def test_a_second_render_has_nothing_to_do(tmp_path: Path, plan: Plan) -> None:
    film = render(plan, out=tmp_path / "film.mp4")
    before = film.path.stat().st_mtime_ns
    events: list[Event] = []
    again = render(plan, out=tmp_path / "film.mp4", on_event=events.append)
    assert [event.kind for event in events] == ["done"]
    assert again.path.stat().st_mtime_ns == before


def test_twice_the_same_film(tmp_path: Path, plan: Plan) -> None:
    one = render(plan, out=tmp_path / "one" / "film.mp4")
    two = render(plan, out=tmp_path / "two" / "film.mp4")
    assert frames_of(tmp_path / "one") == frames_of(tmp_path / "two")
    assert one.path.read_bytes() == two.path.read_bytes()


@pytest.mark.parametrize(
    ("options", "names", "frames"),
    [
        ({"first": 2, "last": 6}, ["film.0m00s167-0m00s500.mp4"], range(2, 6)),
        ({"last": 4}, ["film.0m00s-0m00s333.mp4"], range(4)),
        ({"shots": ["night sky"]}, ["film.0m00s333-0m00s583.mp4"], range(4, 7)),
        ({"shots": ["fire", "night sky"]}, ["film.0m00s333-0m00s833.mp4"], range(4, 10)),
        (
            {"shots": ["dawn", "fire"]},
            ["film.0m00s-0m00s333.mp4", "film.0m00s583-0m00s833.mp4"],
            [*range(4), *range(7, 10)],
        ),
        ({"shots": ["dawn"], "first": 2}, ["film.0m00s167-0m00s333.mp4"], range(2, 4)),
    ],
)
def test_a_part_is_the_same_as_in_the_whole(
    tmp_path: Path, plan: Plan, options: dict[str, Any], names: list[str], frames: range
) -> None:
    whole, part = tmp_path / "whole", tmp_path / "part"
    film = render(plan, out=part / "film.mp4", **options)
    assert [path.name for path in film.paths] == names
    assert sum(ffmpeg.count_frames(path) for path in film.paths) == film.frames == len(frames)
    render(plan, out=whole / "film.mp4")
    made, every = frames_of(part), frames_of(whole)
    assert all(every[name] == data for name, data in made.items())
    # what flows into the part is made on the way, and nothing else
    needed = {n for n in range(10) for last in frames if n <= last and (n < 7) == (last < 7)}
    assert len(made) == len(needed)


def test_a_part_has_its_part_of_the_sound(tmp_path: Path, plan: Plan) -> None:
    song = tmp_path / "song.wav"
    source = "aevalsrc=gt(t\\,0.5)*0.5*sin(2*PI*440*t):s=48000:d=0.75"
    ffmpeg.run(["-f", "lavfi", "-i", source, str(song)], doing="make a song")
    audio = AudioPlan(song, Fraction(0), Fraction(0), Fraction(1))
    film = render(replace(plan, audio=audio), out=tmp_path / "film.mov", first=4, last=8)
    sound = np.abs(ffmpeg.decode_audio(film.path, rate=48000)[:, 0])
    assert len(sound) == 16000
    assert sound[:7900].max() < 0.01
    assert sound[8100:].max() > 0.4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shots": ["nihgt sky"]}, "did you mean 'night sky'"),
        ({"first": 10}, "frames 10 to 10 are out of range; the film has 10"),
        ({"first": 5, "last": 5}, "frames 5 to 5 are out of range"),
        ({"last": 11}, "frames 0 to 11 are out of range"),
        ({"shots": ["fire"], "last": 3}, "the selected shots and times do not overlap"),
        ({"devise": "cpu"}, "no option 'devise'; did you mean 'device'"),
        ({"out": "film.mp5"}, "did you mean 'mp4'"),
    ],
)
def test_what_cannot_be_is_refused_before_any_work(
    tmp_path: Path, plan: Plan, options: dict[str, Any], message: str
) -> None:
    out = tmp_path / options.pop("out", "film.mp4")
    with pytest.raises(UsageError, match=message):
        render(plan, out=out, **options)
    assert list(tmp_path.iterdir()) == []


def test_a_film_of_another_maker_is_not_replaced(tmp_path: Path, plan: Plan) -> None:
    film = tmp_path / "film.mp4"
    film.write_text("my holidays")
    with pytest.raises(UsageError, match="was not made here"):
        render(plan, out=film)
    assert film.read_text() == "my holidays"
    assert not (tmp_path / "shots").exists()
    render(plan, out=film, overwrite=True)
    assert ffmpeg.count_frames(film) == 10


def test_our_own_film_is_replaced_when_the_story_changes(
    tmp_path: Path, shot: Shots, film: Films
) -> None:
    out = tmp_path / "film.mp4"
    first = render(film(shot(count=2)), out=out).path.read_bytes()
    second = render(film(shot(count=2, prompt="blue")), out=out).path.read_bytes()
    assert first != second
    assert render(film(shot(count=2)), out=out).path.read_bytes() == first


def test_without_embedding_the_film_tells_only_its_title(tmp_path: Path, plan: Plan) -> None:
    film = render(plan, out=tmp_path / "film.mp4", last=2, embed=False)
    tags = ffmpeg.probe(film.path).metadata
    assert tags["title"] == plan.title
    assert not {"storyboard", "comment"} & set(tags)


@pytest.mark.parametrize("name", ["film.gif", "pictures"])
def test_where_there_is_no_room_for_sound_an_event_says_so(
    tmp_path: Path, plan: Plan, name: str
) -> None:
    audio = AudioPlan(tmp_path / "song.wav", Fraction(0), Fraction(0), Fraction(1))
    events: list[Event] = []
    silent = replace(plan, audio=audio)
    film = render(silent, out=tmp_path / name, last=2, on_event=events.append)
    assert [e for e in events if e.kind == "warning" and "holds no sound" in (e.message or "")]
    assert read_embedded(film.path)["seed"] == 7


def test_a_folder_of_pictures_has_the_frames_themselves(tmp_path: Path, plan: Plan) -> None:
    film = render(plan, out=tmp_path / "pictures", first=1, last=3)
    made = [np.asarray(Image.open(path)) for path in sorted(film.path.iterdir())]
    saved = [np.asarray(Image.open(path)) for path in sorted(tmp_path.glob("shots/dawn*/*.png"))]
    assert [path.name for path in sorted(film.path.iterdir())] == ["00001.png", "00002.png"]
    assert all(np.array_equal(a, b) for a, b in zip(made, saved[1:], strict=True))
    assert render(plan, out=tmp_path / "pictures", first=1, last=3).path == film.path


def test_the_same_command_goes_on_in_a_whole_folder_of_pictures(tmp_path: Path, plan: Plan) -> None:
    out = tmp_path / "pictures"
    render(plan, out=out)
    assert render(plan, out=out).path == out


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_of_pictures_that_holds_more_is_not_replaced(
    tmp_path: Path, shot: Shots, film: Films, *, overwrite: bool
) -> None:
    out = tmp_path / "pictures"
    render(film(shot(count=2)), out=out)
    (out / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"notes\.txt"):
        render(film(shot(count=2, prompt="blue")), out=out, overwrite=overwrite)
    assert (out / "notes.txt").read_text() == "mine"


def test_a_still_is_the_frame_of_the_film(tmp_path: Path, plan: Plan) -> None:
    picture = still(plan, Fraction(8, 12), out=tmp_path / "film.mp4")
    assert status(plan, tmp_path / "film.mp4") == {"dawn": 0, "night sky": 0, "fire": 2}
    render(plan, out=tmp_path / "film.mp4")
    saved = sorted(tmp_path.glob("shots/fire*/*.png"))[1]
    assert np.array_equal(picture, np.asarray(Image.open(saved)))
    with pytest.raises(UsageError, match="there is no"):
        still(plan, plan.duration, out=tmp_path / "film.mp4")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "out/try/try.mp4"),
        ({"own_quality": "best"}, "out/try/try.sketch.mp4"),
        ({"format": "gif"}, "out/try/try.gif"),
        ({"format": "png"}, "out/try/try-frames"),
    ],
)
def test_a_film_has_its_place(plan: Plan, changes: dict[str, Any], expected: str) -> None:
    assert output_paths(replace(plan, **changes)).film == Path(expected)


def test_a_full_disk_is_told_and_can_be_gone_on_from(tmp_path: Path, plan: Plan) -> None:
    """A limit of file size stands for the disk: writing fails in the middle of a file."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, limit[1]))
    try:
        with pytest.raises(StoryboardError, match=r"cannot write .*\.state.*frame is kept"):
            render(plan, out=tmp_path / "film.mp4")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert not list(tmp_path.rglob("*.part"))
    kept = frames_of(tmp_path)
    assert len(kept) == 1
    render(plan, out=tmp_path / "film.mp4")
    assert kept.items() <= frames_of(tmp_path).items()
    assert ffmpeg.count_frames(tmp_path / "film.mp4") == 10


def test_the_encoder_on_a_full_disk(tmp_path: Path, plan: Plan) -> None:
    render(plan, out=tmp_path / "film.mp4")
    (tmp_path / "film.mp4").unlink()
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, limit[1]))
    try:
        with pytest.raises(StoryboardError):
            render(plan, out=tmp_path / "film.mov")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert not (tmp_path / "film.mov").exists()
    assert not list(tmp_path.rglob("*.part"))


def test_options_have_defaults_that_render_everything(plan: Plan) -> None:
    options = RenderOptions()
    assert (options.first, options.last, options.shots) == (None, None, None)
    assert options.stop() is False


def test_nothing_of_torch_is_needed_to_look_at_a_film() -> None:
    rooms = "storyboard.render, storyboard.render.store.status"
    code = f"import sys, {rooms}; sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], env=os.environ, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("shots", [None, ["night sky"], ["night sky", "fire"]])
def test_what_is_counted_is_what_is_painted(
    tmp_path: Path, plan: Plan, there: bool, fresh: bool, shots: list[str] | None
) -> None:
    """F55: no count passes the whole, also of a piece, and of one that is begun again."""
    out = tmp_path / "film.mp4"
    if there:
        render(plan, out=out)
    events: list[Event] = []
    render(plan, out=out, on_event=events.append, shots=shots, fresh=fresh)
    painted = [e for e in events if e.kind == "frame"]
    told = [e for e in events if e.kind == "paint"]
    assert bool(told) == bool(painted)
    for event in told:
        assert event.of == (event.done or 0) + sum(not e.again for e in painted)
        assert event.steps == sum(max(e.steps or 0, 1) for e in painted)
    for event in (e for e in events if e.kind == "plan"):
        wanted = {s.name: s.frame_count for s in plan.shots if shots is None or s.name in shots}
        assert event.of == sum(wanted.values())
        assert event.done == (0 if fresh or not there else event.of)
