"""The built-in losses: where each is, what it does, its options and what it needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from storyboard.catalogue import Need, Record
from storyboard.options import Option

_HERE = "storyboard.losses."

_HEIGHT = "hundredths of the height"
_SIDE = "hundredths of the shorter side"

_PALETTE = ("#10121c", "#2c4a7c", "#7fb2c9", "#f2ead0", "#e08a3c", "#9c2f2f")
_IMAGE = Option(None, "image", "the picture")


def image_needs(options: Mapping[str, Any]) -> list[Need]:
    """Return the need of a picture where a loss has none."""
    if options["image"] is not None:
        return []
    fault = "it needs a picture"
    return [Need("a picture", Path(), todo="write {image: picture.jpg}", fault=fault)]


def model_needs(options: Mapping[str, Any]) -> list[Need]:
    """Return the need of weights where a score has none."""
    if options["model"] is not None:
        return []
    fault = "it needs a model that reads the perceptor's embedding"
    return [Need("a model", Path(), todo="write {model: head.safetensors}", fault=fault)]


_MODEL = Option(None, "file", "linear layers from the embedding of a perceptor to a score")

RECORDS = {
    "aesthetic": Record(
        _HERE + "scores:aesthetic_loss",
        "beautiful, as a model of your own scores it (AVA, LAION)",
        {"model": _MODEL, "target": Option(10.0, "number", "the score to reach, 1 to 10")},
        needs=_HERE + "catalogue:model_needs",
    ),
    "contrast": Record(
        _HERE + "contrast:contrast_loss",
        "more contrast; with a negative weight less",
        {
            "scale": Option(
                0.0, "number", "side of the squares looked at, 0 for all", 0, 100, unit=_HEIGHT
            )
        },
    ),
    "detail": Record(
        _HERE + "contrast:detail_loss",
        "sharper, with more detail; with a negative weight softer",
        {"scale": Option(0.5, "number", "size below which it is detail", 0, 50, unit=_HEIGHT)},
    ),
    "dream": Record(
        _HERE + "dream:dream_loss",
        "a layer of the perceptors answers loudly (DeepDream)",
        {
            "layer": Option(None, "text", "its name: layer3 of a ResNet, block5 of a ViT"),
            "channel": Option(None, "whole", "one channel of it, not all", 0, 100000, still=True),
        },
    ),
    "edge": Record(
        _HERE + "edge:edge_loss",
        "a border in one colour, or as in a picture",
        {
            "color": Option("#ffffff", "color", "colour of the border"),
            "thickness": Option(5.0, "number", "width of the border", 0, 50, unit=_SIDE),
            "left": Option(None, "number", "width at this side alone", 0, 100, unit=_SIDE),
            "right": Option(None, "number", "width at this side alone", 0, 100, unit=_SIDE),
            "top": Option(None, "number", "width at this side alone", 0, 100, unit=_SIDE),
            "bottom": Option(None, "number", "width at this side alone", 0, 100, unit=_SIDE),
            "image": Option(None, "image", "a picture that the border is taken from"),
        },
    ),
    "exposure": Record(
        _HERE + "exposure:exposure_loss",
        "keeps brightness and contrast in a middle range, against burning in",
        {
            "brightness": Option(0.45, "number", "the mean that the picture tends to", 0, 1),
            "contrast": Option(
                0.2, "number", "the deviation around it that the picture tends to", 0, 0.5
            ),
        },
    ),
    "gaussian": Record(
        _HERE + "gaussian:gaussian_loss",
        "one colour everywhere but in a soft spot",
        {
            "color": Option("#ffffff", "color", "colour around the spot"),
            "center_x": Option(0.5, "number", "centre of the spot, from left 0 to right 1"),
            "center_y": Option(0.5, "number", "centre of the spot, from top 0 to bottom 1"),
            "width": Option(30.0, "number", "standard deviation", 0, 1000, unit=_HEIGHT),
        },
    ),
    "histogram": Record(
        _HERE + "histogram:histogram_loss",
        "the colours of a picture, wherever they lie",
        {"image": _IMAGE},
        needs=_HERE + "catalogue:image_needs",
    ),
    "hold": Record(
        _HERE + "hold:hold_loss",
        "keeps the picture near the previous one as the camera moved it",
        {
            "scale": Option(
                1.0, "number", "finest detail that is held", 0, 50, unit="hundredths of the height"
            ),
        },
    ),
    "memorability": Record(
        _HERE + "scores:memorability_loss",
        "easy to remember, as a model of your own scores it",
        {"model": _MODEL, "target": Option(1.0, "number", "the score to reach, 0 to 1")},
        needs=_HERE + "catalogue:model_needs",
    ),
    "palette": Record(
        _HERE + "palette:palette_loss",
        "colours near those of a palette",
        {"colors": Option(_PALETTE, "colors", "the palette, as a list of colours")},
    ),
    "saturation": Record(
        _HERE + "saturation:saturation_loss", "more colour; with a negative weight less"
    ),
    "smoothness": Record(
        _HERE + "smoothness:smoothness_loss",
        "less noise and fewer edges (total variation); with a negative weight more",
        {
            "type": Option(
                "plain", "choice", "how strong edges count", words=("plain", "clipped", "log")
            ),
            "order": Option(1, "whole", "1 for slopes, 2 for changes of slope", 1, 2, still=True),
            "scale": Option(0.0, "number", "distance of the pixels compared", 0, 20, unit=_HEIGHT),
        },
    ),
    "steady": Record(
        _HERE + "steady:steady_loss", "the perceptors go on seeing what they saw a frame before"
    ),
    "style": Record(
        _HERE + "style:style_loss",
        "the style of a picture, as the layers of the perceptors or of the drawer see it",
        {
            "image": _IMAGE,
            "eyes": Option(
                "perceptors",
                "choice",
                "whose layers: the perceptors', or the encoder's of drawer vqgan or diffusion",
                words=("perceptors", "drawer"),
            ),
            "color": Option(1.0, "number", "how much its colours count", 0, 100),
            "layers": Option(
                "all",
                "choice",
                "early for strokes, late for shapes",
                words=("all", "early", "late"),
            ),
        },
        needs=_HERE + "catalogue:image_needs",
    ),
    "symmetry": Record(
        _HERE + "symmetry:symmetry_loss",
        "left and right mirror each other, or other symmetries",
        {
            "axis": Option(
                "vertical",
                "choice",
                "the mirror's axis, two of them, or turns",
                words=("vertical", "horizontal", "both", "diagonal", "rotation"),
            ),
            "folds": Option(
                2, "whole", "how many turns are a whole", 2, 64, only_with=("axis", "rotation")
            ),
        },
    ),
    "target": Record(
        _HERE + "target:target_loss",
        "the picture comes to a given one, as near as the measure looks",
        {
            "image": Option(None, "film", "the picture, or a clip that moves with the shot"),
            "measure": Option(
                "pixel",
                "choice",
                "colour at every pixel, structure, edges, what the perceptors see, or the drawer's "
                "own latents",
                words=("pixel", "perceptual", "edges", "embedding", "latent"),
            ),
            "distance": Option(
                "squared",
                "choice",
                "of latents: squared difference, cosine, or angle squared",
                words=("squared", "cosine", "spherical"),
                only_with=("measure", "latent"),
            ),
            "carried": Option(False, "flag", "whether the camera carries the picture along"),
        },
        needs=_HERE + "catalogue:image_needs",
    ),
    "textoff": Record(
        _HERE + "textoff:textoff_loss",
        "no lettering: less than the perceptors see of words on a plain ground",
    ),
    "tileable": Record(
        _HERE + "tileable:tileable_loss",
        "copies of the picture meet without a seam",
        {
            "axis": Option(
                "both",
                "choice",
                "where copies stand beside each other",
                words=("both", "horizontal", "vertical"),
            )
        },
    ),
}
"""Every built-in loss, by name. The weight is a curve beside the options."""
