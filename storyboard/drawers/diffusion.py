"""The picture as latents of a text-to-image diffusion model, painted by its sampler.

Key pictures (anchors) are painted where the story needs one (`storyboard.drawers.anchors`): the
view so far is encoded, noise is added, and the network removes it in a few steps. The prompts lead
it twice: their texts through the network, and all objectives (perceptors, losses, image prompts) by
their gradient on the clean picture that each step predicts, taken through the decoder only. Frames
between are the anchor as the camera sees it, refined at a low strength or shown as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from storyboard.drawers import FrameStart, PaintResult, PaintTask, drawers
from storyboard.drawers.anchors import (
    CHANGED,
    Strengths,
    arriving,
    change_of,
    shares_of,
    strength_of,
)
from storyboard.drawers.noise import NoiseGrid, blended, carried, fresh
from storyboard.drawers.pipeline_files import LORAS, find, find_control, loras
from storyboard.drawers.pipelines import Extras, Pipeline, load
from storyboard.drawers.sampler import Conditioning, Start, regional, sample, weighted_words
from storyboard.drawers.texts import Words, mixed
from storyboard.drawers.vdiffusion import CONDITION
from storyboard.errors import StoryboardError, UsageError
from storyboard.plan import Mask, Prompt, TextPrompt
from storyboard.plan.prompt import Source

FIRST_STEPS = 1.5
"""How many more steps the first picture of a chain is given, which begins from nothing but noise.
"""

REFINED_STEPS = 3
"""Steps of the sampler for a frame between anchors."""

BEGUN = 0.6
"""Share of the noise levels that is left out where a frame begins with a picture, all of it."""

LOADED = ("model", "controlnet", "memory", *LORAS)
"""Options that say which networks are loaded, and how."""

LOOKS = 2
"""How often the objectives may be looked at in a step of the sampler."""

UNLED = 2
"""The last steps of the sampler, which no objective leads: they remove what gradients leave."""


class DiffusionDrawer:
    """A `storyboard.drawers.Drawer` that paints itself; its options are in the catalogue.

    The picture is kept beside the latents: what was encoded is drawn exactly, and latents are made
    only when they are asked for.
    """

    native = False

    def __init__(
        self,
        size: tuple[int, int],
        options: Mapping[str, Any],
        *,
        device: torch.device | str = "cpu",
        generator: torch.Generator | None = None,
    ) -> None:
        self.size = size
        self.options = drawers.resolve("diffusion", options)
        self.device = torch.device(device)
        self.pipeline = self._loaded()
        start = 0.5 * torch.randn(self.pipeline.grid, generator=generator)
        self.latents = start.to(device).requires_grad_()
        self._picture: Tensor | None = None  # what is drawn, where it is not the decoded latents
        self._stale = False  # whether the latents are of an older picture
        self._version = -1  # of the latents that the picture was decoded from
        self._nearer = 1.0
        self._led: Tensor | None = None  # the latents that objectives are asked about
        self._revealed: Tensor | None = None
        self._seed = 0
        self._noise = fresh(self.pipeline.grid, 0)  # what the anchor began with
        self._start: FrameStart | None = None  # of the frame, until it is painted
        self._shares: dict[str, float] = {}
        self._changed = 1.0

    def _loaded(self, precision: str | None = None) -> Pipeline:
        control = self.options["controlnet"]
        extras = Extras(
            tuple(loras(self.options).values()),
            control and find_control(control),
            little=self.options["memory"] == "little",
        )
        model = find(self.options["model"])
        return load(model, self.device, self.size, precision=precision, extras=extras)

    def use_precision(self, precision: str) -> None:
        """Work in another number format, as `storyboard.drawers.HasPrecision`."""
        self.pipeline = self._loaded(precision)
        self._picture = None

    def draw(self) -> Tensor:
        """Return the picture, (1, 3, H, W) in [0, 1], differentiable in the latents."""
        if self._picture is None or self._version != self.latents._version:
            with torch.no_grad():
                self._picture = self.pipeline.decode(self.latents)
            self._version = self.latents._version
        picture: Tensor = _Drawn.apply(self.latents, self)
        return picture

    @torch.no_grad()
    def encode(self, canvas: Tensor) -> None:
        """Take ``canvas``, (1, 3, H, W), as the picture; the latents follow when asked for."""
        self._show(canvas.to(self.latents).clamp(0, 1).clone())
        self._stale = True

    def carry(self, start: FrameStart) -> None:
        """Take the anchor as the new view shows it; what is uncovered is painted by the sampler."""
        self.encode(start.unbroken)
        self._revealed, self._start = start.revealed, start
        if start.matrix is not None:
            self._nearer = float(start.matrix[:2, :2].det().abs().sqrt() / start.matrix[2, 2].abs())

    def retune(self, options: Mapping[str, Any]) -> bool:
        """Take over ``options`` and keep the picture; False for other networks."""
        chosen = drawers.resolve("diffusion", options)
        same = all(chosen[name] == self.options[name] for name in LOADED)
        self.options = chosen if same else self.options
        return bool(same)

    def parameters(self) -> list[dict[str, Any]]:
        """Return one group: the latents, (1, C, h, w)."""
        self._encoded()
        return [{"params": [self.latents], "lr": self.options["lr"]}]

    def clamp(self) -> None:
        """Do nothing: all latents are a picture."""

    def state_dict(self) -> dict[str, Any]:
        """Return picture, latents and what the next anchor depends on."""
        return {
            "picture": self.draw().detach().clone(),
            "latents": self.latents.detach().clone(),
            "stale": int(self._stale),
            "seed": self._seed,
            "noise": self._noise.clone(),
            "changed": self._changed,
            "texts": list(self._shares),
            "shares": list(self._shares.values()),
        }

    @torch.no_grad()
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the state of a drawer of the same size and model."""
        here = {"latents": tuple(self.latents.shape), "picture": (1, 3, *self.size)}
        there = {name: tuple(state[name].shape) for name in here if name in state}
        if here != there:
            raise UsageError(f"checkpoint size {there} does not match drawer size {here}")
        self.latents.copy_(state["latents"])
        self._show(state["picture"].to(self.latents).clone())
        self._stale, self._seed = bool(state["stale"]), int(state["seed"])
        self._noise = state["noise"].cpu()
        self._changed = float(state["changed"])
        self._shares = dict(zip(state["texts"], state["shares"], strict=True))
        self._nearer, self._revealed, self._start = 1.0, None, None

    def paint(self, task: PaintTask) -> PaintResult:
        """Paint an anchor where the story needs one, else refine what the camera shows."""
        self.pipeline.weigh([self.options[f"{name}_weight"] for name in loras(self.options)])
        change = change_of(self._shares, shares_of(task.prompts))
        strength = strength_of(
            task,
            self._strengths(),
            change=change,
            changed=self._changed,
            nearer=self._nearer,
            every_s=self.options["every"],
        )
        if strength == 0:
            return self._refined(task)
        if task.begun > 0:  # all of the canvas is new then, and is to stay
            self._revealed, strength = None, min(strength, 1 - BEGUN * task.begun)
        wanted = task.prompts if change < CHANGED else arriving(task.prompts, self._shares)
        lr = task.lr if len(wanted) == len(task.prompts) else 0.0
        task = replace(task, prompts=wanted, lr=lr)
        self._shares = shares_of(wanted) or self._shares
        self._changed, self._seed = 1.0 if task.first else change, task.seed
        kept = 0.0 if task.first else self.options["noise_kept"]
        new = fresh(self.pipeline.grid, self._seed)
        self._noise = blended(new, self._moved_noise(), kept) if kept else new
        loss = self._anchor(task, strength)
        self._nearer, self._revealed = 1.0, None
        fade_s = 0.0 if task.first else self.options["fade"]
        return PaintResult(task.steps, loss, fade_s=fade_s)

    def latents_now(self) -> Tensor:
        """Return the latents, (1, C, h, w): while the sampler is led, those that it predicts."""
        return self._encoded() if self._led is None else self._led

    @torch.no_grad()
    def latents_of(self, picture: Tensor) -> Tensor:
        """Return the latents of ``picture``, (1, 3, H, W)."""
        return self.pipeline.encode(picture.to(self.latents))

    def features_of(self, picture: Tensor) -> Mapping[str, Tensor]:
        """Return the answers of the encoder's levels, as `storyboard.drawers.HasLatents`."""
        found = self.pipeline.features(picture)
        if not found:
            raise UsageError("a model of pixels has no encoder whose features could be read")
        return found

    def _strengths(self) -> Strengths:
        chosen = self.options
        return Strengths(chosen["strength"], chosen["change_strength"], chosen["settle_strength"])

    def _anchor(self, task: PaintTask, strength: float) -> float | None:
        """Paint a key picture; the loss that the objectives had when they were last looked at."""
        steps = round(self.options["sampler_steps"] * (FIRST_STEPS if task.first else 1))
        guide = _Leader(self, task)
        given = self._stale  # a canvas was taken over that is no picture of this drawer
        start = Start(
            self._noise.to(self.latents),
            None if task.first and not given else self._encoded().detach(),
            0.98 if task.first and given and not task.begun else strength,
            self._loose(),
            self._seed,
        )
        latents = sample(
            self.pipeline,
            self._wanted(task),
            start,
            steps=steps,
            guidance=self._guidance(),
            lead=guide if self.options["lr"] * task.lr > 0 else None,
        )
        self._take(latents)
        return guide.loss

    def _refined(self, task: PaintTask) -> PaintResult:
        """Paint a frame between anchors, with the noise of the anchor, so that nothing boils."""
        strength = self.options["refine"]
        if strength > 0:
            latents = sample(
                self.pipeline,
                self._wanted(task),
                Start(
                    self._moved_noise().to(self.latents),
                    self._encoded().detach(),
                    strength,
                    seed=self._seed,
                ),
                steps=REFINED_STEPS,
                guidance=self.options["refine_guidance"],
            )
            self._take(latents)
        self._nearer, self._revealed = 1.0, None
        return PaintResult(0, None, anchor=False)

    def _guidance(self) -> float:
        chosen: float | None = self.options["guidance"]
        return self.pipeline.guidance if chosen is None else chosen

    def _moved_noise(self) -> Tensor:
        """Return the anchor's noise as the camera sees it now."""
        if self._start is None:
            return self._noise
        grid = NoiseGrid(self.size, self.pipeline.factor)
        return carried(self._noise, grid, self._start.points, seed=self._seed)

    def _loose(self) -> Tensor | None:
        """Return where the camera uncovered something, (1, 1, h, w) in [0, 1], None for nowhere."""
        return None if self._revealed is None else self._in_cells(self._revealed)

    def _in_cells(self, plane: Tensor) -> Tensor:
        """Return a plane (1, 1, H, W) averaged over the cells of the latents: (1, 1, h, w)."""
        cells = self.latents.shape[2:]
        return torch.nn.functional.interpolate(plane.to(self.latents), cells, mode="area")

    def _wanted(self, task: PaintTask) -> Conditioning:
        """Return what the texts of the prompts ask the network for."""
        words, whole, parts = self.pipeline.words, list[tuple[Words, float]](), []
        for prompt in task.prompts:
            found = _words(lambda source: self._source(source, task), prompt)
            if found is None:
                continue
            if prompt.mask is None:
                whole.append((found, prompt.weight))
            elif prompt.weight > 0 and (part := self._part(prompt.mask, task)) is not None:
                parts.append((found, prompt.weight, part))
        pulling = sum(weight for _, weight in whole if weight > 0)
        if self.options["negative"] and self.pipeline.reads:
            whole.append((words(self.options["negative"]), -1.0))
        wanted = regional(weighted_words(whole, words("")), parts, words(""), pulling)
        return replace(wanted, hint=task.structure)

    def _part(self, mask: Mask, task: PaintTask) -> Tensor | None:
        """Return the part of the frame that ``mask`` is in cells of the latents, (1, 1, h, w); None
        where only the perceptors can tell.
        """
        part = task.area(mask)
        return None if part is None else self._in_cells(part)

    def _source(self, source: Source, task: PaintTask) -> Words | None:
        """Return what a source is to the network; None where that cannot take it."""
        if self.pipeline.reads:
            return self.pipeline.words(source.text) if isinstance(source, TextPrompt) else None
        blank = self.pipeline.words("")
        if not blank.pooled.shape[1]:
            return None
        vector = task.embedded(CONDITION, source)
        return None if vector is None else Words(blank.states, vector.to(blank.pooled))

    @torch.no_grad()
    def _take(self, latents: Tensor) -> None:
        """Set the latents, and the picture that they are."""
        self.latents.copy_(latents)
        self._stale = False
        self._show(self.pipeline.decode(self.latents))

    def _show(self, picture: Tensor) -> None:
        self._picture, self._version = picture, self.latents._version

    @torch.no_grad()
    def _encoded(self) -> Tensor:
        """Return the latents, made of the picture where they are older than that."""
        if self._stale and self._picture is not None:
            picture = self._picture
            self.latents.copy_(self.pipeline.encode(picture))
            self._stale = False
            self._show(picture)
        return self.latents


