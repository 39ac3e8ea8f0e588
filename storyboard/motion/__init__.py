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

FITS: dict[str, str] = {
    "cover": "fills the frame; what hangs over is cut off, the same on both sides",
    "contain": "all of the clip is seen; beside it there is nothing of it",
    "stretch": "as wide and as high as the frame",
}
"""Ways to fit a clip of another shape into the frame, with a line on each; default first."""

FLOWS: dict[str, str] = {
    "dis": "dense inverse search, of OpenCV: quick",
    "raft": "a neural network, of torchvision: better at large movements; needs its weights",
    "none": "the clip's movement is not followed",
}
"""Methods of optical flow within a clip, with a line on each; the first is the default."""

AT_ENDS: dict[str, str] = {
    "loop": "the clip begins again",
    "hold": "its last picture stays",
    "bounce": "it goes back, and forth again",
}
"""What is seen where a clip is shorter than its shots, with a line on each."""

DEPTHS: dict[str, str] = {
    "plane": "a flat picture",
    "sphere": "the inside of a ball around the camera, which may turn for ever",
    "tunnel": "the inside of a pipe along the camera's axis, through which it may fly for ever",
    "model": "what a depth-estimation model sees in the picture",
}
"""How far away a picture can be taken to be, with a line on each; a file of grey values beside."""

DEPTH_MODEL = "depth-anything/Depth-Anything-V2-Small-hf"
"""The model that `depth: model` means."""

STEREO_FORMATS: dict[str, str] = {
    "side_by_side": "the left eye's picture to the left, both whole: twice as wide",
    "over_under": "the left eye's picture above, both whole: twice as high",
    "anaglyph": "for red and cyan glasses: red is the left eye's",
}
"""How the pictures of two eyes lie in one, with a line on each."""

STEEPEST_RIPPLE = 0.14
"""The largest height of ripples as a share of their length at which the picture does not fold."""
