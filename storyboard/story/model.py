"""The shape of a story file, field by field. The JSON schema and its descriptions come from here.

What a shot can say, ``defaults`` and the top level of the file can say too: a shot's own word
counts before that of ``defaults``, and that before the top level's. ``None`` means "not set".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from storyboard.motion import BORDERS, RESAMPLES
from storyboard.story.effort import EFFORT, EffortSpec
from storyboard.story.finish import CAPTIONS, OVERLAYS, BurnSpec, CaptionSpec, OverlaySpec
from storyboard.story.growth import GROWTH, GrowthSpec
from storyboard.story.guidance import PROMPTS, SOURCES, SUFFIX, LossOf, PromptSpec
from storyboard.story.kinds import Either, Listed, ListOf, MapOf, RecordOf, spec_field
from storyboard.story.looping import LOOP, LoopSpec
from storyboard.story.motion import MotionSpec
from storyboard.story.music import AudioSpec, MarkSet, SnapSpec
from storyboard.story.opening import INIT, InitSpec
from storyboard.story.output import OUTPUT, OUTPUTS, OutputSpec
from storyboard.story.prompts import FADE_SHAPES
from storyboard.story.quality import QUALITIES
from storyboard.story.scalars import (
    COLOR,
    CURVE,
    FLAG,
    PROSE,
    SEED,
    SHIFT,
    TAKES,
    TEXT,
    TIME,
    VERSION,
    WHOLE,
    one_of,
)
from storyboard.story.space import DepthSpec, StereoSpec
from storyboard.story.video import VideoSpec

MOST_SHOTS, MOST_MARKS = 20_000, 10_000


@dataclass(frozen=True, kw_only=True)
class DrawerSpec:
    """The picture's parameterisation: a drawer's name, and its own options beside it."""

    name: str = spec_field(TEXT, "The drawer; `storyboard list drawers` names them.", required=True)
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PerceptorSpec:
    """A model that looks at the picture."""

    name: str = spec_field(
        TEXT, "sketch, MODEL/WEIGHTS of open_clip, hf-hub:..., or a file or folder.", required=True
    )
    weight: Any = spec_field(CURVE, "How much it counts beside the others; 1 if not set.")


PERCEPTORS = ListOf(
    RecordOf(PerceptorSpec, short="name"), what="a name or a list of perceptors", single=True
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of a shot, which ``defaults`` and the top level may set for every shot."""

    prompt: tuple[PromptSpec, ...] | None = spec_field(
        PROMPTS,
        "What the picture shows: a text, or a list of texts and of {text, weight, stop}; "
        "image:, labels:, vector:, more: or noise: may stand for text:.",
    )
    suffix: str | bool | None = spec_field(
        SUFFIX,
        'Added to every text of prompt: ", oil painting"; or a sentence with {prompt} in it; '
        "false for none.",
    )
    avoid: tuple[PromptSpec, ...] | None = spec_field(
        PROMPTS,
        "What it should not show: prompts that push away, by 0.3 each where no weight is set.",
    )
    fade: Any = spec_field(TIME, "How long the prompts of the shot before cross over to its own.")
    fade_shape: str | None = spec_field(
        one_of("fade shape", FADE_SHAPES), "How they cross over; linear if not set."
    )
    cut: bool | None = spec_field(FLAG, "Start from a fresh picture instead of the last one.")
    drawer: DrawerSpec | None = spec_field(
        RecordOf(DrawerSpec, short="name", rest="options"),
        "How the picture is drawn: a drawer's name, or {name, ...its options}.",
    )
    perceptors: tuple[PerceptorSpec, ...] | None = spec_field(
        PERCEPTORS, "What looks at the picture: names, or {name, weight}; the quality's by default."
    )
    motion: MotionSpec | None = spec_field(
        RecordOf(MotionSpec, beside=("border", "border_color", "resample")), "The camera."
    )
    video: VideoSpec | None = spec_field(
        RecordOf(VideoSpec, short="file"),
        "A clip that the frames start from: a file, or {file, start, speed ...}; false for none.",
    )
    video_mix: Any = spec_field(CURVE, "Share of the clip in what a frame starts from, 0 to 1.")
    init: InitSpec | None = spec_field(
        INIT, "A picture to begin with: a file, or {image, weight, until, every}; false for none."
    )
    depth: DepthSpec | None = spec_field(
        RecordOf(DepthSpec, short="kind"),
        "How far away the picture is: plane, sphere, tunnel, a grey picture, model, or {kind ...}.",
    )
    losses: Mapping[str, Any] | None = spec_field(
        MapOf(LossOf(), "{smoothness: 0.5}"),
        "Extra objectives by name: a weight, or {weight, where, ...its options}.",
    )
    filters: Mapping[str, Any] | None = spec_field(
        MapOf(CURVE, "{vignette: 0.5}"),
        "Changes made to the picture by name: an amount, or {amount, ...its options}.",
    )
    growth: GrowthSpec | None = spec_field(
        GROWTH, "Film one picture's optimisation: {steps_per_frame: 2, hold_last: 1s}."
    )
    steps_first: Any = spec_field(CURVE, "Optimiser steps of the first frame after a cut.")
    steps: Any = spec_field(CURVE, "Optimiser steps of every other frame.")
    lr: Any = spec_field(CURVE, "Learning rate, as a factor of the drawer's own; 1 if not set.")
    cuts: Any = spec_field(CURVE, "Cutouts that a perceptor sees in every step.")
    cut_batch: int | None = spec_field(
        WHOLE, "Cutouts in memory at once; does not change the picture."
    )
    cut_hold: Any = spec_field(CURVE, "Share of the cutouts kept from frame to frame, 0 to 1.")
    hold: Any = spec_field(
        CURVE, "How strongly a frame is held to the one before, moved by the camera."
    )
    reveal: Any = spec_field(CURVE, "How freely new picture grows where the camera uncovers; 0.5.")
    color_hold: Any = spec_field(CURVE, "How strongly the colours are kept from drifting, 0 to 1.")
    border: str | None = spec_field(
        one_of("border", BORDERS), "What the camera finds beyond the edge; reflect if not set."
    )
    border_color: tuple[float, float, float] | None = spec_field(
        COLOR, 'The colour of `border: color`: "#rrggbb", [r, g, b] from 0 to 1, or a name.'
    )
    resample: str | None = spec_field(
        one_of("resampling", RESAMPLES), "How moved pictures are resampled; bicubic if not set."
    )
    seed: int | str | None = spec_field(
        SEED, "Where all chance comes from: a number, or a word; 0 if not set."
    )
    takes: int | None = spec_field(
        TAKES, "Seeds of the shot that `render` shows side by side, for `storyboard pick`; 1 to 50."
    )
    snap: SnapSpec | None = spec_field(
        RecordOf(SnapSpec, short="to"),
        "Moves the start of the shot to the nearest beat, bar or onset; or {to, within}.",
    )


