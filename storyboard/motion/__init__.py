"""Motion: camera poses to matrices, matrices to moved pictures.

``matrices`` and ``path`` say where things go, ``warp`` moves a picture there. The names of the
borders and of the ways to resample stand here, because checking a story must not import torch.
"""

BORDERS: dict[str, str] = {
    "reflect": "the picture mirrored at its edge",
    "replicate": "the edge drawn out",
    "wrap": "the picture again",
    "zeros": "black",
    "noise": "soft random cells in the picture's own colours",
    "color": "one colour, `border_color`",
}
"""What is seen where the camera uncovers more than the picture holds, with a line on each."""

RESAMPLES: tuple[str, ...] = ("bicubic", "bilinear")
"""How a value between pixels is found."""
