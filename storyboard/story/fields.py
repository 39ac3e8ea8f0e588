"""The kinds of value that a story holds, each with its own words for what is wrong.

Every kind is an ``Annotated`` type for pydantic: it takes what the YAML loader gives (text, int,
float, bool, list, dict), says in plain words what it wanted, and describes itself in the JSON
schema. What needs the clock (times, curves) is only checked for its shape here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from storyboard.errors import BadValue, did_you_mean
from storyboard.story.times import TIME_PATTERN, TimeError, parse_time
from storyboard.timeline.clock import parse_fps

MIN_SIZE, MAX_SIZE = 16, 8192
_SIZE = re.compile(r"\s*(\d+)\s*[x×X*]\s*(\d+)\s*\Z")
_HEX = re.compile(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})\Z")


def wrong(message: str, hint: str | None = None) -> PydanticCustomError:
    """An error in the writer's words; ``hint`` says what to do."""
    return PydanticCustomError("story", "{message}", {"message": message, "hint": hint})


def shown(value: Any) -> str:
    """A value as a person would name it in a sentence."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    kind = "the text " if isinstance(value, str) else ""
    text = repr(value)
    return kind + (text if len(text) <= 40 else text[:37] + "...'")


def _expected(what: str, value: Any, hint: str | None = None) -> PydanticCustomError:
    if value is None:
        return wrong(
            f"nothing is written here; {what} is expected", "write a value or drop the key"
        )
    return wrong(f"{what} is expected here, not {shown(value)}", hint)


def check_text(value: Any) -> str:
    """A text that is not empty."""
    if isinstance(value, bool | int | float):
        raise _expected("a text", value, f'to mean the text, write it in quotes: "{shown(value)}"')
    if not isinstance(value, str):
        hint = "a text that starts with [ or { needs quotes" if value is not None else None
        raise _expected("a text", value, hint)
    if not value.strip():
        raise wrong("this text is empty")
    return value


def is_number(value: Any) -> bool:
    """True for int and float, not for bool, infinity or not-a-number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def number(
    *, low: float = -math.inf, high: float = math.inf, above: float = -math.inf
) -> Callable[[Any], float]:
    """A validator of numbers within ``low`` and ``high``, and greater than ``above``."""

    def check(value: Any) -> float:
        if not is_number(value):
            raise _expected("a number", value, _unquoted(value))
        if value <= above:
            raise wrong(f"{value} must be greater than {above:g}")
        if not low <= value <= high:
            raise wrong(f"{value} must be {_range(low, high)}")
        return float(value)

    return check


def whole(*, low: int, high: int) -> Callable[[Any], int]:
    """A validator of whole numbers within ``low`` and ``high``."""

    def check(value: Any) -> int:
        if not is_number(value) or value != int(value):
            raise _expected("a whole number", value, _unquoted(value))
        if not low <= value <= high:
            raise wrong(f"{value} must be {_range(low, high)}")
        return int(value)

    return check


def _range(low: float, high: float) -> str:
    if math.isinf(high):
        return f"{low:g} or more"
    return f"between {low:g} and {high:g}"


def _unquoted(value: Any) -> str | None:
    try:
        float(value)
    except (TypeError, ValueError):
        return None
    return "write the number without quotes" if isinstance(value, str) else None


def check_flag(value: Any) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        said_so = str(value).lower() in ("yes", "on", "no", "off")
        raise _expected("true or false", value, "write true or false" if said_so else None)
    return value


