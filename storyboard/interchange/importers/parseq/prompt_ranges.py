"""Parseq's prompts: ranges of frames with fades, and the text that the source makes of them.

::

    prompts = read_prompts(data["prompts"], first, last)
    rendered(prompts, frame, fill) -> str        as the source writes it: ``a: 0.5 AND b: 0.5``
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from storyboard.errors import BadValue
from storyboard.interchange.importers.foreign import Node
from storyboard.interchange.importers.parseq.formula_frames import FormulaFrames, Keys
from storyboard.interchange.importers.parseq.formula_values import MOVED, evaluate
from storyboard.interchange.importers.parseq.parseq_file import ParseqDocument, located, parsed

_FORMULA = re.compile(r"\$\{(.*?)\}", re.DOTALL)
_MOVED = re.compile(f"{MOVED[0]}(.*?){MOVED[1]}", re.DOTALL)

Fill = Callable[[str, bool | None], str]
"""A text with its ``${formulas}`` evaluated; of the positive text, the negative one, or none."""


@dataclass(frozen=True)
class Range:
    """A prompt from frame ``first`` to frame ``last``, both of them included.

    ``kind`` is ``linear``, with so many frames of fading in and out; ``custom``, with a formula;
    or ``none``.
    """

    positive: str
    negative: str
    first: int
    last: int
    kind: str = "none"
    fade_in: int = 0
    fade_out: int = 0
    custom: str = ""

    def share(self, frame: int, fill: Fill) -> str:
        """Return its weight beside other prompts, as the source writes it."""
        if self.kind == "custom":
            return fill("${" + self.custom + "}", None)
        share = None
        if self.kind == "linear" and frame < self.first + self.fade_in:
            share = (frame - self.first) / self.fade_in
        elif self.kind == "linear" and frame > self.last - self.fade_out:
            share = 1.0 - (frame - self.last + self.fade_out) / self.fade_out
        return "1" if share is None else f"{share:#.4g}"


def read_prompts(given: Any, first: int, last: int) -> list[Range]:
    """Return the prompts of a document in its order; none where they are switched off."""
    common: Any = {}
    if isinstance(given, Mapping):
        if given.get("enabled") is False:
            return []
        common = given.get("commonPrompt") or {}
        given = given.get("promptList", [{**given, "allFrames": True}])
    if isinstance(given, str):
        given = [{"positive": given, "allFrames": True}]
    if not isinstance(given, Sequence):
        return []
    if not isinstance(common, Mapping):
        raise BadValue("prompts.commonPrompt: expected a mapping")
    found = [_range(row, common, n, (first, last)) for n, row in enumerate(given)]
    return [] if found and given[0].get("enabled") is False else found


def _range(row: Any, common: Mapping[str, Any], n: int, film: tuple[int, int]) -> Range:
    if not isinstance(row, Mapping) or not isinstance(row.get("overlap") or {}, Mapping):
        hint = '{"positive": "a fox", "from": 0, "to": 99, "overlap": {"type": "none"}}'
        raise BadValue(f"prompts[{n}]: this is not a prompt", hint=hint)
    overlap = row.get("overlap") or {}
    rise, fall = (
        _frame(overlap.get(long, row.get(short)), 0, f"prompts[{n}].overlap.{long}")
        for long, short in (("inFrames", "fade_in_frames"), ("outFrames", "fade_out_frames"))
    )
    start, stop = (
        _frame(None if row.get("allFrames") else row.get(key), end, f"prompts[{n}].{key}")
        for key, end in zip(("from", "to"), film, strict=True)
    )
    if stop < start:
        raise BadValue(f"prompts[{n}]: it ends at frame {stop}, before frame {start}")
    texts = [(str(row.get(s) or ""), str(common.get(s) or "")) for s in ("positive", "negative")]
    turned = -1 if common.get("position") == "prepend" else 1
    wanted, away = (" ".join(filter(None, pair[::turned])) for pair in texts)
    kind = str(overlap.get("type") or ("linear" if rise or fall else "none"))
    if kind not in ("none", "linear", "custom"):
        hint = "known: none, linear, custom"
        raise BadValue(f"prompts[{n}].overlap.type: {kind!r} is unknown", hint=hint)
    return Range(wanted, away, start, stop, kind, rise, fall, str(overlap.get("custom") or "1"))


def _frame(given: Any, default: int, where: str) -> int:
    try:
        return default if given in (None, "") else int(float(given))
    except (TypeError, ValueError, OverflowError):
        raise BadValue(f"{where}: {given!r} is not a frame") from None


def active(prompts: Sequence[Range], frame: int) -> list[Range]:
    """Return those that count at a frame."""
    return [prompt for prompt in prompts if prompt.first <= frame <= prompt.last]


def rendered(prompts: Sequence[Range], frame: int, fill: Fill) -> str:
    """Return a frame's text as the source writes it: with weights, negatives behind ``--neg``."""
    here = active(prompts, frame)
    sides = [_sides(fill(p.positive, True), fill(p.negative, False)) for p in here]
    if len(here) > 1:
        shares = [prompt.share(frame, fill) for prompt in here]
        sides = [(f"{a}: {w}", f"{b}: {w}") for (a, b), w in zip(sides, shares, strict=True)]
    wanted, away = (" AND ".join(side) for side in zip(*sides, strict=True)) if sides else ("", "")
    return f"{wanted} --neg {away}" if away else wanted


def _sides(wanted: str, away: str) -> tuple[str, str]:
    """Return both texts, with what moves over from one to the other."""
    for term in _MOVED.findall(wanted):
        away = f" {term} {away}"
    wanted = _MOVED.sub("", wanted)
    for term in _MOVED.findall(away):
        wanted = f" {term} {wanted}"
    return wanted, _MOVED.sub("", away)


def filler(document: ParseqDocument) -> Callable[[int], Fill]:
    """Return what gives the `Fill` of a frame; fields are read by name. Raises `BadValue`."""
    tree = lru_cache(maxsize=None)(lambda text: parsed(text, f"prompts: {text!r}"))

    def at(frame: int) -> Fill:
        names = {n: v[frame - document.first].item() for n, v in document.values.items()}

        def fill(text: str, positive: bool | None) -> str:
            keys = Keys((frame,), (0.0,))
            frames = FormulaFrames(float(frame), keys, document.film, positive)
            return _FORMULA.sub(lambda m: written(tree(m[1]), frames, names), text).replace(
                "\n", " "
            )

        return fill

    def written(node: Node, frames: FormulaFrames, names: Mapping[str, Any]) -> str:
        try:
            found = evaluate(node, frames, names)
        except BadValue as error:
            raise located(error, f"prompts: at frame {frames.frames:g}") from None
        return found if isinstance(found, str) else f"{found:.5f}"

    return at
