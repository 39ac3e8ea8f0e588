"""Parseq's prompts: ranges of frames with fades, their text at every frame, and what moves in it.

::

    prompts = read_prompts(data["prompts"], first, last)
    prompts[0].weight(frame)                     1, or what its fade says
    rendered(prompts, frame, fill) -> str        as the source writes it: ``a: 0.5 AND b: 0.5``
    pieces(prompt, filler, frame)                its words, and those whose weight moves

"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from storyboard.errors import BadValue
from storyboard.interchange.importers import prompt_texts
from storyboard.interchange.importers.parseq.document import Document, evaluate, told
from storyboard.interchange.importers.parseq.formula_functions import MOVED
from storyboard.interchange.importers.parseq.formulas import (
    FormulaBinary,
    FormulaCall,
    FormulaText,
    Node,
    parse,
)
from storyboard.interchange.importers.parseq.moments import Keys, Moment, Value, number
from storyboard.interchange.importers.setting_values import at, finite
from storyboard.plan import Floats

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


_STRESSED = re.compile(r"\(([^()$]*?):\s*\$\{([^{}]*)\}\s*\)")


@dataclass
class Filler:
    """Works formulas out within prompts, where fields are read by name."""

    document: Document
    values: Mapping[str, Sequence[Value]]

    def __post_init__(self) -> None:
        self.memory: dict[int, dict[str, float]] = {}
        self.trees: dict[str, Node] = {}

    def at(self, frame: int) -> Fill:
        """Fill a text at a frame: its formulas are replaced by their values then."""

        def fill(text: str, positive: bool | None) -> str:
            filled = EXPRESSION.sub(lambda m: self._written(m[1], frame, positive), text)
            return filled.replace("\n", " ")

        return fill

    def tree(self, text: str) -> Node:
        """The tree of a formula. Raises `BadValue` with the formula."""
        if text not in self.trees:
            try:
                self.trees[text] = parse(text)
            except BadValue as error:
                raise BadValue(f"prompts: {text!r}: {told(error)}", hint=error.hint) from None
        return self.trees[text]

    def value(self, tree: Node, frame: int, positive: bool | None = None) -> Value:
        """Return the value of a formula at a frame. Raises `BadValue`."""
        place = frame - self.document.first
        names = {name: given[place] for name, given in self.values.items()}
        own = Keys((frame,), (0.0,))
        film, memory = self.document.film, self.memory
        moment = Moment(frame, own, frame, film, names, (), {}, memory, positive)
        try:
            return evaluate(tree, moment)
        except BadValue as error:
            raise BadValue(f"prompts: at frame {frame}: {told(error)}", hint=error.hint) from None

    def series(self, tree: Node) -> Floats:
        """A formula at every frame of the document. Raises `BadValue` where it is no number."""
        found = [number(self.value(tree, frame)) for frame in self.document.frames]
        return at("prompts: a weight", lambda: finite(np.asarray(found)))  # type: ignore[no-any-return]

    def _written(self, text: str, frame: int, positive: bool | None) -> str:
        found = self.value(self.tree(text), frame, positive)
        return found if isinstance(found, str) else f"{found:.5f}"


@dataclass(frozen=True)
class WeighedWords:
    """Words and their weight: ``share`` times the formula ``tree``, where there is one."""

    text: str
    share: float
    tree: Node | None = None


def pieces(prompt: Range, filler: Filler, frame: int) -> list[WeighedWords]:
    """Return the parts of a prompt, in words as they are at ``frame``.

    Words whose weight moves, ``(cat:${...})``, ``${"cat": ...}`` and ``posneg("cat", ...)``, are
    prompts of their own; all other formulas are filled in.
    """
    found: list[WeighedWords] = []
    plain = prompt_texts.pieces(_filled(*_plain(prompt, filler, found), filler, frame))
    return [*(WeighedWords(p.text, p.weight) for p in plain if isinstance(p.weight, float)), *found]


def turns(prompt: Range, filler: Filler, frames: range) -> list[int]:
    """The frames at which a prompt's own words become others."""
    wanted, away = _plain(prompt, filler, [])
    if not EXPRESSION.search(wanted + away):
        return []
    said = [_filled(wanted, away, filler, frame) for frame in frames]
    return [frames[n] for n in range(1, len(said)) if said[n] != said[n - 1]]


def _plain(prompt: Range, filler: Filler, found: list[WeighedWords]) -> tuple[str, str]:
    """Both texts without the words whose weight moves."""
    wanted = _taken(prompt.positive, filler, 1.0, found)
    return wanted, _taken(prompt.negative, filler, -prompt_texts.NEGATIVE_SHARE, found)


def _filled(wanted: str, away: str, filler: Filler, frame: int) -> str:
    fill = filler.at(frame)
    first, second = _tidied(fill(wanted, True)), _tidied(fill(away, False))
    return f"{first} --neg {second}" if second else first


def _taken(text: str, filler: Filler, share: float, found: list[WeighedWords]) -> str:
    """``text`` without the words whose weight moves, which go to ``found``."""

    def stressed(match: re.Match[str]) -> str:
        found.append(WeighedWords(_tidied(match[1]), share, filler.tree(match[2])))
        return ""

    def weighed(match: re.Match[str]) -> str:
        piece = _weighed(filler.tree(match[1]), share)
        if piece is None:
            return match[0]
        found.append(piece)
        return ""

    return EXPRESSION.sub(weighed, _STRESSED.sub(stressed, text))


def _weighed(tree: Node, share: float) -> WeighedWords | None:
    match tree:
        case FormulaBinary(":", FormulaText(words), weight):
            return WeighedWords(_tidied(words), share, weight)
        case FormulaCall("posneg", ((_, FormulaText(words)), (_, weight))):
            return WeighedWords(_tidied(words), abs(share), weight)
    return None


def _tidied(text: str) -> str:
    """One blank where there were several, no comma without words."""
    text = re.sub(r"\s+", " ", text)
    return re.sub(r"(?:\s*,)+(?=\s*,|\s*$)|^[\s,]+", "", text).strip()
