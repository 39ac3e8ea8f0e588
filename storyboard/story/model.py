"""The shape of a story file, field by field. The JSON schema and its descriptions come from here.

What a shot can say, ``defaults`` and the top level of the file can say too: a shot's own word
counts before that of ``defaults``, and that before the top level's. ``None`` means "not said".
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)

from storyboard.errors import BadValue
from storyboard.story.fields import (
    CURVE_SCHEMA,
    AnyNumber,
    Color,
    Crf,
    CurveText,
    Flag,
    Fps,
    Seed,
    Size,
    Text,
    Time,
    Whole,
    check_curve,
    choice,
    number,
    shown,
    wrong,
)
from storyboard.timeline.plan import Prompt
from storyboard.timeline.prompts import FADE_SHAPES, parse_prompts

BORDERS = ("reflect", "replicate", "wrap", "zeros", "noise", "color")
FORMATS = ("mp4", "webm", "mov", "gif", "png")
RESAMPLES = ("bicubic", "bilinear")
QUALITIES = ("sketch", "draft", "normal", "better", "best", "supreme")
VERSION = 1


def is_private(key: str) -> bool:
    """True for the keys that a writer may add freely: ``notes`` and ``x-...``."""
    return key == "notes" or key.startswith("x-")


def _short_prompts(value: Any) -> Any:
    """A text, which may hold weights and ``|``, becomes one mapping or several."""
    items = value if isinstance(value, list) else [value]
    return [prompt for item in items for prompt in _prompt_items(item)]


def _prompt_items(item: Any) -> list[Any]:
    if not isinstance(item, str):
        return [{"text": item} if isinstance(item, int | float) else item]
    try:
        parsed = parse_prompts(item)
    except BadValue as error:
        raise wrong(error.message, error.hint) from None
    return [_prompt_mapping(prompt) for prompt in parsed]


def _prompt_mapping(prompt: Prompt) -> dict[str, Any]:
    mapping: dict[str, Any] = {"text": prompt.text}
    if prompt.weight != 1:
        mapping["weight"] = prompt.weight
    if prompt.stop != float("-inf"):
        mapping["stop"] = prompt.stop
    return mapping


def _short(key: str, *, listed: bool = False) -> BeforeValidator:
    """Take ``value`` for ``{key: value}``, and with ``listed`` one for a list of one."""

    def one(value: Any) -> Any:
        return {key: value} if isinstance(value, str | int | float) else value

    def several(value: Any) -> Any:
        items = value if isinstance(value, list) else [value]
        return [one(item) for item in items]

    return BeforeValidator(several if listed else one)


def _named(kind: str, names: tuple[str, ...]) -> Any:
    schema = WithJsonSchema({"type": "string", "enum": list(names)})
    return Annotated[str, PlainValidator(choice(kind, names)), schema]


Border = _named("border", BORDERS)
FadeShape = _named("fade shape", tuple(FADE_SHAPES))
Format = _named("format", FORMATS)
Resample = _named("resampling", RESAMPLES)
QualityName = _named("quality", QUALITIES)


def _public(value: Any) -> Any:
    """The mapping without the keys that the writer keeps for himself; anything else as it is."""
    if not isinstance(value, dict):
        return value
    return {key: item for key, item in value.items() if not is_private(key)}


def _bpm(value: Any) -> float:
    """A number of beats a minute; ``auto`` is refused in its own words."""
    if value == "auto":
        told = "bpm: auto is not known yet; the tempo is not taken from the soundtrack"
        raise wrong(told, "write the number of beats a minute, such as bpm: 120")
    return number(low=1, high=1000)(value)


def _pair(value: Any) -> tuple[Any, Any]:
    """Two curves: the pivot's x and y."""
    if not isinstance(value, list) or len(value) != 2:
        raise wrong(f"a pivot is [x, y], such as [0.5, 0.5], not {shown(value)}")
    return check_curve(value[0]), check_curve(value[1])


def _version(value: Any) -> int:
    if value != VERSION or isinstance(value, bool):
        hint = f"this Storyboard reads version {VERSION}; a newer one may read this story"
        raise wrong(f"version {value} of the story format is not known", hint)
    return VERSION


