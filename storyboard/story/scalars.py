"""The single values that a story holds, each with how it is read and its JSON Schema."""

from __future__ import annotations

from collections.abc import Iterable

from storyboard.colors import read_color
from storyboard.story import fields as f
from storyboard.story.kinds import Scalar
from storyboard.times import TIME_PATTERN

TEXT = Scalar(f.check_text, {"type": "string", "minLength": 1})
PROSE = Scalar(f.check_text, {"type": "string", "minLength": 1}, prose=True)
FLAG = Scalar(f.check_flag, {"type": "boolean"})
TIME = Scalar(f.check_time, {"$ref": "#/$defs/Time"})
SHIFT = Scalar(
    f.check_shift,
    {"anyOf": [{"type": "number"}, {"type": "string", "pattern": "^[-+]?" + TIME_PATTERN[1:]}]},
)
CURVE = Scalar(f.check_curve, {"$ref": "#/$defs/Curve"})
NUMBER = Scalar(f.number(), {"type": "number"})
GAIN = Scalar(f.number(low=-100, high=100), {"type": "number", "minimum": -100, "maximum": 100})
WHOLE = Scalar(f.whole(low=1, high=10_000), {"type": "integer", "minimum": 1, "maximum": 10_000})
TAKES = Scalar(f.whole(low=1, high=50), {"type": "integer", "minimum": 1, "maximum": 50})
CRF = Scalar(f.whole(low=0, high=51), {"type": "integer", "minimum": 0, "maximum": 51})
SEED = Scalar(
    f.check_seed,
    {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "minLength": 1}]},
)
BPM = Scalar(
    f.check_bpm, {"anyOf": [{"type": "number", "minimum": 1, "maximum": 1000}, {"const": "auto"}]}
)
VERSION = Scalar(f.check_version, {"const": f.VERSION})
SIZE = Scalar(
    f.check_size,
    {
        "anyOf": [
            {"type": "string", "pattern": r"^\s*\d+\s*[x×X*]\s*\d+\s*$"},
            {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
        ]
    },
    writer=lambda size: f"{size[0]}x{size[1]}",
)
FPS = Scalar(
    f.check_fps,
    {"type": ["number", "string"], "exclusiveMinimum": 0, "pattern": r"^\s*\d+\s*/\s*\d+\s*$"},
    writer=lambda fps: int(fps) if fps.denominator == 1 else str(fps),
)
COLOR = Scalar(read_color, {"$ref": "#/$defs/Color"}, writer=list)
PIVOT = Scalar(
    f.check_pivot,
    {"type": "array", "items": {"$ref": "#/$defs/Curve"}, "minItems": 2, "maxItems": 2},
    writer=list,
)


def one_of(kind: str, names: Iterable[str]) -> Scalar[str]:
    """Return one of ``names``; ``kind`` is what they are, for messages."""
    names = tuple(names)
    return Scalar(f.choice(kind, names), {"type": "string", "enum": list(names)})


TIME_SCHEMA = {
    "anyOf": [
        {"type": "number", "minimum": 0},
        {
            "type": "string",
            "pattern": TIME_PATTERN,
            "patternErrorMessage": "a time: 2.5s, 1:23.5, 250ms, 24f, 4b, 2 bars, 50%, a mark, end",
        },
    ]
}
CURVE_SCHEMA = {
    "anyOf": [
        {"type": "number"},
        {"type": "string", "minLength": 1},
        {"type": "object", "minProperties": 1},
    ]
}
