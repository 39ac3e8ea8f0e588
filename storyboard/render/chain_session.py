"""Joins the rooms for one frame: what is looked for in the picture, and what is made of it.

`Studio` holds what all frames of a film share (device, perceptors), and turns a `Frame` of the plan
into the objectives and filters that the painter takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from pathlib import Path

import torch
from torch import Tensor

from storyboard.drawers import Drawer, HasLatents, Structure, drawers
from storyboard.errors import StoryboardError, UsageError
from storyboard.filters import Moment, is_seen, made
from storyboard.losses import OWN_MASK, LossContext, losses, within
from storyboard.losses.target import edge_distance
from storyboard.motion.edges import edges
from storyboard.motion.moves import Move
from storyboard.motion.stereo import eyes, join
from storyboard.motion.warp import warp
from storyboard.perceptors import (
    Guide,
    GuideStep,
    Perceptor,
    Spot,
    embed_sources,
    load,
    tokens_over,
    unknown_words,
)
from storyboard.perceptors.guide import SpotOf
from storyboard.plan import Frame, Mask, Plan, Prompt, ShotPlan, WordsMask
from storyboard.plan.prompt import Source
from storyboard.render.carry.clips import ClipLayer, Clips
from storyboard.render.carry.depths import Depths
from storyboard.render.carry.prompt_masks import FoundSpot, Masks
from storyboard.render.painter import Filter, Objective, Objectives
from storyboard.render.pictures import covering
from storyboard.render.state import ChainState


@dataclass
class Studio:
    """Resources shared by all frames of a render. ``shapes`` keeps the shapes of each frame, for
    SVG. ``coverage`` has the share of the frame, 0 to 1, in which each mask's words were last
    found.
    """

    plan: Plan
    device: torch.device
    loaded: dict[str, Perceptor] = field(default_factory=dict)
    precision: str | None = None
    shapes: bool = False
    depths: Depths = field(init=False)
    clips: Clips = field(init=False)
    masks: Masks = field(init=False)
    coverage: dict[str, float] = field(default_factory=dict)
    _pictures: dict[Path, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.depths = Depths(self.plan, self.device)
        self.clips = Clips(self.plan, self.device)
        self.masks = Masks(self.plan, self.device)

    @property
    def size(self) -> tuple[int, int]:
        """Return (height, width) in pixels."""
        return self.plan.height, self.plan.width

    def perceptor(self, name: str) -> Perceptor:
        """Return the perceptor ``name``, loaded once. Raises what `storyboard.perceptors.load`
        raises.
        """
        if name not in self.loaded:
            self.loaded[name] = load(name, device=self.device, precision=self.precision)
        return self.loaded[name]

    def prepare(self, shots: Sequence[ShotPlan]) -> list[str]:
        """Load what ``shots`` need; return a warning for each thing that will not be understood.

        The plan already warns of what is known without loading a perceptor. Embeds every prompt of
        the film; each perceptor then releases its text tower. Raises for a picture or a vector that
        cannot be used, and for a loss that does not fit the perceptors.
        """
        warnings: list[str] = []
        for shot in shots:
            self.depths.prepare(shot.depth)
            self.clips.prepare(shot)
            if shot.video is not None and shot.video.keep == "depth":
                self.depths.prepare_model(shot.video.depth_model)
            warnings += _older_drawer(shot.drawer)
            guide = Guide([(self.perceptor(name), 1.0) for name in shot.perceptors])
            warnings += guide.warnings([t for t in _texts(shot) if not _is_reported(shot, t)])
        for name in dict.fromkeys(name for shot in shots for name in shot.perceptors):
            seen = (shot for shot in self.plan.shots if name in shot.perceptors)
            sources = dict.fromkeys(source for shot in seen for source in shot.sources)
            if sources:
                embed_sources(self.perceptor(name), sources)
        self._try_losses(shots)
        return list(dict.fromkeys(warnings))

    @torch.no_grad()
    def _try_losses(self, shots: Sequence[ShotPlan]) -> None:
        """Evaluate every loss of ``shots`` once, on grey. Raises `UsageError`."""
        grey = torch.full((1, 3, *self.size), 0.5, device=self.device)
        for shot in shots:
            if not (shot.frame_count and shot.loss_options):
                continue
            guide = Guide([(self.perceptor(name), 1.0) for name in shot.perceptors])
            frame = self.plan.frames[shot.first]
            for name in shot.loss_options:
                try:
                    self.loss(name, frame, looking(LossContext(size=self.size), guide))(grey)
                except StoryboardError as error:
                    raise UsageError(f"shot {shot.name!r}: loss {name!r}: {error}") from error

    def move(self, state: ChainState, frame: Frame) -> Move:
        """Return the move from the anchor of ``state`` to the view of ``frame``.

        The frame loop asks here for every frame, so what depends on more than the camera's path
        (the anchor's own depth, a film's own movement) joins the path's move here.
        """
        since = state.anchor_frame
        transition = self.clips.transition(since, frame)
        if transition is not None:
            state.depth = state.ahead = None
            return transition.move
        if frame.values["steps"] > 0:
            state.depth = self.depths.refreshed(state.depth, state.anchor, since, frame)
        m, state.ahead = self.depths.move(state.depth, state.anchor, since, frame)
        return m

    def embedded(self, shot: ShotPlan, name: str, source: Source) -> Tensor | None:
        """Return the embedding (1, D) of ``source`` by the perceptor ``name`` of ``shot``, in any
        precision; None where the shot has no such perceptor.
        """
        for own in shot.perceptors:
            if own.partition("@")[0] == name:
                return embed_sources(self.perceptor(own), [source])
        return None

    def structure(self, frame: Frame) -> Structure | None:
        """Return the structure of its clip that ``frame`` keeps; None if it keeps none."""
        video, layer = frame.shot.video, self.clips.layer(frame)
        if video is None or not video.keep or layer is None:
            return None
        if video.keep == "edges":
            picture = edges(layer.colors)
        else:
            picture = self.depths.inverse_depth(video.depth_model, layer.colors)
        return Structure(picture, frame.values["video_keep"])

    def shown(self, picture: Tensor, state: ChainState, frame: Frame) -> Tensor:
        """Return ``picture`` as the film shows it: the same, or as both eyes see it, see
        `stereo.join`.
        """
        stereo = self.plan.stereo
        if stereo is None:
            return picture
        held = state.ahead or self.depths.begin(state.anchor, frame.shot.depth, frame.pose.fov)
        seen = eyes(
            stereo, None if held is None else held.scene, self.plan.width / self.plan.height
        )
        left, right = (self.moved(picture, m, frame.shot, since=frame.number) for m in seen)
        return join(left, right, stereo.format)

    def moved(self, picture: Tensor, m: Move, shot: ShotPlan, *, since: int) -> Tensor:
        """Return ``picture``, (1, C, h, w) of any resolution, moved by ``m`` as ``shot`` asks.

        ``since`` is the number of the frame that the picture is from: a border of noise is drawn
        anew for each such picture, and lies still while that one only moves.
        """
        return warp(
            picture,
            m,
            border=shot.border,
            resample=shot.resample,
            color=shot.border_color if shot.border == "color" else None,
            generator=torch.Generator().manual_seed(self.plan.frames[since].seed),
        )

    def looks_back(self, frame: Frame) -> bool:
        """Return True if a loss of ``frame`` may use the picture carried over."""
        return any(_losses(frame).values())

    def objectives(self, frame: Frame, context: LossContext) -> Objectives:
        """Return the objectives of ``frame`` by name, for each step.

        ``context`` has the picture carried over from the frame before.
        """
        values = frame.values
        names = frame.shot.perceptors
        guide = Guide([(self.perceptor(n), values.get(f"perceptors.{n}", 1.0)) for n in names])
        step = 0
        context = replace(looking(context, guide), step=lambda: step)
        groups = self.parts(frame, guide, lambda: step)

        def masked(context: LossContext, name: str) -> LossContext:
            mask = frame.shot.loss_masks.get(name)
            if mask is None:
                return context
            return replace(
                context, mask=self.area(mask.at(frame.local), frame, guide, lambda: step)
            )

        fixed = [
            (f"loss {name!r}", weighted(self.loss(name, frame, masked(context, name)), weight))
            for name, weight in _losses(frame).items()
            if weight != 0 and not (name == "hold" and context.reference is None)
        ]

        fixed += self.kept(frame)

        def of_step(number: int) -> Iterator[tuple[str, Objective]]:
            nonlocal step
            step = number
            for spot, prompts in groups:
                found = guide.objectives(prompts, _step(frame, number, part=spot is not None), spot)
                yield from (("the prompts", objective) for objective in found)
            yield from fixed

        return of_step

    def kept(self, frame: Frame) -> list[tuple[str, Objective]]:
        """Return what keeps the structure of the clip where no ControlNet does: the distance of the
        picture's edges to those of the clip, or to those of its depth.
        """
        video, weight = frame.shot.video, frame.values.get("video_keep", 0.0)
        layer, control = self.clips.layer(frame), frame.shot.drawer_options.get("controlnet")
        if video is None or not video.keep or layer is None or control is not None or not weight:
            return []
        target = layer.colors
        if video.keep == "depth":
            target = self.depths.inverse_depth(video.depth_model, target)
        return [("the clip's structure", weighted(partial(edge_distance, target=target), weight))]

    def parts(
        self, frame: Frame, guide: Guide, step: Callable[[], int]
    ) -> list[tuple[SpotOf | None, list[Prompt]]]:
        """Return the prompts of ``frame`` by the part of the picture that they are for."""
        by_mask: dict[Mask | None, list[Prompt]] = {}
        for prompt in frame.prompts:
            by_mask.setdefault(prompt.mask, []).append(prompt)

        return [
            (None if mask is None else self.spot(mask, frame, guide, step), prompts)
            for mask, prompts in by_mask.items()
        ]

    def spot(self, mask: Mask, frame: Frame, guide: Guide, step: Callable[[], int]) -> SpotOf:
        """Return what finds the part that ``mask`` is in ``frame``."""
        if isinstance(mask.source, WordsMask):
            return FoundSpot(guide, mask, step, self._note_coverage)
        spot = Spot.of(self.masks.mask(mask, frame))
        return lambda _picture: spot

    def area(
        self, mask: Mask, frame: Frame, guide: Guide, step: Callable[[], int]
    ) -> Callable[[Tensor], Tensor]:
        """Return what gives ``mask`` in a picture of ``frame``: (1, 1, H, W) in [0, 1]."""
        find = self.spot(mask, frame, guide, step)

        def found(picture: Tensor) -> Tensor:
            spot = find(picture)
            return torch.zeros_like(picture[:, :1]) if spot is None else spot.mask.to(picture)

        return found

    def _note_coverage(self, mask: Mask, share: float) -> None:
        self.coverage[mask.label] = share

    def score(self, frame: Frame, picture: Tensor) -> float:
        """Return how well ``picture`` fits the prompts of ``frame``: the mean of their cosines by
        their weights, -1 to 1, without chance; 0 without prompts or perceptors.
        """
        values, total = frame.values, sum(abs(prompt.weight) for prompt in frame.prompts)
        names = frame.shot.perceptors
        if not (names and total):
            return 0.0
        guide = Guide([(self.perceptor(n), values.get(f"perceptors.{n}", 1.0)) for n in names])
        sources = [
            near.source if near.mix < 0.5 else near.toward or near.source for near in frame.prompts
        ]
        cosines: list[float] = guide.score(picture, sources).tolist()
        weights = (prompt.weight / total for prompt in frame.prompts)
        return sum(w * cosine for w, cosine in zip(weights, cosines, strict=True))

    def loss(self, name: str, frame: Frame, context: LossContext) -> Objective:
        """Return the loss ``name`` with the options that ``frame``'s shot gives it."""
        options = frame.options("losses", name)

        def image(option: str) -> Tensor:
            times = frame.shot.clip_times.get(f"losses.{name}.{option}")
            if times:
                return self.clips.still(options[option], times[min(frame.local, len(times) - 1)])
            return self.picture(Path(options[option]))

        def view(picture: Tensor) -> Tensor:
            return self.at_rest(picture, frame)

        made = losses.get(name)(replace(context, options=options, image=image, view=view))
        mask = context.mask
        return made if mask is None or name in OWN_MASK else within(made, mask)

    def at_rest(self, picture: Tensor, frame: Frame) -> Tensor:
        """Return ``picture``, which the camera at rest sees, as ``frame`` sees it."""
        resample = frame.shot.resample
        return warp(picture, self.clips.view(frame), border="replicate", resample=resample)

    def opening(self, frame: Frame) -> tuple[ClipLayer, float] | None:
        """Return the picture that ``frame`` starts from, as it sees it, and its share; None for
        none.
        """
        plan, share = frame.shot.opening, frame.values.get("init", 0.0)
        if plan is None or share <= 0:
            return None
        colors = self.at_rest(self.picture(plan.file), frame)
        return ClipLayer(colors, torch.ones_like(colors[:, :1])), share

    def picture(self, file: Path) -> Tensor:
        """Return the picture in ``file``, (1, 3, H, W) in [0, 1], cropped to the film's shape; read
        once. Raises `BadValue` where it cannot be read.
        """
        if file not in self._pictures:
            self._pictures[file] = covering(file, self.size).to(self.device)
        return self._pictures[file]

    def filters(self, frame: Frame) -> Filter:
        """Return the filters between the drawing and the picture that is seen and saved, in order.

        Filters that no perceptor sees are applied when the film is made:
        `storyboard.render.finish`.
        """
        chain = [
            made(name, {**frame.options("filters", name), "amount": amount}, moment_of(frame))
            for name, amount in _group(frame, "filters").items()
            if amount and is_seen(name)
        ]
        return lambda picture: reduce(lambda seen, change: change(seen), chain, picture)


