"""What the machine chose for a film is written down before its first frame, and obeyed after."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch

from storyboard.errors import DeviceError, Interrupted, UsageError
from storyboard.perceptors import load
from storyboard.perceptors.device import default_precision, precisions
from storyboard.perceptors.testing import TinyPerceptor
from storyboard.plan import Plan, ShotPlan
from storyboard.render import Event, render, still
from storyboard.render.chain_session import Studio
from storyboard.render.store import choices as choices_module
from storyboard.render.store.choices import MachineChoices, choose, continued, device_for
from storyboard.render.store.shots import folder_name

Shots = Callable[..., ShotPlan]
Films = Callable[..., Plan]


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many views `tiny` was shown at a time, in order."""
    seen: list[int] = []
    embed = TinyPerceptor.embed_views

    def embed_views(tiny: TinyPerceptor, views: torch.Tensor) -> torch.Tensor:
        if views.requires_grad:  # texts are embedded by the same function
            seen.append(len(views))
        return embed(tiny, views)

    monkeypatch.setattr(TinyPerceptor, "embed_views", embed_views)
    return seen


def pictures(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob("shots/*/*.png"))]


def last_state(folder: Path) -> bytes:
    """The newest checkpoint of the first shot, in float: eight bits would hide what rounds."""
    return sorted(next(folder.glob("shots/*/")).glob("*.state"))[-1].read_bytes()


def edit(folder: Path, **changes: Any) -> None:
    """Change the choices for ``film.mp4`` in ``run.json``; None takes a key away."""
    path = folder / "run.json"
    content = json.loads(path.read_text())
    chosen = {**content["choices"]["film.mp4"], **changes}
    content["choices"]["film.mp4"] = {k: v for k, v in chosen.items() if v is not None}
    path.write_text(json.dumps(content))


def start(plan: Plan, folder: Path, *, frames: int) -> None:
    """Render until ``frames`` are there."""
    done: list[Event] = []

    def note(event: Event) -> None:
        done.extend([event] if event.kind == "frame" else [])

    with pytest.raises(Interrupted):
        render(plan, out=folder / "film.mp4", on_event=note, stop=lambda: len(done) == frames)


def warnings(plan: Plan, folder: Path, **options: Any) -> list[str]:
    """Render, and give what was warned of."""
    events: list[Event] = []
    render(plan, out=folder / "film.mp4", on_event=events.append, **options)
    return [event.message or "" for event in events if event.kind == "warning"]


def test_choices_are_written_before_the_first_frame(tmp_path: Path, plan: Plan) -> None:
    with pytest.raises(Interrupted, match="before shot 'dawn'"):
        render(plan, out=tmp_path / "film.mp4", stop=lambda: True)
    assert json.loads((tmp_path / "run.json").read_text())["choices"]["film.mp4"] == {
        "plan": plan.digest,
        "quality": "sketch",
        "device": "cpu",
        "precision": "fp32",
        "cut_batch": {folder_name(shot): 4 for shot in plan.shots},
        "threads": torch.get_num_threads(),
    }


def test_a_resumed_film_obeys_what_is_written(
    tmp_path: Path, shot: Shots, film: Films, batches: list[int]
) -> None:
    """From the third frame on the batch is another: as in a film where it was so by hand."""
    plan = film(shot(count=4))
    start(plan, tmp_path, frames=2)
    edit(tmp_path, cut_batch={folder_name(plan.shots[0]): 1})
    batches.clear()
    told = warnings(plan, tmp_path)
    assert set(batches) == {1}
    assert len(told) == 1
    assert "would choose cut_batch 4, not 1, for shot 'a'" in told[0]

    other = tmp_path / "other"
    start(plan, other, frames=2)
    (other / "run.json").unlink()
    narrow = replace(plan, shots=(replace(plan.shots[0], cut_batch=1),))
    render(narrow, out=other / "film.mp4")
    assert pictures(tmp_path) == pictures(other)
    assert last_state(tmp_path) == last_state(other)
    render(plan, out=tmp_path / "wide" / "film.mp4")
    assert last_state(tmp_path) != last_state(tmp_path / "wide")  # rounded otherwise


