"""Schedule of a generator's key pictures, and the noise that each begins with.

A generator that is fed its own pictures frame by frame diverges within twenty of them. So it paints
*anchors* only where the story needs one, and every frame between is the last anchor warped to the
current view. An anchor is due when prompts, view or time have changed enough since the last one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from storyboard.drawers import PaintTask
from storyboard.plan.prompt import FileSource, Prompt, Source

CHANGED = 0.5
"""The share of the prompts that must be new for an anchor at once."""

SETTLES_S = 0.5
"""Seconds after such an anchor, or the first, in which another one settles the picture."""

UNDER_WAY = 0.2
"""The share of the prompts that is new where a change is under way, which an anchor waits for."""

NEARER = 1.2
"""How much nearer the camera comes before the picture is too soft."""

UNCOVERED = 0.1
"""The share of the picture that may be new before it is painted."""


@dataclass(frozen=True)
class Strengths:
    """Noise that an anchor begins with, 0 to 1, by the reason for painting it.

    Attributes:
        flow: because time has passed or the view has changed.
        change: because the prompts have changed.
        settle: half a second after a change.
    """

    flow: float
    change: float
    settle: float


def shares_of(prompts: Sequence[Prompt]) -> dict[str, float]:
    """Return the share that each source has in the weights of ``prompts``, by a name of its own."""
    weights: dict[str, float] = {}
    for prompt in prompts:
        for source, part in ((prompt.source, 1 - prompt.mix), (prompt.toward, prompt.mix)):
            if source is not None and part:
                name = _name(source)
                weights[name] = weights.get(name, 0.0) + abs(prompt.weight) * part
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()} if total else {}


def _name(source: Source) -> str:
    return source.digest if isinstance(source, FileSource) else source.label


def change_of(before: Mapping[str, float], now: Mapping[str, float]) -> float:
    """Return how much of the prompts is new, 0 to 1. Nothing is new where nothing is wanted."""
    if not now:
        return 0.0
    texts = {*before, *now}
    return sum(max(now.get(text, 0.0) - before.get(text, 0.0), 0.0) for text in texts)


def arriving(prompts: Sequence[Prompt], before: Mapping[str, float]) -> tuple[Prompt, ...]:
    """Return those of ``prompts`` whose share has grown since ``before``, and all unwanted ones.

    Half of one prompt and half of another is a muddle to a generator, and it would stay: an anchor
    in the middle of a fade is painted for what the prompts go toward.
    """
    now = shares_of(prompts)
    return tuple(
        ahead
        for ahead in map(_ahead, prompts)
        if ahead.weight < 0 or now.get(_name(ahead.source), 0) > before.get(_name(ahead.source), 0)
    )


def _ahead(prompt: Prompt) -> Prompt:
    """Return the end that a prompt between two sources is nearer to."""
    if prompt.toward is None:
        return prompt
    nearer = prompt.toward if prompt.mix >= CHANGED else prompt.source
    return replace(prompt, source=nearer, toward=None, mix=0.0)


def strength_of(
    task: PaintTask, strengths: Strengths, *, change: float, changed: float, nearer: float,
    every_s: float,
) -> float:  # fmt: skip
    """Return the strength of the anchor that ``task`` needs now; 0 where it needs none.

    Args:
        task: the frame.
        strengths: by reason.
        change: how much of the prompts is new since the anchor.
        changed: how much was new when the anchor was painted; 1 for the first picture.
        nearer: how much larger things are than in the anchor.
        every_s: seconds after which an anchor is painted without any other reason; twice as many
            while a change is under way.
    """
    if task.first:
        return 1.0
    if change >= CHANGED:
        return strengths.change
    if changed >= CHANGED and task.age_s >= SETTLES_S:
        return strengths.settle
    due_s = 2 * every_s if change >= UNDER_WAY else every_s
    near = nearer >= NEARER or task.revealed >= UNCOVERED
    return strengths.flow if near or task.age_s >= due_s else 0.0
