"""A film's folder in any state leads to the same film, or to an error that names the file."""

from __future__ import annotations

import io
import json
import pickle
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from storyboard.errors import Interrupted, StoryboardError
from storyboard.plan import Plan, ShotPlan
from storyboard.render import Event, render
from storyboard.render.store.shots import FrameRecord, ShotFolder

Shots = Callable[..., ShotPlan]
Films = Callable[..., Plan]
Damage = Callable[[Path], None]

STOPPED = 2
"""The last frame that is there of the film that was stopped."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders that were rendered, by name; see `finished` and `stopped`."""
    return {"": tmp_path_factory.mktemp("made")}


@pytest.fixture
def finished(plan: Plan, made: dict[str, Path]) -> Path:
    """The folder of the finished film."""
    folder = made[""] / "finished"
    render(plan, out=folder / "film.mp4")
    return folder


@pytest.fixture
def stopped(plan: Plan, made: dict[str, Path]) -> Path:
    """The folder of the film that was stopped in its first shot, with two checkpoints."""
    folder = made[""] / "stopped"
    frames: list[int | None] = []
    if not folder.exists():
        with pytest.raises(Interrupted):
            render(
                plan,
                out=folder / "film.mp4",
                on_event=lambda e: frames.append(e.frame) if e.kind == "frame" else None,
                stop=lambda: frames[-1:] == [STOPPED],
            )
    return folder


def frames_of(folder: Path) -> dict[str, bytes]:
    return {f"{p.parent.name}/{p.name}": p.read_bytes() for p in folder.glob("shots/*/*.png")}


def rendered(plan: Plan, folder: Path) -> list[Event]:
    """What was reported when the film was rendered again."""
    events: list[Event] = []
    render(plan, out=folder / "film.mp4", on_event=events.append)
    return events


def painted(events: list[Event]) -> list[int | None]:
    return [event.frame for event in events if event.kind == "frame" and not event.again]


def of_shot(name: str, file: str) -> Callable[[Path], Path]:
    return lambda folder: next(folder.glob(f"shots/{name}-*")) / file


def appended(line: str) -> Damage:
    """Adds a line to the first shot's frames.jsonl."""

    def damage(folder: Path) -> None:
        with of_shot("dawn", "frames.jsonl")(folder).open("a") as file:
            file.write(line + "\n")

    return damage


def line(**values: str) -> str:
    """A line for frame 3, which is not there, with some values as they are written."""
    known = {"local": "3", "loss": "1", "seconds": "1", "size": "3", "steps": "2"}
    known["sha256"] = json.dumps("0" * 64)
    return "{" + ", ".join(f'"{k}": {v}' for k, v in {**known, **values}.items()) + "}"


WRONG = [
    *(line(local=v) for v in ('"x"', "null", "1.5", "-1", "1e400", "[1]", "true", "9" * 5000)),
    *(line(size=v) for v in ('"3"', "null", "-1", "2.5", "true")),
    *(line(seconds=v) for v in ('"x"', "null", "NaN", "1e999", "[]")),
    *(line(loss=v) for v in ('"x"', "NaN", "[1]", "{}")),
    *(line(sha256=v) for v in ("5", "null", '"x"', '"' + "g" * 64 + '"')),
    *(line(steps=v) for v in ("[]", "null", "-2", "0.5")),
    *(line(cut_batch=v) for v in ("0", '"x"', "true")),
    *(line(shot=v) for v in ("5", "null", "[]", '"' + "0" * 64 + '"')),
    *("[" * 100_000, '{"a":' * 50_000, "null", "[]", "5", "\x00\x00", "{}", line(more="1")),
]