def test_a_resumed_film_computes_with_the_threads_it_was_begun_with(
    tmp_path: Path, shot: Shots, film: Films, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, used, present = film(shot(count=3)), list[int](), torch.get_num_threads()
    start(plan, tmp_path, frames=1)
    edit(tmp_path, threads=present + 2)
    embed = TinyPerceptor.embed_views

    def embed_views(tiny: TinyPerceptor, views: torch.Tensor) -> torch.Tensor:
        used.append(torch.get_num_threads())
        return embed(tiny, views)

    monkeypatch.setattr(TinyPerceptor, "embed_views", embed_views)
    (warning,) = warnings(plan, tmp_path)
    assert f"would choose {present} thread" in warning
    assert set(used) == {present + 2}
    assert torch.get_num_threads() == present


def test_a_record_without_threads_is_obeyed_as_it_was(
    tmp_path: Path, shot: Shots, film: Films
) -> None:
    plan = film(shot(count=2))
    start(plan, tmp_path, frames=1)
    edit(tmp_path, threads=None)
    assert warnings(plan, tmp_path) == []


@pytest.mark.parametrize("precision", [None, "bf16"])
def test_the_number_format_is_the_faster_one_unless_it_is_asked_for(
    tmp_path: Path,
    shot: Shots,
    film: Films,
    monkeypatch: pytest.MonkeyPatch,
    precision: str | None,
) -> None:
    """What was chosen is obeyed by a machine that would choose otherwise, with a warning."""
    plan = film(shot(count=2))
    trials = ["bf16"] if precision is None else ["fp32"]
    monkeypatch.setattr(choices_module, "fastest", lambda: trials[-1])
    with pytest.raises(Interrupted):
        render(plan, out=tmp_path / "film.mp4", stop=lambda: True, precision=precision)
    chosen = json.loads((tmp_path / "run.json").read_text())["choices"]["film.mp4"]
    assert chosen["precision"] == "bf16"
    trials.append("fp32")
    with pytest.raises(UsageError, match=r"begun in bf16; frames in fp32 would not fit.*--fresh"):
        render(plan, out=tmp_path / "film.mp4", precision="fp32")
    (warning,) = warnings(plan, tmp_path)
    assert "would choose fp32, not bf16" in warning


def test_an_unknown_number_format_is_refused(tmp_path: Path, shot: Shots, film: Films) -> None:
    with pytest.raises(UsageError, match="no number format 'bf15'; did you mean 'bf16'"):
        render(film(shot(count=2)), out=tmp_path / "film.mp4", precision="bf15")
    with pytest.raises(DeviceError, match="in fp16; cpu here computes in fp32, bf16 only"):
        render(film(shot(count=2)), out=tmp_path / "film.mp4", precision="fp16")


def test_a_still_and_a_piece_obey_what_the_film_obeys(
    tmp_path: Path, plan: Plan, batches: list[int]
) -> None:
    start(plan, tmp_path, frames=1)
    edit(tmp_path, cut_batch={folder_name(shot): 2 for shot in plan.shots})
    batches.clear()
    still(plan, Fraction(2, 12), out=tmp_path / "film.mp4")
    render(plan, out=tmp_path / "film.mp4", shots=["fire"])
    assert set(batches) == {2}


def test_fresh_chooses_anew_and_so_does_another_quality(
    tmp_path: Path, shot: Shots, film: Films, batches: list[int]
) -> None:
    plan = film(shot(count=2))
    start(plan, tmp_path, frames=1)
    edit(tmp_path, cut_batch={folder_name(plan.shots[0]): 2}, device="a toaster")
    draft = replace(plan, quality=replace(plan.quality, name="draft"), digest="draft")
    batches.clear()
    assert warnings(plan, tmp_path, fresh=True) == []
    assert set(batches) == {4}
    edit(tmp_path, device="a toaster")
    assert [w for w in warnings(draft, tmp_path) if "another film" not in w] == []


def test_a_shot_that_is_new_gets_a_choice_of_its_own(
    tmp_path: Path, shot: Shots, film: Films
) -> None:
    first, second = film(shot("a", count=2)), film(shot("a", count=2), shot("b", 2, 2))
    start(first, tmp_path, frames=1)
    edit(tmp_path, cut_batch={folder_name(first.shots[0]): 2})
    warnings(second, tmp_path)
    chosen = json.loads((tmp_path / "run.json").read_text())["choices"]["film.mp4"]
    assert chosen["cut_batch"] == {
        folder_name(s): n for s, n in zip(second.shots, (2, 4), strict=True)
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"device": "toaster"}, r"unknown device 'toaster'; it is one of cpu"),
        ({"device": "cdua"}, r"unknown device 'cdua'; did you mean 'cuda'"),
        ({"device": None}, r"'device' is missing"),
        ({"precision": 16}, r"unknown precision 16; did you mean 'fp16'"),
        ({"cut_batch": 4}, r"cut_batch is 4, not a number a shot"),
        ({"cut_batch": {"a": 0}}, r"cut_batch of 'a' is 0; expected a whole number from 1"),
        ({"cut_batch": {"a": True}}, r"cut_batch of 'a' is True; expected a whole number from 1"),
        ({"cut_batch": {"a": "4"}}, r"cut_batch of 'a' is '4'; expected a whole number from 1"),
        ({"threads": "all"}, r"threads is 'all'; expected a whole number from 1"),
        ({"threads": 0}, r"threads is 0; expected a whole number from 1"),
        ({"cut_bach": 3}, r"unknown key 'cut_bach'; did you mean 'cut_batch'"),
    ],
)
def test_nonsense_in_run_json_is_refused_with_its_place(
    tmp_path: Path, shot: Shots, film: Films, change: dict[str, Any], message: str
) -> None:
    plan = film(shot(count=2))
    start(plan, tmp_path, frames=1)
    edit(tmp_path, **change)
    with pytest.raises(UsageError, match=rf"run\.json, choices of film\.mp4: {message}.*--fresh"):
        render(plan, out=tmp_path / "film.mp4")
    assert len(pictures(tmp_path)) == 1