def _older_drawer(name: str) -> list[str]:
    """Return a warning where the drawer ``name`` was written for the older protocol."""
    if hasattr(drawers.get(name), "carry"):
        return []
    message = f"drawer {name!r} has no 'carry' and is used through its older 'move'"
    return [f"{message}; a newer version of the package that brings it will be sharper"]


def _texts(shot: ShotPlan) -> list[str]:
    """Return the texts of the prompts of ``shot``, in order."""
    return list(dict.fromkeys(text for source in shot.sources for text in source.texts))


def _is_reported(shot: ShotPlan, text: str) -> bool:
    """Return True if the plan already warned of unknown or too many words in ``text``."""
    return any(unknown_words(name, text) or tokens_over(name, text) for name in shot.perceptors)


def moment_of(frame: Frame) -> Moment:
    """Return the moment of ``frame`` for filters."""
    return Moment(frame.shot.seed, frame.seed, float(frame.time))


def looking(context: LossContext, guide: Guide) -> LossContext:
    """Return ``context`` with the eyes of ``guide``; itself where that has no perceptor."""
    if not guide.perceptors:
        return context
    return replace(context, embed=guide.embed, layers=guide.layers, lettering=guide.lettering)


def drawn_by(context: LossContext, drawer: Drawer) -> LossContext:
    """Return ``context`` with the latents of ``drawer``, where it has some."""
    return replace(context, coder=drawer if isinstance(drawer, HasLatents) else None)


def weighted(objective: Objective, weight: float) -> Objective:
    """Return ``objective`` multiplied by ``weight``."""
    return lambda picture: weight * objective(picture)


def _losses(frame: Frame) -> dict[str, float]:
    """Return every loss that is not the prompts', with its weight."""
    return {"hold": frame.values.get("hold", 0.0), **_group(frame, "losses")}


def _group(frame: Frame, kind: str) -> dict[str, float]:
    """Return the values called ``KIND.NAME``, by NAME."""
    found = ((key.partition("."), value) for key, value in frame.values.items())
    return {name: value for (room, _, name), value in found if room == kind}


PART = 0.5
"""Share of the shot's cutouts that are taken of a part of the picture which prompts are for."""


def _step(frame: Frame, number: int, *, part: bool = False) -> GuideStep:
    cuts = frame.values["cuts"] * (PART if part else 1)
    return GuideStep(
        number=number,
        frame_seed=frame.seed,
        hold_seed=frame.shot.seed,
        cuts=max(1, round(cuts)),
        cut_batch=frame.shot.cut_batch,
        cut_hold=frame.values.get("cut_hold", 0.0),
    )
