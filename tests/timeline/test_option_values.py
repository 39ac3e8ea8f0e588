"""Options of drawers, losses and filters in the plan: fixed, moving, files, and needs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from storyboard.catalogue import Need, Record
from storyboard.cli.main import run
from storyboard.drawers import drawers
from storyboard.errors import MissingWeights, StoryError
from storyboard.filters import filters
from storyboard.interchange.exporters.columns import columns
from storyboard.losses import losses
from storyboard.options import Option
from storyboard.perceptors import registry, require
from storyboard.plan import Plan
from storyboard.timeline import load_story_text, make_plan
from storyboard.timeline.check import check_story

HEAD = "output: {size: 64x36, fps: 4}\nperceptors: tiny\n"
SHOT = "shots: [{prompt: red, duration: 1s}]\n"

MOVING = """\
drawer: {name: fft, decay: 1.5 + t, lr: 3/100}
losses: {exposure: {weight: 1, brightness: {0s: 0.3, 1s: 0.7}}}
filters:
  lookup: {amount: 1, colors: [{0s: red, 1s: blue}, "#fff"]}
  kaleidoscope: {amount: 0.5, folds: 2 + 2*t, angle: 30}
"""


def needed(options: Mapping[str, Any]) -> Iterator[Need]:
    path = options["model"]
    if path is None:
        yield Need("a model", Path("no/model.pt"), kind="weights", todo="say model: FILE")
    elif options["also"]:
        missing = path.with_suffix(".json")
        yield Need("its settings", missing, option="model", fetched=options["also"] == "later")


TOY = Record(
    "storyboard.drawers.fft:FFTDrawer",
    "a toy with an option of every kind",
    {
        "model": Option(None, "file", "weights"),
        "image": Option(None, "image", "what it begins with"),
        "mode": Option("soft", "choice", "how", words=("soft", "hard")),
        "loop": Option(False, "flag", "again"),
        "label": Option("x", "text", "words"),
        "tint": Option("white", "color", "a colour"),
        "also": Option(None, "choice", "what else", words=("now", "later")),
    },
    needed,
)


def models_needed(options: Mapping[str, Any]) -> Iterator[Need]:
    path = Path(options["model"])
    fault = "it is empty" if path.is_file() and not path.read_bytes() else ""
    yield Need("a model", path, kind="weights", option="model", fault=fault)


MODELLED = Record(
    "storyboard.drawers.fft:FFTDrawer",
    "a toy with a model",
    {"model": Option("built-in", "model", "a name or a path")},
    models_needed,
)


@pytest.fixture
def toys() -> Iterator[None]:
    with (
        drawers.temporary(toy=TOY, modelled=MODELLED),
        losses.temporary(toy=TOY),
        filters.temporary(toy=TOY),
    ):
        yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model.pt").write_bytes(b"one")
    Image.new("RGB", (8, 8), "red").save(tmp_path / "image.png")
    (tmp_path / "empty.pt").touch()
    (tmp_path / "torn.png").write_bytes((tmp_path / "image.png").read_bytes()[:40])
    Image.new("1", (9000, 2)).save(tmp_path / "wide.png")
    return tmp_path


@pytest.fixture
def planned(folder: Path) -> Callable[..., Plan]:
    def plan(text: str, **overrides: Any) -> Plan:
        return make_plan(load_story_text(HEAD + text, folder=folder, overrides=overrides))

    return plan


def test_what_moves_is_in_the_plan_by_name(planned: Callable[..., Plan]) -> None:
    shot = planned(MOVING + SHOT).shots[0]
    assert list(shot.moving) == [
        "drawer.decay",
        "losses.exposure.brightness",
        "filters.lookup.colors",
        "filters.kaleidoscope.folds",
    ]
    np.testing.assert_allclose(shot.moving["drawer.decay"], [1.5, 1.75, 2, 2.25])
    np.testing.assert_allclose(shot.moving["losses.exposure.brightness"], [0.3, 0.4, 0.5, 0.6])
    assert shot.moving["filters.kaleidoscope.folds"].tolist() == [2, 3, 3, 4]
    assert shot.moving["filters.lookup.colors"].shape == (4, 2, 3)
    assert shot.drawer_options == {"lr": 0.03}
    assert shot.loss_options == {"exposure": {"contrast": 0.2}}
    assert shot.filter_options == {"lookup": {"dither": 0, "dot": 0}, "kaleidoscope": {"angle": 30}}


def test_a_frame_has_the_options_of_its_instant(planned: Callable[..., Plan]) -> None:
    frame = planned(MOVING + SHOT).frames[2]
    assert frame.options("drawer", "fft") == {"lr": 0.03, "decay": 2.0}
    assert frame.options("losses", "exposure") == {"contrast": 0.2, "brightness": 0.5}
    white = (1.0, 1.0, 1.0)
    assert frame.options("filters", "lookup") == {
        "colors": ((0.5, 0.0, 0.5), white),
        "dither": 0.0,
        "dot": 0.0,
    }
    folds = frame.options("filters", "kaleidoscope")
    assert folds == {"angle": 30.0, "folds": 3} and type(folds["folds"]) is int
    assert frame.options("filters", "mirror") == {}


def test_shots_share_what_the_story_says_for_all(planned: Callable[..., Plan]) -> None:
    text = """\
