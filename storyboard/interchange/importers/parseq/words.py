"""What a Parseq prompt shows, and how much of it: its words, and those whose weight moves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from storyboard.errors import BadValue
from storyboard.interchange.importers import prompt_texts
from storyboard.interchange.importers.parseq.arithmetic import Value, number
from storyboard.interchange.importers.parseq.document import Document, told
from storyboard.interchange.importers.parseq.moment import Keys, Moment
from storyboard.interchange.importers.parseq.parser import parse
from storyboard.interchange.importers.parseq.prompts import EXPRESSION, Fill, Range
from storyboard.interchange.importers.parseq.tree import Binary, Call, Node, Text
from storyboard.interchange.importers.parseq.values import evaluate
from storyboard.interchange.importers.settings import at, finite
from storyboard.plan import Floats

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
        """What fills a text at a frame: the formulas in it by what they are then."""

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
        """What a formula is at a frame. Raises `BadValue`."""
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
class Piece:
    """Words and their weight: ``share`` times the formula ``tree``, where there is one."""

    text: str
    share: float
    tree: Node | None = None


def pieces(prompt: Range, filler: Filler, frame: int) -> list[Piece]:
    """What a prompt asks for, in words as they are at ``frame``.

    Words whose weight moves, ``(cat:${...})``, ``${"cat": ...}`` and ``posneg("cat", ...)``, are
    prompts of their own; all other formulas are filled in.
    """
    found: list[Piece] = []
    plain = prompt_texts.pieces(_filled(*_plain(prompt, filler, found), filler, frame))
    return [*(Piece(p.text, p.weight) for p in plain if isinstance(p.weight, float)), *found]


def turns(prompt: Range, filler: Filler, frames: range) -> list[int]:
    """The frames at which a prompt's own words become others."""
    wanted, away = _plain(prompt, filler, [])
    if not EXPRESSION.search(wanted + away):
        return []
    said = [_filled(wanted, away, filler, frame) for frame in frames]
    return [frames[n] for n in range(1, len(said)) if said[n] != said[n - 1]]


def _plain(prompt: Range, filler: Filler, found: list[Piece]) -> tuple[str, str]:
    """Both texts without the words whose weight moves."""
    wanted = _taken(prompt.positive, filler, 1.0, found)
    return wanted, _taken(prompt.negative, filler, -prompt_texts.NEGATIVE_SHARE, found)


def _filled(wanted: str, away: str, filler: Filler, frame: int) -> str:
    fill = filler.at(frame)
    first, second = _tidied(fill(wanted, True)), _tidied(fill(away, False))
    return f"{first} --neg {second}" if second else first


def _taken(text: str, filler: Filler, share: float, found: list[Piece]) -> str:
    """``text`` without the words whose weight moves, which go to ``found``."""

    def stressed(match: re.Match[str]) -> str:
        found.append(Piece(_tidied(match[1]), share, filler.tree(match[2])))
        return ""

    def weighed(match: re.Match[str]) -> str:
        piece = _weighed(filler.tree(match[1]), share)
        if piece is None:
            return match[0]
        found.append(piece)
        return ""

    return EXPRESSION.sub(weighed, _STRESSED.sub(stressed, text))


def _weighed(tree: Node, share: float) -> Piece | None:
    match tree:
        case Binary(":", Text(words), weight):
            return Piece(_tidied(words), share, weight)
        case Call("posneg", ((_, Text(words)), (_, weight))):
            return Piece(_tidied(words), abs(share), weight)
    return None


def _tidied(text: str) -> str:
    """One blank where there were several, no comma without words."""
    text = re.sub(r"\s+", " ", text)
    return re.sub(r"(?:\s*,)+(?=\s*,|\s*$)|^[\s,]+", "", text).strip()
