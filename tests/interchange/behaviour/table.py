"""One door to what the sources mean: ``evaluate(tool, kind, input, context, frames)``.

Behaviour tables (tests/data/keyframes.json is one) name a tool, a kind of question and its input;
every kind that an importer rests on is answered here by the code that imports with it, the others
by what stands beside this file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from storyboard.errors import BadValue, UnknownName
from storyboard.interchange.importers import keyframed, prompt_texts, pytti
from storyboard.interchange.importers.frame_schedules import (
    ScheduleContext,
    _pairs,
    _unquoted,
    read_frame,
    read_schedule,
    splines,
)
from storyboard.interchange.importers.warps import zoom_3d

from . import parseq_questions as parseq
from . import pytti_rules, rules, warps
from .case import Answer, Case
from .rhythm import convert, rhythm_names


def evaluate(
    tool: str,
    kind: str,
    input: Any,
    context: Mapping[str, Any] | None = None,
    frames: Sequence[float] | None = None,
) -> Any:
    """What ``tool`` makes of ``input``: a value per frame where ``frames`` are given, else one.

    ``tool`` and ``kind`` are names such as ``deforum-webui`` and ``schedule`` (`KINDS` has all),
    ``context`` what the input is read within: ``max_frames``, ``fps``, ``seed`` ... Where a source
    has a known fault, the answer is the corrected one (docs/importing.md lists them).

    Raises:
        UnknownName: no such tool, or no such kind for it.
        BadValue: the input cannot be read; it says why and, in a text, at which column.
    """
    tools = sorted({name for name, _ in KINDS})
    if tool not in tools:
        raise UnknownName("tool", tool, tools)
    if (tool, kind) not in KINDS:
        raise UnknownName(f"kind of {tool}", kind, [k for name, k in KINDS if name == tool])
    case = Case(input, context or {}, list(frames or ()))
    try:
        return _plain(KINDS[tool, kind](case))
    except KeyError as missing:
        raise BadValue(f"{tool} {kind}: {missing.args[0]!r} is not given") from None
    except _OF_ANOTHER_SHAPE as error:
        raise BadValue(f"{tool} {kind}: such an input cannot be read: {error}") from error


_OF_ANOTHER_SHAPE = (
    *(TypeError, ValueError, AttributeError),
    *(LookupError, ArithmeticError),
)
"""What follows where a question holds a text for a number, or a number for a mapping."""


def _plain(found: Any) -> Any:
    """numpy's numbers and arrays as Python's."""
    if isinstance(found, np.ndarray | np.generic):
        return found.tolist()
    if isinstance(found, dict):
        return {name: _plain(part) for name, part in found.items()}
    return [_plain(part) for part in found] if isinstance(found, list) else found


def setting_of(context: Mapping[str, Any], **names: Any) -> ScheduleContext:
    """The setting that a file or a table's context describes: ``max_frames``, ``seed``."""
    seed = float(context.get("seed") or 0)
    return ScheduleContext(int(context["max_frames"]), {"s": seed, **names})


def read_texts(written: Any, setting: ScheduleContext) -> list[str]:
    """A schedule of words, one per frame: each holds until the next key; quotes are taken off."""
    keys = {read_frame(key, setting): _unquoted(text) for _, key, text in _pairs(written)}
    frames = sorted(keys)
    held = np.searchsorted(frames, np.arange(setting.frames), side="right") - 1
    return [keys[frames[max(int(n), 0)]] for n in held]


def _schedule(case: Case) -> list[Any]:
    context = case.film
    setting = setting_of(context)
    if context.get("is_single_string"):
        return case.pick(read_texts(case.input, setting))
    values = read_schedule(case.input, setting).values(setting)
    return case.pick(np.trunc(values) if context.get("integer") else values)


def _notebook_schedule(case: Case) -> list[Any]:
    """A keyframe string, or texts with a weight by frame each."""
    nested = isinstance(case.input, Mapping) and all(
        isinstance(keys, Mapping) for keys in case.input.values()
    )
    return prompt_texts.weights(case.input, case.frames) if nested else _schedule(case)


def _studio_schedule(case: Case) -> list[Any]:
    context = case.film
    setting = setting_of(context, **rhythm_names(context))
    return case.pick(read_schedule(case.input, setting).values(setting))


def _disco_schedule(case: Case) -> list[Any]:
    context = case.film
    setting = setting_of(context)
    kind = str(context.get("interp_spline") or "Linear")
    values = splines(read_schedule(case.input, setting), setting, kind)
    return case.pick(np.trunc(values) if context.get("integer") else values)


def _curve(case: Case) -> list[Any]:
    method = str(case.context.get("interpolation") or "previous")
    if isinstance(case.input, str):
        setting = setting_of({"max_frames": 1})
        keys = {e.frame: e.value for e in read_schedule(case.input, setting).entries}
        curve: keyframed.Function = keyframed.read_curve(keys, "linear", first=True)
    elif case.context.get("loop") or case.context.get("bounce"):
        curve = keyframed.operate({"curve": case.input, **case.context}, method)
    else:
        curve = keyframed.operate(case.input, method)
    return [curve(frame) for frame in case.frames]


def _seeds(case: Case) -> list[Any]:
    given = case.input
    count = int(max(case.frames or [0])) + 1
    made = rules.seeds(
        str(given["behaviour"]), given["seed"], count=count, every=given.get("seed_iter_N", 1)
    )
    return case.pick(made)


def _saved_frames(case: Case) -> dict[str, Any]:
    count, cadence = case.input["max_frames"], case.input["cadence"]
    found = rules.cadence_frames(count, cadence)
    return {"saved_frames": count, "last_saved_index": count - 1, "diffused": found["diffused"]}


