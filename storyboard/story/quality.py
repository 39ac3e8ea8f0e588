"""Quality presets: what a story that names only a quality gets.

``sketch`` uses the built-in perceptor; the others the published CLIP models, one more of them a
step, as Pixray's presets of the same names do, but with steps for the frames of a film: each
frame starts from the one before, so a few steps do what hundreds do for a single picture.
"""

from __future__ import annotations

from storyboard.errors import UnknownName
from storyboard.plan import Quality

DEFAULT = "sketch"

_B32, _B16 = "ViT-B-32/openai", "ViT-B-16/openai"
_RN50, _RN101, _RN50X4 = "RN50/openai", "RN101/openai", "RN50x4/openai"

QUALITIES: dict[str, Quality] = {
    quality.name: quality
    for quality in (
        # name, perceptors, steps_first, steps, cuts, cut_batch
        Quality("sketch", ("sketch",), 80, 12, 24, 24, crf=20, smoothness=0.2, drawer="scenes"),
        Quality("draft", (_B32,), 60, 8, 24, 24, crf=28, smoothness=0.1),
        Quality("normal", (_B32, _B16), 100, 15, 30, 16, crf=23, smoothness=0.1),
        Quality("better", (_RN50, _B32, _B16), 150, 20, 36, 12, crf=20, smoothness=0.1),
        Quality("best", (_RN50X4, _B32, _B16), 200, 30, 48, 12, crf=18, smoothness=0.1),
        Quality("supreme", (_RN50X4, _RN101, _B32, _B16), 250, 40, 64, 8, crf=16, smoothness=0.1),
    )
}
"""The presets by name, the fastest first."""


def quality_called(name: str) -> Quality:
    """Return the preset called ``name``. Raises `UnknownName`."""
    if name not in QUALITIES:
        raise UnknownName("quality", name, QUALITIES)
    return QUALITIES[name]