@pytest.mark.parametrize("wrong", WRONG, ids=range(len(WRONG)))
def test_a_line_that_is_no_record_is_passed_over(tmp_path: Path, shot: Shots, wrong: str) -> None:
    folder = ShotFolder.open(tmp_path, shot(count=4))
    folder.make()
    record = FrameRecord(0, "0" * 64, 3, 0.5, 2, 1.0)
    folder.save_frame(b"abc", record)
    with (folder.path / "frames.jsonl").open("a") as file:
        file.write(wrong + "\n")
    again = ShotFolder.open(tmp_path, folder.shot)
    again.make()
    assert list(again.records) == [0]
    assert again.records[0] == replace(record, shot=folder.shot.digest)
    again.save_frame(b"def", replace(record, local=1))
    assert list(ShotFolder.open(tmp_path, folder.shot).records) == [0, 1]


def unlink(pattern: str) -> Damage:
    return lambda folder: [path.unlink() for path in folder.glob(pattern)] and None


def written(pattern: str, data: bytes) -> Damage:
    return lambda folder: [path.write_bytes(data) for path in folder.glob(pattern)] and None


def linked(folder: Path) -> None:
    """The folder of a shot is a link to one that holds something of the user's."""
    path, elsewhere = next(folder.glob("shots/fire-*")), folder / "elsewhere"
    path.rename(elsewhere)
    (elsewhere / "shot.json").unlink()
    (elsewhere / "precious.txt").write_text("x")
    path.symlink_to(elsewhere.resolve(), target_is_directory=True)


KEPT: list[tuple[str, Damage]] = [
    ("shot.json gone", unlink("shots/*/shot.json")),
    ("shot.json torn", written("shots/*/shot.json", b'{"na')),
    ("shot.json of another", written("shots/*/shot.json", b'{"digest": "0", "name": "dawn"}')),
    ("shot.json deep", written("shots/*/shot.json", b"[" * 100_000)),
    ("run.json gone", unlink("run.json")),
    *(
        (f"run.json {content[:40]!r}", written("run.json", content))
        for content in (
            *(b"", b"null", b"[]", b'{"films": []}', b'{"films": {"film.mp4": null}}'),
            *(b'{"films": {"film.mp4": [1]}}', b'{"films": {"film.mp4": "x"}}', b"[" * 100_000),
            *(b"\xff\xfe\x00", b'{"films": ' + b"1" * 6000 + b"}", b'{"films": {"film.mp4": {}}}'),
            b'{"films": {"film.mp4": {"state": 5, "sha256": NaN}}}',
        )
    ),
    ("events.jsonl torn and binary", written("events.jsonl", b"\xff\x00{")),
    ("lock garbage", written(".locks/*", b"\xff\xfe99999999")),
    ("shot folder a link", linked),
]


@pytest.mark.parametrize("damage", [d for _, d in KEPT], ids=[name for name, _ in KEPT])
@pytest.mark.parametrize("there", [True, False], ids=["film there", "film gone"])
def test_no_finished_frame_is_lost(
    tmp_path: Path, plan: Plan, finished: Path, damage: Damage, there: bool
) -> None:
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    if not there:
        (tmp_path / "film.mp4").unlink()
    damage(tmp_path)
    assert painted(rendered(plan, tmp_path)) == []
    assert frames_of(tmp_path) == frames_of(finished)
    assert (tmp_path / "film.mp4").read_bytes() == (finished / "film.mp4").read_bytes()
    assert len(list(tmp_path.glob("elsewhere/precious.txt"))) == (damage is linked)


def in_place(pattern: str, kind: str) -> Damage:
    """A file, or a folder with a file, in the place of what is there."""

    def damage(folder: Path) -> None:
        path = next(folder.glob(pattern), folder / pattern)
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        if kind == "file":
            path.write_text("x")
        else:
            (path / "inner").mkdir(parents=True)

    return damage