@dataclass(frozen=True, kw_only=True)
class Defaults(Settings):
    """Settings of every shot that does not say otherwise."""

    duration: Any = spec_field(TIME, "How long a shot is that says neither duration nor until.")


@dataclass(frozen=True, kw_only=True)
class ShotSpec(Settings):
    """A stretch of the film."""

    name: str | None = spec_field(PROSE, "What the shot is called; shot-001 and so on if not set.")
    duration: Any = spec_field(TIME, "How long it is.")
    until: Any = spec_field(TIME, "When it ends: a time of the film, a mark, or end.")


@dataclass(frozen=True, kw_only=True)
class KeyedShot(Settings):
    """A shot of the shorthand: seen from the time on that it is keyed to."""

    name: str | None = spec_field(PROSE, "What the shot is called.")


def _keyed_shot(value: Any) -> Any:
    """Read a keyed shot: a text, a list, {text, weight}, {image} and the like is its prompt."""
    is_shot = isinstance(value, dict) and not value.keys() & set(SOURCES)
    return value if is_shot else {"prompt": value}


KEYED_SHOT = RecordOf(KeyedShot, shorten=_keyed_shot)


@dataclass(frozen=True, kw_only=True)
class LyricsSpec:
    """Shots made from lyrics: each lasts from its line to the next."""

    file: str = spec_field(
        TEXT,
        "The lyrics, .lrc or .srt, relative to the story; auto listens to them.",
        required=True,
    )
    model: str | None = spec_field(
        TEXT,
        "A folder with the weights of Whisper, for file: auto; one of the hub's cache if not set.",
    )
    offset: Any = spec_field(
        SHIFT, "How much later than in the file they are sung; -0.2s is earlier."
    )
    prompt: tuple[PromptSpec, ...] | None = spec_field(
        PROMPTS, 'What each shows: "{line}, oil painting"; also {n}, and {word} for a shot a word.'
    )
    gap_prompt: tuple[PromptSpec, ...] | None = spec_field(
        PROMPTS, "What is seen where nothing is sung; the last picture goes on if not set."
    )
    burn: BurnSpec | bool | None = spec_field(
        Either(FLAG, RecordOf(BurnSpec)),
        "Write them on the picture: true, or {at, size, font, color, style, sung}.",
    )