def choice(kind: str, names: Sequence[str]) -> Callable[[Any], str]:
    """A validator of one of ``names``; ``kind`` is what they are, for the message."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise _expected(f"a {kind}", value, "known: " + ", ".join(names))
        if value not in names:
            hint = did_you_mean(value, names) or "known: " + ", ".join(names)
            raise wrong(f"unknown {kind} {value!r}", hint)
        return value

    return check


def check_size(value: Any) -> tuple[int, int]:
    """``512x288`` or ``[512, 288]``: even numbers of pixels that every player shows."""
    found = _SIZE.match(value) if isinstance(value, str) else None
    pair = list(map(int, found.groups())) if found else value
    if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(n, int) for n in pair)):
        raise _expected("a size such as 512x288", value)
    width, height = pair
    legal = "x".join(str(_legal(n)) for n in pair)
    if not all(MIN_SIZE <= n <= MAX_SIZE for n in pair):
        told = f"{width}x{height}: width and height must be {_range(MIN_SIZE, MAX_SIZE)}"
        raise wrong(told, f"the nearest legal size is {legal}")
    if width % 2 or height % 2:
        told = f"{width}x{height}: video needs an even width and height"
        raise wrong(told, f"the nearest legal size is {legal}")
    return width, height


def _legal(pixels: int) -> int:
    return min(max(pixels + pixels % 2, MIN_SIZE), MAX_SIZE)


def check_fps(value: Any) -> Fraction:
    """Frames a second, exact: ``24``, ``23.976`` (means 24000/1001), ``30000/1001``."""
    if not is_number(value) and not isinstance(value, str):
        raise _expected("frames a second, such as 24 or 30000/1001", value)
    try:
        return parse_fps(value)
    except BadValue as error:
        raise wrong(error.message, error.hint) from None


def check_color(value: Any) -> tuple[float, float, float]:
    """``#rrggbb`` or ``[r, g, b]`` with numbers from 0 to 1."""
    found = _HEX.match(value) if isinstance(value, str) else None
    if found:
        red, green, blue = (int(part, 16) / 255 for part in found.groups())
        return red, green, blue
    if not isinstance(value, list) or len(value) != 3 or not all(map(is_number, value)):
        raise _expected('a colour such as "#20304f" or [0.1, 0.2, 0.3]', value)
    if not all(0 <= part <= 1 for part in value):
        raise wrong(f"{value}: red, green and blue go from 0 to 1", 'or write it as "#rrggbb"')
    return float(value[0]), float(value[1]), float(value[2])


def check_curve(value: Any) -> Any:
    """The outer shape of a curve: a number, an expression, or a mapping of keys."""
    if is_number(value) or (isinstance(value, str) and value.strip()) or isinstance(value, dict):
        return value
    what = "a number, an expression in t, or keys such as {0s: 0, 2s: 1}"
    raise _expected(what, value)


def check_time(value: Any) -> Any:
    """A time that `parse_time` reads; kept as written, for the clock to resolve."""
    if not is_number(value) and not isinstance(value, str):
        raise _expected("a time such as 2.5s, 1:23.5, 24f, 4b or a mark", value)
    try:
        parse_time(value)
    except TimeError as error:
        raise wrong(error.message, error.hint) from None
    return value


def _number_schema(kind: str, **bounds: float) -> WithJsonSchema:
    return WithJsonSchema({"type": kind, **bounds})


TIME_SCHEMA: dict[str, Any] = {
    "type": ["number", "string"],
    "minimum": 0,
    "pattern": TIME_PATTERN,
    "examples": ["2.5s", "0:12.5", "24f", "4b", "2 bars", "end"],
}
CURVE_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "number"},
        {"type": "string", "minLength": 1, "description": "An expression in t, u, b ..."},
        {
            "type": "object",
            "description": "Keys: a time in the shot, and the value there.",
            "minProperties": 1,
            "additionalProperties": {"type": ["number", "string", "object"]},
        },
    ]
}

Text = Annotated[str, PlainValidator(check_text), WithJsonSchema({"type": "string"})]
Flag = Annotated[bool, PlainValidator(check_flag), WithJsonSchema({"type": "boolean"})]
Time = Annotated[Any, PlainValidator(check_time), WithJsonSchema(TIME_SCHEMA)]
CurveText = Annotated[Any, PlainValidator(check_curve), WithJsonSchema(CURVE_SCHEMA)]
Positive = Annotated[
    float, PlainValidator(number(above=0)), _number_schema("number", exclusiveMinimum=0)
]
AnyNumber = Annotated[float, PlainValidator(number()), _number_schema("number")]
Whole = Annotated[
    int, PlainValidator(whole(low=1, high=10_000)), _number_schema("integer", minimum=1)
]
Crf = Annotated[int, PlainValidator(whole(low=0, high=51)), _number_schema("integer", minimum=0)]
Seed = Annotated[
    int, PlainValidator(whole(low=0, high=2**63 - 1)), _number_schema("integer", minimum=0)
]
Size = Annotated[
    tuple[int, int],
    PlainValidator(check_size),
    PlainSerializer(lambda size: f"{size[0]}x{size[1]}"),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\d+\s*[x×X*]\s*\d+\s*$"}),
]
Fps = Annotated[
    Fraction,
    PlainValidator(check_fps),
    PlainSerializer(lambda fps: int(fps) if fps.denominator == 1 else str(fps)),
    WithJsonSchema({"type": ["number", "string"], "examples": [24, 23.976, "30000/1001"]}),
]
Color = Annotated[
    tuple[float, float, float],
    PlainValidator(check_color),
    PlainSerializer(list),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": "^#[0-9a-fA-F]{6}$"}, {"type": "array"}]}
    ),
]
