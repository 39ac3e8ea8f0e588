"""Scenes drawn by rules from the words of the prompts, chosen by the perceptors.

No network paints here: `storyboard.world` knows how some hundred things look and how they are
called. A change of prompts draws a few candidates of what the texts ask for, and the objectives
(perceptors, losses, image prompts) choose among them. The camera then moves through the scene
itself: every frame is computed anew for its view, so nothing blurs at any zoom. What a scene has of
fire, water and weather moves with the film's time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from storyboard.drawers import FrameStart, PaintResult, PaintTask, drawers
from storyboard.drawers.anchors import CHANGED, arriving, change_of, shares_of
from storyboard.errors import UsageError
from storyboard.plan import Prompt, TextPrompt
from storyboard.world.ask import Asked, joined, read
from storyboard.world.compose import WorldScene
from storyboard.world.view import Camera, whole

NEXT_SEED = 7919
"""Between the seeds of two candidates."""

BLIND = 4
"""Times as many candidates are drawn where the texts say nothing that the drawn world knows."""


class ScenesDrawer:
    """A `storyboard.drawers.Drawer` that paints itself; its options are in the catalogue.

    Its state is what was asked for, a seed, the camera's matrix and the seconds since the scene was
    chosen. A frame whose move is no matrix goes on from the anchor, so the state needs no more; a
    clip mixed in is shown from the canvas.
    """

    native = True

    def __init__(
        self,
        size: tuple[int, int],
        options: Mapping[str, Any],
        *,
        device: torch.device | str = "cpu",
        generator: torch.Generator | None = None,
    ) -> None:
        self.size = size
        self.device = torch.device(device)
        self.options = drawers.resolve("scenes", options)
        seed = int(torch.randint(0, 2**31 - 1, (), generator=generator))
        self._choose((), seed)
        self._shares: dict[str, float] = {}
        self._since_s = 0.0  # seconds of the film since the scene was chosen

    def _choose(self, texts: tuple[str, ...], seed: int) -> None:
        """Take up a scene, as it begins."""
        self._texts, self._seed = texts, seed
        self.scene = WorldScene(joined(map(read, texts)) if texts else Asked(), seed)
        self.matrix = whole()
        self._picture: Tensor | None = None
        self._shown = False  # whether the picture is a canvas, not the scene
        self._places: Tensor | None = None  # where pixels look, where no matrix says it

    def draw(self) -> Tensor:
        """Return the picture, (1, 3, H, W) in [0, 1]; no gradient reaches a scene."""
        if self._picture is None:
            time_s = self.options["pace"] * self._since_s
            drawn = self.scene.draw(self.size, Camera(self.matrix, self._places), time_s=time_s)
            self._picture = drawn.to(self.device)
        return self._picture

    def encode(self, canvas: Tensor) -> None:
        """Show ``canvas``, (1, 3, H, W), until a scene is chosen."""
        self._picture = canvas.to(self.device).clamp(0, 1).clone()
        self._shown = True

    def carry(self, start: FrameStart) -> None:
        """Move the camera through the scene, or the canvas that is shown in its place."""
        if start.mixes or self._shown:
            self.encode(start.canvas)
            return
        if start.matrix is not None:
            self.matrix = start.matrix.cpu() @ self.matrix
        else:
            self._places = start.places().cpu()
        self._picture = None

    def retune(self, options: Mapping[str, Any]) -> bool:
        """Take over ``options``; the scene stays."""
        self.options = drawers.resolve("scenes", options)
        return True

    def parameters(self) -> list[dict[str, Any]]:
        """Return no groups: a scene is chosen, not optimised."""
        return []

    def clamp(self) -> None:
        """Do nothing: there is nothing to be optimised."""

    def state_dict(self) -> dict[str, Any]:
        """Return what is asked for, the seed, the camera, the times and the picture."""
        return {
            "picture": self.draw().clone(),
            "matrix": self.matrix.clone(),
            "texts": list(self._texts),
            "seed": self._seed,
            "shown": int(self._shown),
            "since_s": self._since_s,
            "sources": list(self._shares),
            "shares": list(self._shares.values()),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the state of a drawer of the same size."""
        there = tuple(state["picture"].shape[2:]) if "picture" in state else ()
        if there != self.size:
            raise UsageError(f"checkpoint size {there} does not match drawer size {self.size}")
        if (tuple(state["texts"]), int(state["seed"])) != (self._texts, self._seed):
            self._choose(tuple(state["texts"]), int(state["seed"]))
        self.matrix = state["matrix"].clone()
        self._since_s, self._shown = float(state["since_s"]), bool(state["shown"])
        self._shares = dict(zip(state["sources"], state["shares"], strict=True))
        self._picture, self._places = state["picture"].to(self.device).clone(), None

    @torch.no_grad()
    def paint(self, task: PaintTask) -> PaintResult:
        """Choose a scene where the story needs another one, else let the one there go on."""
        since_s = self._since_s + task.age_s
        change = change_of(self._shares, shares_of(task.prompts))
        every_s = self.options["every"]
        if task.first or change >= CHANGED or (every_s and since_s >= every_s):
            return self._begin(task)
        self._since_s = since_s
        if not self._shown:
            self._picture = None
        kept = self._shown or self._places is not None or since_s < self.options["fade"]
        return PaintResult(0, None, anchor=not kept)

    def _begin(self, task: PaintTask) -> PaintResult:
        """Choose the candidate that the objectives like best."""
        change = change_of(self._shares, shares_of(task.prompts))
        wanted = task.prompts if change < CHANGED else arriving(task.prompts, self._shares)
        texts = _texts(task.prompts if task.first else wanted)
        best: tuple[float, int] | None = None
        for number in range(self._count(texts)):
            seed = task.seed + number * NEXT_SEED
            self._choose(texts, seed)
            loss = self._loss(task)
            if loss is None:
                best = None
                break
            if best is None or loss < best[0]:
                best = loss, seed
        self._choose(texts, best[1] if best else task.seed)
        self._shares = shares_of(wanted) or self._shares
        self._since_s = 0.0
        fade_s = 0.0 if task.first else self.options["fade"]
        return PaintResult(1, best[0] if best else None, fade_s=fade_s)

    def _count(self, texts: tuple[str, ...]) -> int:
        """Return how many candidates are drawn: more where the texts say nothing that is known."""
        known = joined(map(read, texts)).kind is not None
        return int(self.options["candidates"]) * (1 if known else BLIND)

    def _loss(self, task: PaintTask) -> float | None:
        """Return the sum of the objectives for the scene; None where there are none."""
        seen = task.filters(self.draw())
        values = [float(objective(seen)) for _, objective in task.objectives(0)]
        return sum(values) if values else None


def _texts(prompts: tuple[Prompt, ...]) -> tuple[str, ...]:
    """Return the texts that are wanted, those of most weight first."""
    weights: dict[str, float] = {}
    for prompt in prompts:
        nearer = prompt.toward if prompt.toward is not None and prompt.mix >= 0.5 else prompt.source
        if isinstance(nearer, TextPrompt) and prompt.weight > 0:
            weights[nearer.text] = weights.get(nearer.text, 0.0) + prompt.weight
    return tuple(sorted(weights, key=lambda text: -weights[text]))
