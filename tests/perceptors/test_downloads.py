"""Weights that are not here are fetched only where somebody said so."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.errors import MissingWeights
from storyboard.perceptors import require, weights


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that are asked for on a machine that has no weights; each answers."""
    found: list[str] = []
    monkeypatch.setattr(weights, "is_here", lambda name: name.kind == "registered")
    monkeypatch.setattr(weights, "is_reachable", lambda address: not found.append(address))
    return found


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("ViT-B-32/openai", r"'ViT-B-32/openai' are not .* \(about 0\.6 GB\); --download"),
        ("ViT-L-14/openai", r"\(about 1\.7 GB\)"),
        ("RN50/openai", "'RN50/openai' are not on this machine"),
        ("hf-hub:someone/model", "'hf-hub:someone/model' are not on this machine"),
    ],
)
def test_nothing_is_fetched_unless_it_was_asked_for(asked: list[str], name: str, told: str) -> None:
    with pytest.raises(MissingWeights, match=told):
        require([name, "sketch"], download=False)
    assert asked == []
    require([name, "sketch"], download=True)
    assert len(asked) == 1


def test_what_is_here_needs_no_download(asked: list[str]) -> None:
    require(["sketch"], download=False)
    assert asked == []
