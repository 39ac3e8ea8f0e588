"""Parseq's prompts: ranges of frames with fades, and the text of every frame.

::

    prompts = read_prompts(data["prompts"], last)
    prompts[0].weight(frame)                     1, or what its fade says
    rendered(prompts, frame, fill) -> str        as the source writes it: ``a: 0.5 AND b: 0.5``
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from storyboard.errors import BadValue
from storyboard.interchange.importers.parseq.functions import MOVED

EXPRESSION = re.compile(r"\$\{(.*?)\}", re.DOTALL)
_MOVED = re.compile(f"{MOVED[0]}(.*?){MOVED[1]}", re.DOTALL)

Fill = Callable[[str, bool | None], str]
"""A text with its ``${formulas}`` worked out; of the positive text, the negative one, or none."""


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

    def weight(self, frame: int) -> float:
        """Its share beside other prompts; a custom one is worked out elsewhere."""
        if self.kind != "linear":
            return 1.0
        if self.fade_in and frame < self.first + self.fade_in:
            return (frame - self.first) / self.fade_in
        if self.fade_out and frame > self.last - self.fade_out:
            return 1.0 - (frame - self.last + self.fade_out) / self.fade_out
        return 1.0


def read_prompts(given: Any, first: int, last: int) -> list[Range]:
    """The prompts of a document, in its order; none where they are switched off."""
    common: Any = {}
    if isinstance(given, Mapping):
        if given.get("enabled") is False:
            return []
        common = given.get("commonPrompt") or {}
        given = given.get("promptList", [{**given, "allFrames": True}])
    if isinstance(given, str):
        given = [{"positive": given, "allFrames": True}]
    if given is None or not isinstance(given, Sequence):
        return []
    _check(given, common)
    if given and given[0].get("enabled") is False:
        return []
    return [_range(row, common, n, (first, last)) for n, row in enumerate(given)]


def _check(rows: Sequence[Any], common: Any) -> None:
    """Raises `BadValue` where a prompt is none."""
    if not isinstance(common, Mapping):
        raise BadValue("prompts.commonPrompt: a mapping is expected")
    for n, row in enumerate(rows):
        if not isinstance(row, Mapping) or not isinstance(row.get("overlap") or {}, Mapping):
            hint = '{"positive": "a fox", "from": 0, "to": 99, "overlap": {"type": "none"}}'
            raise BadValue(f"prompts[{n}]: this is no prompt", hint=hint)


def _range(
    row: Mapping[str, Any], common: Mapping[str, Any], n: int, film: tuple[int, int]
) -> Range:
    overlap = row.get("overlap") or {}
    rise, fall = (
        _frame(overlap.get(long, row.get(short)), 0, f"prompts[{n}].overlap.{long}")
        for long, short in (("inFrames", "fade_in_frames"), ("outFrames", "fade_out_frames"))
    )
    whole = bool(row.get("allFrames"))
    start = film[0] if whole else _frame(row.get("from"), film[0], f"prompts[{n}].from")
    stop = film[1] if whole else _frame(row.get("to"), film[1], f"prompts[{n}].to")
    if stop < start:
        raise BadValue(f"prompts[{n}]: it ends at frame {stop}, before frame {start}")
    wanted, away = (_joined(row.get(side), common, side) for side in ("positive", "negative"))
    kind = str(overlap.get("type") or ("linear" if rise or fall else "none"))
    if kind not in ("none", "linear", "custom"):
        hint = "known: none, linear, custom"
        raise BadValue(f"prompts[{n}].overlap.type: {kind!r} is unknown", hint=hint)
    custom = str(overlap.get("custom") or "1")
    return Range(wanted, away, start, stop, kind, rise, fall, custom)


def _frame(given: Any, default: int, where: str) -> int:
    if given is None or given == "":
        return default
    try:
        return int(float(given))
    except (TypeError, ValueError, OverflowError):
        raise BadValue(f"{where}: {given!r} is no frame") from None


def _joined(text: Any, common: Mapping[str, Any], side: str) -> str:
    """A prompt and what all prompts share, behind it or before it."""
    own, shared = str(text or ""), str(common.get(side) or "")
    pair = (shared, own) if common.get("position") == "prepend" else (own, shared)
    return " ".join(filter(None, pair))


def active(prompts: Sequence[Range], frame: int) -> list[Range]:
    """Those that count at a frame."""
    return [prompt for prompt in prompts if prompt.first <= frame <= prompt.last]


def rendered(prompts: Sequence[Range], frame: int, fill: Fill) -> str:
    """A frame's text as the source writes it: several with their weights, negatives behind."""
    here = active(prompts, frame)
    sides = [_sides(fill(p.positive, True), fill(p.negative, False)) for p in here]
    if len(here) > 1:
        shares = [_share(prompt, frame, fill) for prompt in here]
        sides = [(f"{a}: {w}", f"{b}: {w}") for (a, b), w in zip(sides, shares, strict=True)]
    wanted, away = (" AND ".join(side) for side in zip(*sides, strict=True)) if sides else ("", "")
    return f"{wanted} --neg {away}" if away else wanted


def _share(prompt: Range, frame: int, fill: Fill) -> str:
    if prompt.kind == "custom":
        return fill("${" + prompt.custom + "}", None)
    share = prompt.weight(frame)
    fading = prompt.kind == "linear" and (
        frame < prompt.first + prompt.fade_in or frame > prompt.last - prompt.fade_out
    )
    return f"{share:#.4g}" if fading else "1"


def _sides(wanted: str, away: str) -> tuple[str, str]:
    """Both texts, with what moves over from one to the other."""
    for term in _MOVED.findall(wanted):
        away = f" {term} {away}"
    wanted = _MOVED.sub("", wanted)
    for term in _MOVED.findall(away):
        wanted = f" {term} {wanted}"
    return wanted, _MOVED.sub("", away)
