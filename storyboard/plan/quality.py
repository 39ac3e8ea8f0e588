"""A quality preset, resolved. Needs no numpy: the schema of a story names the presets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quality:
    """A preset: what a story that names only a quality gets.

    ``crf`` is the encoder's; ``smoothness`` the weight of the loss of that name, which keeps the
    grain away that a perceptor does not see; ``lr`` the learning rate of every frame that flows on,
    as a share of the drawer's own: a picture that may change less follows the camera better.
    ``drawer`` paints a shot that names neither a drawer nor perceptors.
    """

    name: str
    perceptors: tuple[str, ...]
    steps_first: int
    steps: int
    cuts: int
    cut_batch: int
    crf: int
    smoothness: float = 0.0
    lr: float = 0.35
    drawer: str = "fft"
