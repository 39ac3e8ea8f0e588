"""The measurements of a GPU run on a CPU, small."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from benchmarks import gpu


def test_without_a_gpu_it_says_how_to_try_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit):
        gpu.main([])
    assert "--tiny" in capsys.readouterr().err


def test_a_step_floor_and_parts_are_timed(capsys: pytest.CaptureFixture[str]) -> None:
    gpu.main(["--tiny", "--parts", "steps", "floor", "parts"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("CPU, torch")
    named = {line[:44].strip(): line[44:].split() for line in lines if line[:1] == " "}
    for name in ("reference, 4 cuts", "storyboard, 4 cuts", "PNG of a frame", "what is uncovered"):
        value, unit = named[name]
        assert float(value) >= 0
        assert unit == "ms"
    assert "needs a GPU" in "\n".join(lines)


@pytest.mark.slow
def test_films_repeat_resume_and_share_the_machine(capsys: pytest.CaptureFixture[str]) -> None:
    gpu.main(["--tiny", "--parts", "film", "chains"])
    printed = capsys.readouterr().out
    assert "frames that repeat      4.00 of 4" in printed
    assert "the same after a resume      4.00 of 4" in printed
    assert "3 chains, 3 workers" in printed


@pytest.mark.gpu
def test_everything_is_measured_within_its_time(capsys: pytest.CaptureFixture[str]) -> None:
    gpu.main([])
    assert "no time is left" not in capsys.readouterr().out


def test_the_steps_are_those_of_the_painter(tmp_path: Path) -> None:
    """A step of the loop changes the picture, and so does the next."""
    bench = gpu.Bench(gpu.tiny_scale(), tmp_path)
    for loop in gpu.loops(bench, 2).values():
        pictures = [loop.draw().detach().clone()]
        for _ in range(2):
            gpu.one_step(loop)
            pictures.append(loop.draw().detach().clone())
        assert not torch.equal(pictures[0], pictures[1])
        assert not torch.equal(pictures[1], pictures[2])