REFUSED: list[tuple[str, str, str]] = [
    ("shots", "file", "shots"),
    ("shots/dawn-*", "file", "dawn-"),
    ("shots/dawn-*/frames.jsonl", "folder", r"frames\.jsonl"),
    ("shots/dawn-*/00001.png", "folder", r"00001\.png"),
    ("events.jsonl", "folder", r"events\.jsonl"),
    ("run.json", "folder", r"run\.json"),
    ("run.json.part", "folder", r"run\.json\.part"),
    (".locks", "file", r"\.locks"),
    (".locks/film.mp4", "folder", r"\.locks.film\.mp4"),
    ("film.mp4.part", "folder", r"film\.mp4\.part"),
    ("film.mp4", "folder", r"film\.mp4"),
]


@pytest.mark.parametrize(("pattern", "kind", "named"), REFUSED, ids=[r[0] for r in REFUSED])
def test_what_is_in_the_place_of_something_else_is_named(
    tmp_path: Path, plan: Plan, finished: Path, pattern: str, kind: str, named: str
) -> None:
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    (tmp_path / "film.mp4").unlink()
    in_place(pattern, kind)(tmp_path)
    with pytest.raises(StoryboardError, match=named):
        rendered(plan, tmp_path)


def state(folder: Path) -> Path:
    return sorted(folder.glob("shots/dawn-*/*.state"))[-1]


def content_of(folder: Path) -> dict[str, Any]:
    data = state(folder).read_bytes().partition(b"\n")[2]
    content: dict[str, Any] = torch.load(io.BytesIO(data), weights_only=True)
    return content


def packed(content: object) -> bytes:
    file = io.BytesIO()
    torch.save(content, file)
    return file.getvalue()


class Touches:
    """Unpickling it would raise `SystemExit`."""

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, ("raise SystemExit",)


def changed(**values: Any) -> Callable[[dict[str, Any]], bytes]:
    return lambda content: packed({**content, **values})


GARBAGE: list[tuple[str, Callable[[dict[str, Any]], bytes]]] = [
    ("garbage", lambda _: b"garbage" * 100),
    ("empty", lambda _: b""),
    ("pickle that runs", lambda _: pickle.dumps(Touches())),
    ("zip with a pickle that runs", lambda _: packed({"drawer": Touches()})),
    ("other keys", lambda _: packed({"x": 1})),
    ("a list", lambda _: packed([1])),
    ("another drawer", changed(drawer_key="pixel []")),
    ("picture of another size", changed(anchor=torch.zeros(1, 3, 4, 4))),
    ("picture a text", changed(anchor="x")),
    ("age a text", changed(anchor_age="x")),
    ("age from the future", changed(anchor_age=-5)),
    ("no optimiser", changed(optimiser=None)),
    ("drawing of another shape", changed(drawer={"spectrum": torch.zeros(3)})),
    ("colours a number", changed(colors=5)),
    ("NaN", lambda c: packed({**c, "anchor": c["anchor"] * float("nan")})),
    (
        "infinite drawing",
        lambda c: packed({**c, "drawer": {k: v / 0 for k, v in c["drawer"].items()}}),
    ),
]


@pytest.mark.parametrize("garbage", [g for _, g in GARBAGE], ids=[name for name, _ in GARBAGE])
def test_a_checkpoint_of_right_digest_and_wrong_content_gives_way_to_the_one_before(
    tmp_path: Path,
    plan: Plan,
    finished: Path,
    stopped: Path,
    garbage: Callable[[dict[str, Any]], bytes],
) -> None:
    shutil.copytree(stopped, tmp_path, dirs_exist_ok=True)
    data = garbage(content_of(tmp_path))
    path = state(tmp_path)
    ShotFolder.open(tmp_path / "shots", plan.shots[0]).save_state(int(path.stem), data)
    events = rendered(plan, tmp_path)
    assert [e.message for e in events if "the checkpoint after" in (e.message or "")]
    assert painted(events) == list(range(STOPPED + 1, 10))
    assert frames_of(tmp_path) == frames_of(finished)