def _words(words: Callable[[Source], Words | None], prompt: Prompt) -> Words | None:
    """Return the words of a prompt; None where the network can take neither end of it."""
    found = words(prompt.source)
    if prompt.toward is None:
        return found
    ahead = words(prompt.toward)
    if found is None or ahead is None:
        return ahead if found is None else found
    return mixed(found, ahead, prompt.mix)


class _Drawn(torch.autograd.Function):
    """The drawer's picture, whose gradient goes back through the decoder."""

    @staticmethod
    def forward(ctx: Any, latents: Tensor, drawer: DiffusionDrawer) -> Tensor:
        ctx.drawer = drawer
        picture = drawer._picture
        return latents if picture is None else picture.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        drawer = ctx.drawer
        with torch.enable_grad():
            leaf = drawer._encoded().detach().clone().requires_grad_()
            picture = drawer.pipeline.decode(leaf)
            (found,) = torch.autograd.grad(picture, leaf, gradient)
        return found, None


class _Leader:
    """Leads the sampler by the objectives: a `storyboard.drawers.sampler.Lead`.

    The story's ``steps`` are how often the objectives are looked at, at most `LOOKS` times a step,
    spread evenly over the steps of the sampler but the last `UNLED`. Each look moves the predicted
    latents against the gradient, by the drawer's ``lr`` times the story's, in deviations of the
    latents, less and less from step to step.
    """

    def __init__(self, drawer: DiffusionDrawer, task: PaintTask) -> None:
        self.drawer, self.task = drawer, task
        self.loss: float | None = None
        self.looks = 0

    def __call__(self, clean: Tensor, number: int, count: int) -> Tensor:
        """Return the predicted latents of a step, led."""
        led = max(count - UNLED, 1)
        if number >= led:
            return clean
        looks = min(self.task.steps, LOOKS * led)
        until = round(looks * (number + 1) / led)
        force = self.drawer.options["lr"] * self.task.lr * (1 - number / led)
        for look in range(self.looks, until):
            gradient = self._gradient(clean, look)
            if gradient is None:
                return clean
            clean = clean - force * gradient / gradient.square().mean().sqrt().clamp(min=1e-12)
        self.looks = until
        return clean

    @torch.enable_grad()
    def _gradient(self, latents: Tensor, look: int) -> Tensor | None:
        leaf = self.drawer._led = latents.detach().requires_grad_()
        drawn = self.task.filters(self.drawer.pipeline.decode(leaf))
        seen = drawn.detach().requires_grad_()
        try:
            self.loss = _backward(self.task.objectives(look), seen)
        finally:
            self.drawer._led = None
        if self.loss is None or seen.grad is None:
            return None
        (gradient,) = torch.autograd.grad(drawn, leaf, seen.grad)
        if leaf.grad is not None:  # of what looks at the latents themselves
            gradient = gradient + leaf.grad
        if not bool(gradient.isfinite().all()):
            raise StoryboardError("the gradient of the objectives is not a number")
        return gradient


def _backward(
    objectives: Iterable[tuple[str, Callable[[Tensor], Tensor]]], seen: Tensor
) -> float | None:
    """Add the gradients of all objectives to ``seen``; their sum, None where there are none."""
    total: float | None = None
    for _, objective in objectives:
        value = objective(seen)
        value.backward()  # type: ignore[no-untyped-call]
        total = (total or 0.0) + float(value.detach())
    return total
