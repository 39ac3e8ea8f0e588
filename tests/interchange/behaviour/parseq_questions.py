"""Questions of a behaviour table about Parseq: formulas, documents, prompts."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from storyboard.errors import BadValue
from storyboard.interchange.importers.parseq.formula_frames import FormulaFilm, FormulaFrames, Keys
from storyboard.interchange.importers.parseq.formula_values import evaluate
from storyboard.interchange.importers.parseq.formulas import parse
from storyboard.interchange.importers.parseq.parseq_file import read_document, render
from storyboard.interchange.importers.parseq.prompt_ranges import filler, read_prompts, rendered

from .case import Answer, Case

MAX_FRAMES = 100_000


def rows_of(values: Mapping[str, Any], frames: int) -> list[dict[str, float]]:
    """What the source writes for every frame: values, ``_delta``, ``_pc``, subseeds.

    ``zoom_delta`` is 1 and the difference, not the quotient.
    """
    rows: list[dict[str, float]] = [{} for _ in range(frames)]
    for name, given in values.items():
        most = max(map(abs, given), default=0.0)
        for n, value in enumerate(map(float, given)):
            before = float(given[n - 1]) if n else 0.0
            grown = 1.0 if name == "zoom" and n else 0.0
            rows[n] |= {
                name: value,
                f"{name}_delta": grown + (value - before),
                f"{name}_pc": value / most * 100 if most else value,
            }
            if name == "seed":
                rows[n] |= {"subseed": math.ceil(value), "subseed_strength": math.fmod(value, 1)}
    return rows


def _expression(case: Case) -> Any:
    """A formula at the frames from the first one on, since some remember."""
    context = case.context
    keys = {int(k): float(v) for k, v in dict(context.get("keyframes") or {0: 0}).items()}
    film = _film(context, keys)
    own = Keys(tuple(sorted(keys)), tuple(keys[frame] for frame in sorted(keys)))
    tree = parse(str(case.input))
    asked = [int(frame) for frame in case.frames] or list(range(film.last + 1))
    if max(asked) > MAX_FRAMES:
        raise BadValue(f"frame {max(asked)} is too far; {MAX_FRAMES} are the most")
    frames = np.arange(max(asked) + 1.0)
    found = evaluate(tree, FormulaFrames(frames, own, film), dict(context.get("variables") or {}))
    values = np.broadcast_to(np.asarray(found), frames.shape).tolist()
    return [_written(values[frame]) for frame in asked]


def _film(context: Mapping[str, Any], keys: Mapping[int, float]) -> FormulaFilm:
    labels = dict(context.get("keyframe_info") or {})
    return FormulaFilm(
        float(context.get("fps") or 30),
        float(context.get("bpm") or 140),
        float(context.get("cadence") or 1),
        tuple(sorted((int(frame), info or None) for frame, info in labels.items())),
        max(keys),
    )


def _written(value: float | str) -> float | str | None:
    """As JSON has it: what is no finite number is null."""
    return value if isinstance(value, str) or math.isfinite(value) else None


_SHORT = {
    **{name: name for name in ("zoom", "zoom_delta", "angle", "angle_delta", "seed", "subseed")},
    "translation_x_delta": "tx_d",
    "translation_x_pc": "tx_pc",
    "subseed_strength": "ss",
}
"""What a table asks of a rendered frame, and how it calls that."""


def _rendered(case: Case) -> list[Any]:
    document = read_document(case.input)
    rows = rows_of(render(document), len(document.frames))
    return case.pick([{_SHORT[k]: v for k, v in row.items() if k in _SHORT} for row in rows])


def _prompts(case: Case) -> list[str]:
    """The text of every frame. A table may leave the keyframes out and say ``weight1``: that is
    prompt_weight_1, which then goes from 0 to 1 over the frames; and ``("cat":weight1)`` without
    ``${}`` is a formula all the same.
    """
    last = int(max(case.frames or [0]))
    prompts = read_prompts(case.input["prompts"], 0, last)
    rows = case.input.get("keyframes") or _rising(last)
    document = read_document({**case.input, "keyframes": rows})
    names = {name: np.array(given, dtype=float) for name, given in render(document).items()}
    names |= {name.replace("prompt_", "").replace("_", ""): v for name, v in names.items()}
    written = [replace(p, positive=_spelled(p.positive)) for p in prompts]
    fill = filler(replace(document, values=names))
    return case.pick([rendered(written, n, fill(n)) for n in document.frames])


def _rising(last: int) -> list[dict[str, Any]]:
    return [{"frame": 0, "prompt_weight_1": 0}, {"frame": last, "prompt_weight_1": 1}]


def _spelled(text: str) -> str:
    return text if "${" in text else _BARE.sub(r"${\1}", text)


_BARE = re.compile(r'\(("[^"]*"\s*:\s*[^()]*)\)')

KINDS: dict[tuple[str, str], Answer] = {
    ("parseq", "expression"): _expression,
    ("parseq", "render"): _rendered,
    ("parseq", "render-prompts"): _prompts,
}