def _manifest(case: Case) -> list[Any]:
    rows = case.input["frames"]
    field = next(iter(rows[0]))
    name = f"{field}_delta" if case.input.get("use_deltas") else field
    return case.pick([row[name] for row in rows])


def _expression(case: Case) -> Any:
    context = {name: given for name, given in case.context.items() if name != "call_order"}
    return pytti_rules.evaluate_expression(case.input, context)


def _scene_prompt(case: Case) -> dict[str, str]:
    return dict(vars(pytti.read_prompt(case.input)))


def _warped(case: Case) -> list[Any]:
    given = case.input
    frames = round(float(given["duration"]) * given["fps"])
    energies = given["percussive_mel_max"]
    return case.pick(rules.time_warp(energies, frames, smooth=given.get("smooth", 0.0)))


def _per_frame(answer: Callable[[Mapping[str, Any], int], Any]) -> Answer:
    return lambda case: [answer(case.input, int(frame)) for frame in case.frames]


def _one(answer: Callable[[Mapping[str, Any]], Any]) -> Answer:
    """An answer of the input alone, in a list where a frame is named."""
    return lambda case: [answer(case.input)] if case.frames else answer(case.input)


def _webui_matrix(given: Mapping[str, Any]) -> Any:
    return warps.affine_2d(given, warps.webui_center(given))[:2]


def _notebook_matrix(given: Mapping[str, Any]) -> Any:
    return warps.affine_2d(given, warps.notebook_center(given))[:2]


def _point(given: Mapping[str, Any]) -> Any:
    moved = warps.affine_2d(given, warps.webui_center(given)) @ [*given["point"], 1.0]
    return moved[:2]


_DEFORUM: dict[str, Answer] = {
    "schedule": _schedule,
    "prompt-hold": lambda c: c.pick(prompt_texts.held(c.input, setting_of(c.context))),
    "prompt-interpolation": lambda c: c.pick(prompt_texts.mixed(c.input, setting_of(c.context))),
    "prompt-expression": lambda c: [
        prompt_texts.filled(c.input, setting_of(c.context), int(frame)) for frame in c.frames
    ],
    "seed-behaviour": _seeds,
    "guided-image-blend": _per_frame(rules.guided_blend),
    "srt-cue": _per_frame(lambda given, frame: rules.cue(frame, given["fps"])),
    "cadence-frame-count": _saved_frames,
    "cadence-tween": _one(rules.cadence_weight),
    "video-properties": _one(rules.video_properties),
    "parseq-import": _manifest,
    "warp2d-point": _one(_point),
    "warp2d-perspective-flip": _one(lambda given: warps.flipped(given)[:2]),
    "warp2d-border": _one(lambda given: warps.bordered(given["row"], given["tx"], given["border"])),
    "warp3d-shift-px": _one(warps.shift_3d),
    "warp3d-roll": _one(lambda given: float(given["rotation_3d_z"])),
    "warp3d-zoom": _one(lambda given: zoom_3d(given["tz"], given["fov"])),
    "warp3d-nearfar": _one(lambda given: "no effect on displacement"),
}

KINDS: dict[tuple[str, str], Answer] = {
    **parseq.KINDS,
    **{("deforum-webui", kind): answer for kind, answer in _DEFORUM.items()},
    **{("deforum-sd", kind): answer for kind, answer in _DEFORUM.items()},
    ("deforum-webui", "warp2d-matrix"): _one(_webui_matrix),
    ("deforum-sd", "warp2d-matrix"): _one(_notebook_matrix),
    ("deforum-studio", "schedule"): _studio_schedule,
    ("deforum-studio", "rhythm"): _one(lambda given: convert(given["function"], given["args"])),
    ("deforum-studio", "cadence"): _one(
        lambda given: rules.cadence_frames(given["max_frames"], given["cadence"])
    ),
    ("disco", "schedule"): _disco_schedule,
    ("disco", "prompt-hold"): _DEFORUM["prompt-hold"],
    ("disco", "turbo-blend"): _one(rules.turbo_weight),
    ("disco", "warp2d-matrix"): _one(_notebook_matrix),
    ("disco", "warp2d-border"): _DEFORUM["warp2d-border"],
    ("vqgan-clip-animations", "schedule"): _notebook_schedule,
    ("vqgan-clip-animations", "prompt-weights"): _notebook_schedule,
    ("vqgan-clip-animations", "warp2d-matrix"): _one(_notebook_matrix),
    ("keyframed", "curve"): _curve,
    ("pytti", "expression"): _expression,
    ("pytti", "prompt-parse"): _scene_prompt,
    ("pytti", "scene-crossfade"): _one(
        lambda given: pytti_rules.crossfade(given, given["step_in_scene"])
    ),
    ("pytti", "time"): _one(lambda given: pytti_rules.seconds(given, given["optimiser_step"])),
    ("pytti", "warp2d-inverse-matrix"): _one(warps.pytti_inverse),
    ("lucid-sonic-dreams", "fps-quantisation"): _one(rules.exact_rate),
    ("stable-diffusion-videos", "audio-timewarp"): _warped,
    ("stable-diffusion-videos", "segment-frames"): _one(
        lambda given: rules.segment_frames(given["audio_offsets_sec"], given["fps"])
    ),
    ("stable-diffusion-videos", "slerp"): _one(
        lambda given: rules.slerp(given["t"], given["v0"], given["v1"])
    ),
}
"""Every (tool, kind) that can be asked, and what answers it."""