@pytest.mark.parametrize("choices", ["nonsense", {"film.mp4": ["nonsense"]}])
def test_choices_that_are_no_table_are_refused(
    tmp_path: Path, shot: Shots, film: Films, choices: Any
) -> None:
    plan = film(shot(count=1))
    (tmp_path / "run.json").write_text(json.dumps({"films": {}, "choices": choices}))
    with pytest.raises(UsageError, match=r"run\.json, choices.*are no choices.*--fresh"):
        render(plan, out=tmp_path / "film.mp4")
    render(plan, out=tmp_path / "film.mp4", fresh=True)


@pytest.mark.parametrize(
    ("written", "wanted", "message"),
    [
        (("cuda", "bf16"), "auto", r"begun on cuda in bf16; device 'cuda' is not available"),
        (("cuda", "bf16"), "cpu", r"begun on cuda in bf16; on cpu its frames would not fit"),
        (("cpu", "fp16"), "auto", r"begun on cpu in fp16; cpu here computes in fp32, bf16 only"),
        (("cpu", "fp32"), "cuda:1", r"begun on cpu in fp32; on cuda:1 its frames"),
    ],
)
def test_what_cannot_be_obeyed_is_an_error(
    written: tuple[str, str], wanted: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(DeviceError, match=message + r".*--fresh"):
        device_for(MachineChoices(*written, {}), wanted)


@pytest.mark.parametrize("wanted", ["auto", "cpu"])
def test_what_can_be_obeyed_is(wanted: str) -> None:
    assert device_for(MachineChoices("cpu", "fp32", {}), wanted) == torch.device("cpu")


def test_what_would_be_chosen_otherwise_is_named(plan: Plan) -> None:
    names = [folder_name(shot) for shot in plan.shots]
    written = MachineChoices("cpu", "fp32", {names[0]: 2, names[1]: 4})
    present = MachineChoices("cuda", "bf16", dict.fromkeys(names, 4))
    assert written.differences(present, plan.shots) == [
        "cuda, not cpu",
        "bf16, not fp32",
        "cut_batch 4, not 2, for shot 'dawn'",
    ]
    assert continued(written, present).cut_batch == dict(zip(names, (2, 4, 4), strict=True))


@pytest.mark.parametrize(
    ("device", "capability", "default", "known"),
    [
        ("cpu", None, "fp32", ("fp32", "bf16")),
        ("mps", None, "fp32", ("fp32", "fp16")),
        ("cuda", (7, 5), "fp16", ("fp32", "fp16")),
        ("cuda", (9, 0), "bf16", ("fp32", "bf16", "fp16")),
    ],
)
def test_number_formats_of_devices(
    device: str,
    capability: tuple[int, int] | None,
    default: str,
    known: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    assert default_precision(torch.device(device)) == default
    assert precisions(torch.device(device)) == known


def test_a_perceptor_computes_as_was_chosen_and_keeps_its_name(plan: Plan) -> None:
    """Its name makes the seeds of its views: another one would be another film."""
    assert choose(plan, "cpu").precision == "fp32"
    studio = Studio(plan, torch.device("cpu"), precision="bf16")
    chosen, asked = studio.perceptor("sketch"), studio.perceptor("sketch@fp32")
    assert (chosen.name, vars(chosen)["dtype"]) == ("sketch", torch.bfloat16)
    assert vars(asked)["dtype"] == vars(load("sketch", device="cpu"))["dtype"] == torch.float32
