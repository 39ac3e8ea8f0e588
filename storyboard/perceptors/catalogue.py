"""The perceptors with a name of their own: where each is and what it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from storyboard.catalogue import Need, Record

SKETCH = Path(__file__).parent.parent / "models" / "sketch"
"""The folder of the built-in weights."""


def _sketch(_options: Mapping[str, Any]) -> Iterator[Need]:
    weights = SKETCH / "open_clip_model.safetensors"
    yield Need("its weights", weights, kind="weights", todo="install storyboard again")


RECORDS = {
    "sketch": Record(
        "storyboard.perceptors.clip:load_sketch",
        "built in, small: shapes, colours and landscapes that the project draws itself",
        needs=_sketch,
    ),
    "tiny": Record(
        "storyboard.perceptors.testing:load_tiny",
        "built in, for trials and tests: sees only coarse colours, reads only colour words",
    ),
}
"""Every built-in perceptor, by name."""