Curves = Annotated[dict[str, CurveText], BeforeValidator(_public)]
Beats = Annotated[float, PlainValidator(_bpm), WithJsonSchema({"type": "number", "minimum": 1})]
Pivot = Annotated[
    tuple[Any, Any],
    PlainValidator(_pair),
    WithJsonSchema({"type": "array", "minItems": 2, "maxItems": 2, "items": CURVE_SCHEMA}),
]
Version = Annotated[int, PlainValidator(_version), WithJsonSchema({"const": VERSION})]


def _said(description: str) -> Any:
    """A field that may be left out: its default None means "not said"."""
    return Field(default=None, description=description)


class _Spec(BaseModel):
    """Base of everything in a story: frozen, unknown keys refused, private keys dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _drop_private(cls, value: Any) -> Any:
        return _public(value)


class OutputSpec(_Spec):
    """The film's file."""

    size: Size | None = _said("Width x height in pixels, both even, such as 512x288 (default).")
    fps: Fps | None = _said("Frames a second: 24 (default), 23.976, 30000/1001.")
    format: Format | None = _said("mp4 (default), webm, mov (ProRes), gif, or png (a sequence).")
    crf: Crf | None = _said("Encoder quality, 0 (best) to 51; taken from the quality if not said.")


class AudioSpec(_Spec):
    """The soundtrack, and the beat grid that times in beats and bars count on."""

    file: Text | None = _said("The sound file, relative to the story.")
    offset: Time | None = _said("When the soundtrack sets in, from the start of the film.")
    start: Time | None = _said("Where in the file the soundtrack starts.")
    end: Time | None = _said("Where in the file it ends; its own end if not said.")
    bpm: Beats | None = _said("Beats a minute.")
    first_beat: Time | None = _said("When the first beat falls, from the start of the file.")
    beats_per_bar: Whole | None = _said("Beats in a bar, 4 if not said.")
    gain: AnyNumber | None = _said("Decibels louder (or quieter, if negative).")


class DrawerSpec(_Spec):
    """How the picture is parameterised: a drawer's name, and its own options beside it."""

    model_config = ConfigDict(frozen=True, extra="allow")

    name: Text = Field(description="The drawer; `storyboard list drawers` names them.")


class PerceptorSpec(_Spec):
    """A model that looks at the picture."""

    name: Text = Field(description="sketch, an open_clip model/weights, hf-hub:..., or a file.")
    weight: CurveText | None = _said("How much it counts beside the others; 1 if not said.")


class PromptSpec(_Spec):
    """One thing that the picture should show."""

    text: Text = Field(description="What to show, in words.")
    weight: CurveText | None = _said("How much it counts; negative pushes away. 1 if not said.")
    stop: AnyNumber | None = _said("The distance at which it is close enough and pulls no more.")


class MotionSpec(_Spec):
    """The camera: absolute pose over the shot, or rates a second. They combine."""

    zoom: CurveText | None = _said("2 shows everything twice as large.")
    rotate: CurveText | None = _said("Degrees; positive turns the picture counter-clockwise.")
    pan_x: CurveText | None = _said("Frame widths; positive moves the camera right.")
    pan_y: CurveText | None = _said("Frame heights; positive moves the camera up.")
    shear_x: CurveText | None = _said("Leans the picture sideways, as a share of its height.")
    shear_y: CurveText | None = _said("Leans the picture upwards, as a share of its width.")
    pivot: Pivot | None = _said("[x, y] about which it zooms and turns; [0.5, 0.5] is the centre.")
    zoom_per_s: CurveText | None = _said("Zoom factor of one second: 1.05 is 5 % closer a second.")
    rotate_per_s: CurveText | None = _said("Degrees a second.")
    pan_x_per_s: CurveText | None = _said("Frame widths a second.")
    pan_y_per_s: CurveText | None = _said("Frame heights a second.")
    shear_x_per_s: CurveText | None = _said("Shear a second.")
    shear_y_per_s: CurveText | None = _said("Shear a second.")
    ease: Text | None = _said("The easing between the keys of these curves; linear if not said.")


