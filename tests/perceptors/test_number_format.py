"""The number format is found by a trial, once a machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from storyboard.perceptors.number_format import Products, fastest, this_cpu, trial


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STORYBOARD_CACHE", str(tmp_path))
    return tmp_path


def timings(**seconds: float) -> tuple[Callable[[str], float], list[str]]:
    """A trial that takes these ``seconds``, and what was tried."""
    tried: list[str] = []

    def timed(precision: str) -> float:
        tried.append(precision)
        return seconds[precision]

    return timed, tried


@pytest.mark.parametrize(
    ("fp32", "bf16", "chosen"),
    [
        (0.010, 0.002, "bf16"),
        (0.010, 0.007, "bf16"),
        (0.010, 0.009, "fp32"),
        (0.010, 0.010, "fp32"),
        (0.002, 0.400, "fp32"),
    ],
)
def test_the_faster_one_is_chosen(fp32: float, bf16: float, chosen: str) -> None:
    timed, _ = timings(fp32=fp32, bf16=bf16)
    assert fastest(timed=timed, machine="a") == chosen


def test_the_answer_is_kept_for_each_machine(empty_cache: Path) -> None:
    quick, tried = timings(fp32=0.01, bf16=0.001)
    assert [fastest(timed=quick, machine="a") for _ in range(3)] == ["bf16"] * 3
    asked = len(tried)
    slow, _ = timings(fp32=0.01, bf16=1.0)
    assert fastest(timed=slow, machine="a") == "bf16"
    assert fastest(timed=slow, machine="b") == "fp32"
    assert len(tried) == asked
    content = json.loads((empty_cache / "number_format.json").read_text())
    assert {name: one["precision"] for name, one in content.items()} == {"a": "bf16", "b": "fp32"}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 3}', '{"a": {"precision": "fp8"}}'])
def test_a_file_that_cannot_be_read_is_made_again(empty_cache: Path, content: str) -> None:
    (empty_cache / "number_format.json").write_text(content)
    timed, tried = timings(fp32=0.01, bf16=0.001)
    assert fastest(timed=timed, machine="a") == "bf16"
    assert tried
    assert fastest(timed=timed, machine="a") == "bf16"
    assert json.loads((empty_cache / "number_format.json").read_text())["a"]["precision"] == "bf16"


def test_what_is_hopeless_is_tried_once() -> None:
    timed, tried = timings(fp32=0.002, bf16=0.4)
    trial(timed)
    assert tried.count("bf16") == 1


def test_the_trial_computes_in_both(empty_cache: Path) -> None:
    work = Products()
    assert all(work(precision) > 0 for precision in ("fp32", "bf16"))
    assert this_cpu().startswith("torch ")