def moved_state(folder: Path, other: Path) -> None:
    """The checkpoint of another film's shot under this one's name."""
    source = sorted(other.glob("shots/*/*.state"))[0]
    state(folder).write_bytes(source.read_bytes())


def other_number(folder: Path, _other: Path) -> None:
    """The checkpoint under the number of another frame."""
    state(folder).rename(state(folder).with_name("00001.state"))


def other_shot(folder: Path, other: Path) -> None:
    """Checkpoints, frames and lines of another film, all of them, under this one's folder."""
    target = next(folder.glob("shots/dawn-*"))
    for path in next(other.glob("shots/dawn-*")).iterdir():
        shutil.copy(path, target / path.name)


@pytest.mark.parametrize("damage", [moved_state, other_number, other_shot])
def test_what_belongs_to_another_shot_or_frame_is_not_taken(
    tmp_path: Path,
    shot: Shots,
    film: Films,
    plan: Plan,
    finished: Path,
    stopped: Path,
    damage: Callable[[Path, Path], None],
) -> None:
    other = film(shot("dawn", 0, 4, prompt="green"))
    render(other, out=tmp_path / "other" / "film.mp4")
    shutil.copytree(stopped, tmp_path / "here")
    damage(tmp_path / "here", tmp_path / "other")
    rendered(plan, tmp_path / "here")
    assert frames_of(tmp_path / "here") == frames_of(finished)


def moved_away(folder: Path) -> None:
    folder.rename(folder.with_name("moved"))


def shot_deleted(folder: Path) -> None:
    shutil.rmtree(next(folder.glob("shots/dawn-*")))


@pytest.mark.parametrize("damage", [moved_away, shot_deleted])
def test_a_folder_that_goes_while_it_is_rendered_ends_the_render_at_once(
    tmp_path: Path, plan: Plan, damage: Damage
) -> None:
    folder, seen = tmp_path / "film", list[int | None]()

    def on_event(event: Event) -> None:
        if event.kind == "frame":
            seen.append(event.frame)
            if event.frame == 1:
                damage(folder)

    with pytest.raises(StoryboardError, match=r"moved or deleted .* run the same command again"):
        render(plan, out=folder / "film.mp4", on_event=on_event)
    assert seen == [0, 1]
    assert not list(folder.glob("shots/*/*.png"))


def test_another_film_under_the_same_name_is_kept_beside_it(
    tmp_path: Path, shot: Shots, film: Films
) -> None:
    """F51: the same name, whatever was changed; --overwrite replaces it."""
    out = tmp_path / "film.mp4"
    made: list[bytes] = []
    for prompt in ("red", "blue", "green"):
        render(film(shot(count=2, prompt=prompt)), out=out)
        made.append(out.read_bytes())
    assert (tmp_path / "film.earlier-1.mp4").read_bytes() == made[0]
    assert (tmp_path / "film.earlier-2.mp4").read_bytes() == made[1]
    render(film(shot(count=2, prompt="red")), out=out, overwrite=True)
    assert sorted(p.name for p in tmp_path.glob("*.mp4")) == [
        *("film.earlier-1.mp4", "film.earlier-2.mp4", "film.mp4")
    ]
    assert out.read_bytes() == made[0]


def test_a_film_keeps_its_name_until_the_one_that_takes_it_is_whole(
    tmp_path: Path, shot: Shots, film: Films
) -> None:
    out, seen = tmp_path / "film.mp4", set[bytes]()
    render(film(shot(count=2)), out=out)
    first = out.read_bytes()

    def look(event: Event) -> None:
        if event.kind in ("frame", "encode"):
            seen.add(out.read_bytes())

    changed = film(shot(count=2, prompt="blue"))
    with pytest.raises(Interrupted):
        render(changed, out=out, on_event=look, stop=lambda: bool(seen))
    render(changed, out=out, on_event=look)
    assert seen == {first}
    assert out.read_bytes() != first
    assert (tmp_path / "film.earlier-1.mp4").read_bytes() == first