class Settings(_Spec):
    """What a shot can say, and what ``defaults`` and the top level can say for every shot."""

    prompt: Annotated[tuple[PromptSpec, ...], BeforeValidator(_short_prompts)] | None = _said(
        "What the picture shows: a text, or a list of texts and of {text, weight, stop}."
    )
    fade: Time | None = _said("How long the prompts cross over from the shot before, at its start.")
    fade_shape: FadeShape | None = _said("How they cross: linear (default), smooth, slerp or cut.")
    cut: Flag | None = _said("Start from a fresh picture instead of the last one.")
    drawer: Annotated[DrawerSpec, _short("name")] | None = _said(
        "How the picture is drawn: a drawer's name, or {name, ...its options}."
    )
    perceptors: Annotated[tuple[PerceptorSpec, ...], _short("name", listed=True)] | None = _said(
        "What looks at the picture: names, or {name, weight}; the quality's if not said."
    )
    motion: MotionSpec | None = _said("The camera.")
    losses: Curves | None = _said("Extra objectives by name, with their weights.")
    filters: Curves | None = _said("Changes made to the picture by name, with their strengths.")
    steps_first: CurveText | None = _said("Optimiser steps of the first frame after a cut.")
    steps: CurveText | None = _said("Optimiser steps of every other frame.")
    lr: CurveText | None = _said("Learning rate, as a factor of the drawer's own.")
    cuts: CurveText | None = _said("Cutouts that a perceptor sees in every step.")
    cut_batch: Whole | None = _said("Cutouts held in memory at once; does not change the picture.")
    cut_hold: CurveText | None = _said("Share of the cutouts kept from frame to frame, 0 to 1.")
    hold: CurveText | None = _said("How strongly a frame is held to the moved one before it.")
    color_hold: CurveText | None = _said("How strongly colours are kept from drifting, 0 to 1.")
    border: Border | None = _said("What the camera finds beyond the edge of the picture.")
    border_color: Color | None = _said('The colour of border: color, "#rrggbb" or [r, g, b].')
    resample: Resample | None = _said("How moved pictures are resampled.")
    seed: Seed | None = _said("Where all chance comes from.")


class Defaults(Settings):
    """Settings of every shot that does not say otherwise."""

    duration: Time | None = _said("How long a shot is that says neither duration nor until.")


class ShotSpec(Defaults):
    """A stretch of the film."""

    name: Text | None = _said("What the shot is called; shot-001 and so on if not said.")
    duration: Time | None = _said("How long it is.")
    until: Time | None = _said("When it ends: a time of the film, a mark, or end.")


class KeyedShot(Settings):
    """A prompt of the shorthand, or a whole shot, that starts at the time it is keyed to."""

    name: Text | None = _said("What the shot is called.")


def _keyed_shot(value: Any) -> Any:
    """A text, list or {text, weight} becomes {prompt: ...}."""
    if isinstance(value, dict) and "text" not in value:
        return value
    return {"prompt": value}


class StorySpec(Settings):
    """A whole story file."""

    version: Version | None = _said("Version of the story format: 1.")
    title: Text | None = _said("The film's title.")
    output: OutputSpec | None = _said("Size, frame rate and format of the film.")
    audio: Annotated[AudioSpec, _short("file")] | None = _said(
        "The soundtrack: a file, or {file, ...}."
    )
    duration: Time | None = _said("How long the film is; otherwise the shots or the audio say it.")
    marks: Annotated[dict[str, Time], BeforeValidator(_public)] | None = _said(
        "Names for times of the film."
    )
    quality: QualityName | None = _said("sketch (default), draft, normal, better, best, supreme.")
    defaults: Defaults | None = _said("Settings of every shot that does not say otherwise.")
    shots: tuple[ShotSpec, ...] | None = _said("The shots in order.")
    prompts: dict[str, Annotated[KeyedShot, BeforeValidator(_keyed_shot)]] | None = _said(
        "The short way: times, and what is seen from then on."
    )
