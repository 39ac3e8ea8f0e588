"""Motion: camera poses to matrices, matrices to moved pictures.

``matrices`` and ``path`` say where things go, ``warp`` moves a picture there. The names of the
borders and of the ways to resample stand here, because checking a story must not import torch.
"""

borders: tuple[str, ...] = ("color", "noise", "reflect", "replicate", "wrap", "zeros")
"""What is seen where the camera uncovers more than the picture holds."""

resamples: tuple[str, ...] = ("bicubic", "bilinear")
"""How a value between pixels is found."""
