"""Quality presets: what a story that names only a quality gets.

``sketch`` uses the built-in perceptor; the others the published CLIP models, one more of them a
step, as Pixray's presets of the same names do, but with steps for the frames of a film: each
frame starts from the one before, so a few steps do what hundreds do for a single picture.
"""

from __future__ import annotations

from storyboard.errors import UnknownName
from storyboard.timeline.plan import Quality

DEFAULT = "sketch"

_B32, _B16 = "ViT-B-32/openai", "ViT-B-16/openai"
_RN50, _RN101, _RN50X4 = "RN50/openai", "RN101/openai", "RN50x4/openai"

QUALITIES: dict[str, Quality] = {
    quality.name: quality
    for quality in (
        Quality("sketch", ("sketch",), steps_first=60, steps=10, cuts=24, cut_batch=24, crf=20),
        Quality("draft", (_B32,), steps_first=60, steps=8, cuts=24, cut_batch=24, crf=28),
        Quality("normal", (_B32, _B16), steps_first=100, steps=15, cuts=30, cut_batch=16, crf=23),
        Quality(
            "better", (_RN50, _B32, _B16), steps_first=150, steps=20, cuts=36, cut_batch=12, crf=20
        ),
        Quality(
            "best", (_RN50X4, _B32, _B16), steps_first=200, steps=30, cuts=48, cut_batch=12, crf=18
        ),
        Quality(
            "supreme",
            (_RN50X4, _RN101, _B32, _B16),
            steps_first=250,
            steps=40,
            cuts=64,
            cut_batch=8,
            crf=16,
        ),
    )
}
"""The presets by name, the fastest first."""


def quality_called(name: str) -> Quality:
    """The preset called ``name``. Raises `UnknownName`."""
    if name not in QUALITIES:
        raise UnknownName("quality", name, QUALITIES)
    return QUALITIES[name]