drawer: {name: fft, decay: 1.5 + shot_t, colors: 2}
shots:
  - {prompt: red, duration: 1s}
  - {prompt: red, duration: 1s, drawer: {name: fft, colors: 1 + shot_t}}
  - {prompt: red, duration: 1s, drawer: pixel}
"""
    first, second, third = planned(text).shots
    assert np.array_equal(first.moving["drawer.decay"], second.moving["drawer.decay"])
    assert (first.drawer_options, second.drawer_options) == ({"colors": 2}, {})
    assert list(second.moving) == ["drawer.decay", "drawer.colors"]
    assert (third.drawer_options, third.moving) == ({}, {})


def test_the_canonical_story_gives_the_same_plan(planned: Callable[..., Plan]) -> None:
    plan = planned(MOVING + SHOT)
    again = make_plan(load_story_text(plan.story))
    assert [shot.digest for shot in again.shots] == [shot.digest for shot in plan.shots]
    assert again.story == plan.story


def test_every_number_that_moves_has_a_column(planned: Callable[..., Plan]) -> None:
    table = columns(planned(MOVING + SHOT))
    np.testing.assert_allclose(table["drawer.decay"], [1.5, 1.75, 2, 2.25])
    np.testing.assert_allclose(table["filters.lookup.colors.0.blue"], [0, 0.25, 0.5, 0.75])
    assert (table["filters.lookup.colors.1.red"] == 1).all()


DIGESTS: list[tuple[dict[str, Any], bool]] = [
    ({"drawer.decay": "1.5 + t"}, False),
    ({"drawer.decay": "1.5 + t*1.1"}, True),
    ({"drawer.decay": 1.5}, True),
    ({"drawer.colors": "3/2"}, False),
    ({"filters.lookup.colors": [{"0s": "#f00", "1s": "blue"}, "white"]}, False),
    ({"filters.lookup.colors": [{"0s": "#f00", "1s": "navy"}, "white"]}, True),
    ({"losses.exposure.brightness": {"0s": 0.3, "1s": 0.8}}, True),
]


@pytest.mark.parametrize(("overrides", "changes"), DIGESTS)
def test_the_digest_covers_what_moves(
    planned: Callable[..., Plan], overrides: dict[str, Any], changes: bool
) -> None:
    one, other = planned(MOVING + SHOT), planned(MOVING + SHOT, **overrides)
    assert (one.shots[0].digest != other.shots[0].digest) == changes


@pytest.mark.usefixtures("toys")
@pytest.mark.parametrize(
    "line",
    [
        "drawer: {name: toy, model: FILE}",
        "losses: {toy: {weight: 1, model: FILE}}",
        "filters: {toy: {amount: 1, model: FILE}}",
    ],
)
def test_a_file_counts_by_its_contents_and_not_by_its_name(
    planned: Callable[..., Plan], folder: Path, line: str
) -> None:
    (folder / "same.pt").write_bytes(b"one")
    (folder / "other.pt").write_bytes(b"two")
    names = ("model.pt", "same.pt", "other.pt")
    plans = [planned(line.replace("FILE", name) + "\n" + SHOT) for name in names]
    one, same, other = (plan.shots[0].digest for plan in plans)
    assert one == same != other
    frame = plans[0].frames[0]
    room = line.partition(":")[0]
    assert frame.options(room, "toy")["model"] == folder / "model.pt"


@pytest.mark.usefixtures("toys")
def test_a_model_is_a_name_or_a_path_and_counts_by_its_contents(
    planned: Callable[..., Plan], folder: Path
) -> None:
    line = "drawer: {name: modelled, model: model.pt}\n" + SHOT
    before = planned(line).shots[0]
    assert before.drawer_options == {"model": str((folder / "model.pt").resolve())}
    (folder / "model.pt").write_bytes(b"two")
    assert planned(line).shots[0].digest != before.digest


REFUSED = [
    ("drawer: {name: modelled, model: empty.pt}", 3, "drawer.model", "led': it is empty", ""),
    ("drawer: {name: modelled, model: no.pt}", 3, "drawer.model", "no.pt does not exist", ""),
    ("drawer: modelled", 3, "drawer", "needs a model: built-in does not exist", ""),
    ("drawer: {name: toy, model: modle.pt}", 3, "drawer.model", "does not exist", "'model.pt'"),
    ("drawer: {name: toy, model: .}", 3, "drawer.model", "is a folder", "relative to the story"),
    ("drawer: {name: toy, model: model.pt, image: torn.png}", 3, "drawer.image", "picture", ""),
    ("drawer: {name: toy, model: model.pt, image: model.pt}", 3, "drawer.image", "picture", ""),
    ("drawer: {name: toy, model: model.pt, image: wide.png}", 3, "drawer.image", "9000x2", "8192"),
    ("drawer: {name: toy, model: model.pt, mode: sfot}", 3, "drawer.mode", "word 'sfot'", "'soft'"),
    ("drawer: {name: toy, model: model.pt, loop: {0s: 1}}", 3, "drawer.loop", "true or false", ""),
    ("drawer: {name: toy, model: model.pt, tint: rde}", 3, "drawer.tint", "colour 'rde'", "'red'"),
    ("drawer: {name: toy, model: model.pt, modle: 3}", 3, "drawer.modle", "no option", "'model'"),
    ("drawer: toy", 3, "drawer", "drawer 'toy' needs a model: no/model.pt", "say model: FILE"),
    ("drawer: {name: toy, model: model.pt, also: now}", 3, "drawer.model", "needs its sett", ""),
    ("losses: {toy: 1}", 3, "losses.toy", "loss 'toy' needs a model", "say model: FILE"),
    ("filters: {toy: 1}", 3, "filters.toy", "filter 'toy' needs a model", "say model: FILE"),
    ("drawer: {name: fft, decay: 9*t}", 3, "drawer.decay", "4.5 at 0.5s of the shot", "clamp"),
    ("drawer: {name: fft, init: t}", 3, "drawer.init", "does not change with time", ""),
    ("filters: {lookup: {colors: [red, bleu]}}", 3, "filters.lookup.colors[1]", "'bleu'", "'blue'"),
    ("filters: {vignette: {inner: 0.4 + bas}}", 3, "filters.vignette.inner", "'bas'", ""),
]


@pytest.mark.usefixtures("toys")
@pytest.mark.parametrize(("line", "number", "path", "message", "hint"), REFUSED)
def test_refused(
    planned: Callable[..., Plan], line: str, number: int, path: str, message: str, hint: str
) -> None:
    with pytest.raises(StoryError) as caught:
        planned(line + "\n" + SHOT)
    (problem,) = caught.value.problems
    assert (problem.line, problem.path) == (number, path)
    assert message in problem.message
    assert hint in (problem.hint or "")


@pytest.mark.usefixtures("toys")
def test_what_is_fetched_when_it_is_used_is_only_a_warning(planned: Callable[..., Plan]) -> None:
    plan = planned("drawer: {name: toy, model: model.pt, also: later}\n" + SHOT)
    (warning,) = plan.warnings
    assert "drawer 'toy' needs its settings" in warning


@pytest.mark.usefixtures("toys")
def test_check_reports_what_a_toy_drawer_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "story.yaml"
    file.write_text(HEAD + "drawer: toy\n" + SHOT)
    (problem,) = check_story(file)
    assert (problem.line, problem.path) == (3, "drawer")
    assert run(["check", str(file)]) == 2
    assert "drawer 'toy' needs a model: no/model.pt does not exist" in capsys.readouterr().out


def test_check_reports_what_a_perceptor_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Record("no:where", "x", needs=lambda _: [Need("its weights", Path("no/such.pt"))])
    file = tmp_path / "story.yaml"
    file.write_text("perceptors: [tiny, seer]\n" + SHOT)
    with registry.temporary(seer=gone):
        (problem,) = check_story(file)
        with pytest.raises(
            MissingWeights, match=r"perceptor 'seer' needs its weights: no/such\.pt"
        ):
            require(["tiny", "seer"])
    assert (problem.line, problem.path, problem.severity) == (1, "perceptors[1]", "error")
    assert "perceptor 'seer' needs its weights" in problem.message
    monkeypatch.setattr("storyboard.perceptors.weights.is_here", lambda _: False)
    file.write_text("quality: draft\n" + SHOT)
    (problem,) = check_story(file)
    assert (problem.line, problem.severity) == (1, "warning")
    assert "the weights of 'ViT-B-32/openai' are not on this machine" in problem.message


def test_plan_as_json_shows_options(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    file = folder / "story.yaml"
    file.write_text(HEAD + MOVING + SHOT)
    assert run(["plan", str(file), "--json", "--set", "filters.lookup.amount=0.5"]) == 0
    (shot,) = json.loads(capsys.readouterr().out)["shots"]
    assert shot["options"]["drawer"] == {"lr": 0.03}
    assert shot["moving"]["drawer.decay"] == [1.5, 1.75, 2.0, 2.25]
    assert shot["moving"]["filters.lookup.colors"][0] == [[1, 0, 0], [1, 1, 1]]


def test_list_shows_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with drawers.temporary(toy=TOY):
        assert run(["list", "drawers", "--details"]) == 0
        text = capsys.readouterr().out
        assert run(["list", "drawers", "--details", "--json"]) == 0
        entries = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert re.search(r"mode +choice +soft +soft, hard +no +how", text)
    options = {option["option"]: option for option in entries["fft"]["options"]}
    assert options["decay"] | {"what it does": ""} == {
        "option": "decay",
        "kind": "number",
        "default": 1.5,
        "bounds": "between 0 and 4",
        "unit": "",
        "moves": True,
        "what it does": "",
    }
    assert not options["init"]["moves"]
    assert run(["list", "easings", "--details"]) == 2