@dataclass(frozen=True, kw_only=True)
class StorySpec(Settings):
    """A whole story file."""

    version: int | None = spec_field(VERSION, "Version of the story format.")
    title: str | None = spec_field(PROSE, "The film's title.")
    output: OutputSpec | None = spec_field(
        OUTPUT, "Size, frame rate and format of the film: a size, a shape such as 16:9, or {...}."
    )
    outputs: Mapping[str, OutputSpec] | None = spec_field(
        OUTPUTS, "Several films of one story by name, over what output says: {phone: 9:16}."
    )
    audio: AudioSpec | None = spec_field(
        RecordOf(AudioSpec, short="file"), "The soundtrack: a file, or {file, bpm, offset ...}."
    )
    stereo: StereoSpec | None = spec_field(
        RecordOf(StereoSpec, short="format"),
        "A film for two eyes: a format, or {format, ipd, screen}.",
    )
    loop: LoopSpec | bool | None = spec_field(
        LOOP, "The end leads back into the beginning: true, or {fade: 1s}."
    )
    duration: Any = spec_field(TIME, "When `end` is; the end of the soundtrack if not set.")
    marks: Mapping[str, Any] | None = spec_field(
        MapOf(Either(TIME, RecordOf(MarkSet)), "{drop: 0:42.5}", most=MOST_MARKS),
        "Names for times of the film, or sets of them: {hits: {every: 4 bars}}.",
    )
    define: Mapping[str, Any] | None = spec_field(
        MapOf(CURVE, "{kick: decay(beat, 6), ride(x): x*rms}"),
        "Names and functions of your own, for every expression of the story.",
    )
    quality: str | None = spec_field(
        one_of("quality", QUALITIES), "How good and how slow; sketch if not set."
    )
    effort: EffortSpec | None = spec_field(
        EFFORT, "Less of everything: a share of the steps, or {steps, cuts, size}, each 0 to 1."
    )
    defaults: Defaults | None = spec_field(RecordOf(Defaults), "Settings of every shot.")
    shots: tuple[ShotSpec, ...] | None = spec_field(
        ListOf(RecordOf(ShotSpec), instead=ShotSpec(), most=MOST_SHOTS), "The shots in order."
    )
    prompts: Mapping[str, KeyedShot] | tuple[KeyedShot, ...] | None = spec_field(
        Listed(
            MapOf(KEYED_SHOT, "{0:00: a sunset, 0:12.5: a starry sky}", most=MOST_SHOTS),
            ListOf(KEYED_SHOT, most=MOST_SHOTS),
        ),
        "The short way: times, and what is seen from each on; or a list, which shares the time.",
    )
    lyrics: LyricsSpec | None = spec_field(
        RecordOf(LyricsSpec, short="file"),
        "A shot for each line that is sung: a file, or {file, ...}.",
    )
    overlays: tuple[OverlaySpec, ...] | None = spec_field(
        OVERLAYS, "Pictures over the finished film: files, or {image, at, scale, alpha, from, to}."
    )
    captions: tuple[CaptionSpec, ...] | None = spec_field(
        CAPTIONS, "Words over the finished film: texts, or {text, at, size, color, from, to ...}."
    )


STORY = RecordOf(StorySpec)
