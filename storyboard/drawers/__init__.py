"""Drawers: a picture as parameters that an optimiser, or the drawer itself, changes.

A drawer is made by ``drawers.get(name)(size, options, device=device, generator=generator)``:
``size`` is (height, width) in pixels, ``options`` what the story sets (the defaults are the
drawer's), ``generator`` the source of the picture it begins with. Importing this package does not
import torch; `option_table` lets a story be checked without it.

A frame asks a drawer for three things, in this order: `Drawer.carry` takes its parameters from the
anchor to the new view, steps of optimisation (or its own `PaintsItself.paint`) change them, and
`Drawer.draw` gives the picture. What is optional stands in protocols of its own: `PaintsItself`,
`BringsOptimiser`, `Retunes`, `HasPrecision`, `DrawsVectors`, `HasLatents`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from storyboard.catalogue import Catalogue
from storyboard.drawers.catalogue import RECORDS
from storyboard.options import Options

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from storyboard.plan import Mask, Prompt
    from storyboard.plan.prompt import Source

    Objective = Callable[[Tensor], Tensor]
    """Picture (1, 3, H, W) in [0, 1] to a scalar, differentiable."""

    Objectives = Callable[[int], Iterable[tuple[str, Objective]]]
    """The named objectives of a step, by the step's number; their sum is the loss of the step."""


class FrameStart(Protocol):
    """The start of a frame: the anchor, the last painted canvas, in the view of the new camera.

    Every attribute is computed on first use, so a drawer that moves its own parameters does not
    pay for a canvas that it does not use.
    """

    @property
    def canvas(self) -> Tensor:
        """Return (1, 3, H, W) in [0, 1]: the anchor warped to the new view, its colours held, noise
        in disoccluded areas, a clip mixed in. The anchor is resampled once.
        """

    @property
    def unbroken(self) -> Tensor:
        """Return `canvas` without the noise: disoccluded areas show the border or the surface
        behind. For a drawer that fills such areas in its own way.
        """

    @property
    def revealed(self) -> Tensor | None:
        """Return (1, 1, H, W) in [0, 1]: where the canvas shows something that the anchor moved
        to the new view does not hold (uncovered areas, a clip); None for nowhere.
        """

    @property
    def matrix(self) -> Tensor | None:
        """Return the move as one (3, 3) float64 matrix, old place to new, in normalised coordinates
        (x and y from -1 to 1 between the outer edges of the picture, y down); None where no
        matrix describes it.
        """

    @property
    def mixes(self) -> bool:
        """Return whether a clip is mixed into the canvas."""

    def grid(self, values: Tensor) -> Tensor:
        """Move (1, C, h, w) of any resolution and any values as the picture is moved."""

    def points(self, places: Tensor) -> tuple[Tensor, Tensor]:
        """Return where points of the anchor lie in the new view.

        Args:
            places: (N, 2) normalised x, y, see `matrix`.

        Returns:
            (N, 2) likewise, and (N,) bool: False for points that no longer have a place there.
        """

    def places(self) -> Tensor:
        """Return where every pixel of the new view lies in the anchor: (2, H, W) float64, x and y
        as in `matrix`, for moves of every kind.
        """

    def recolor(self, colors: Tensor) -> Tensor:
        """Apply the frame's change of colours, pointwise, to (1, 3, h, w) in [0, 1]."""

    def color_matrix(self) -> tuple[Tensor, Tensor] | None:
        """Return `recolor` as ``matrix`` (3, 3) and ``offset`` (3,), ``rgb' = matrix @ rgb +
        offset``: the least-squares fit over the anchor's colours; None where colours stay.
        """


class Drawer(Protocol):
    """A picture as parameters.

    The parameter tensors are the same objects for the drawer's whole life: `encode`, `carry` and
    `load_state_dict` write into them, so that an optimiser and its state outlive the frame.

    Attributes:
        size: (height, width) in pixels.
        native: True where `carry` moves the drawer's own parameters, so that its picture of a moved
            view is not merely the moved canvas. A frame without steps is then drawn by the drawer.
    """

    size: tuple[int, int]
    native: bool

    def encode(self, canvas: Tensor) -> None:
        """Set the parameters so that `draw` gives ``canvas``, (1, 3, H, W) in [0, 1], as nearly as
        the drawer can. Asked for where there is no anchor of this drawer: at a change of drawers,
        and for the first picture of a clip.
        """

    def draw(self) -> Tensor:
        """Return the picture, (1, 3, H, W) in [0, 1], differentiable in the parameters."""

    def carry(self, start: FrameStart) -> None:
        """Take the parameters, which hold the anchor, to the view of the frame that begins.

        Called once a frame. Most drawers encode ``start.canvas``; one that moves its own parameters
        (``native``) uses ``start.grid`` or ``start.points``, applies ``start.recolor``, and takes
        from the canvas only what is ``start.revealed``.
        """

    def parameters(self) -> list[dict[str, Any]]:
        """Return groups ``{"params": [tensors], "lr": rate}``, as torch.optim takes them."""

    def clamp(self) -> None:
        """Bring the parameters back to where they mean something; called after every step."""

    def state_dict(self) -> dict[str, Tensor]:
        """Return copies of all that `draw` depends on; tensors, numbers, texts, lists of these."""

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Take over a state of the same size. Raises `UsageError` for one of another."""


class Optimiser(Protocol):
    """An optimiser of the parameters: any `torch.optim.Optimizer`, or the painter's own.

    ``param_groups`` have ``lr``; the loop multiplies it with the story's ``lr``. ``state_dict`` is
    written into checkpoints and must hold tensors and plain data only.
    """

    param_groups: list[dict[str, Any]]

    def zero_grad(self) -> None:
        """Clear the gradients."""

    def step(self) -> Any:
        """Take one step against the gradients."""

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the optimiser, without parameters and gradients."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the state of an optimiser of the same parameters."""


@runtime_checkable
class BringsOptimiser(Protocol):
    """A drawer with an optimiser of its own, in place of the painter's Adam without momentum."""

    def optimiser(self) -> Optimiser:
        """Make the optimiser of the drawer's parameters; kept as long as the drawer is."""


@dataclass(frozen=True)
class PaintResult:
    """Result of painting a frame.

    Attributes:
        steps: steps taken.
        loss: of the last step; None without objectives.
        anchor: whether the picture becomes the anchor, from which the next frames begin. Without,
            the drawer goes back to the anchor it had.
        fade_s: seconds over which the new anchor's picture replaces the old one's in the film.
    """

    steps: int
    loss: float | None
    anchor: bool = True
    fade_s: float = 0.0


@dataclass(frozen=True)
class Structure:
    """The structure of a clip that a picture keeps.

    Attributes:
        picture: (1, 3, H, W) in [0, 1]: edges white on black, or nearness, near being white.
        weight: how strongly, 0 to 2.
    """

    picture: Tensor
    weight: float


@dataclass(frozen=True)
class PaintTask:
    """The task of one frame for a drawer that paints in its own way.

    Attributes:
        objectives: by the number of the step: every objective of the picture, by name, those of the
            prompts included. They look at the picture *after* ``filters``.
        filters: applied to the drawing before it is seen, (1, 3, H, W) to the same.
        steps: number of steps set in the story, at least 1.
        lr: the story's factor on the drawer's own learning rate.
        prompts: the prompts of this instant, for a drawer that reads them itself.
        seed: the frame's own seed.
        first: True for the first picture of a chain, before which there is no anchor.
        age_s: seconds of the film since the anchor was painted; 0 for the first picture.
        novelty: how new the prompts are, 0 to 1.
        revealed: mean of `FrameStart.revealed`, 0 to 1: how much of the picture is new.
        structure: of a clip, for a drawer with an option ``controlnet``; None for none.
        embedded: a perceptor's name and a source to its embedding (1, D) of unit length; None where
            the frame has no such perceptor.
        area: a prompt's mask to the part of the frame that it is, (1, 1, H, W) in [0, 1]; None
            where that is only known from the picture being painted.
        begun: the share, 0 to 1, of a picture that the frame begins with and that is to stay.
    """

    objectives: Objectives
    filters: Callable[[Tensor], Tensor]
    steps: int
    lr: float
    prompts: tuple[Prompt, ...]
    seed: int
    first: bool
    age_s: float
    novelty: float
    revealed: float
    structure: Structure | None = None
    embedded: Callable[[str, Source], Tensor | None] = lambda _name, _source: None
    area: Callable[[Mask], Tensor | None] = lambda _mask: None
    begun: float = 0.0


@runtime_checkable
class PaintsItself(Protocol):
    """A drawer with a way of painting of its own (a sampler), in place of the painter's steps."""

    def paint(self, task: PaintTask) -> PaintResult:
        """Change the parameters so that the objectives fall. Everything random must follow from
        ``task.seed`` and the drawer's state, or a resumed film differs.
        """


@runtime_checkable
class Retunes(Protocol):
    """A drawer that takes over options that move, frame by frame, and keeps its picture."""

    def retune(self, options: Mapping[str, Any]) -> bool:
        """Take over ``options``, all of them. False where the drawer must be made anew with them;
        it is then given the anchor through `Drawer.encode`.
        """


@runtime_checkable
class HasPrecision(Protocol):
    """A drawer whose networks can work in another number format."""

    def use_precision(self, precision: str) -> None:
        """Work in ``fp32``, ``bf16`` or ``fp16`` from now on, as the film's run.json has it; asked
        for once, before anything is painted.
        """


@runtime_checkable
class DrawsVectors(Protocol):
    """A drawer whose picture is made of shapes, which are sharp at any size. Its `Record` says
    ``vectors=True``. All that both functions depend on is in the drawer's state.
    """

    def svg(self) -> str:
        """Return the picture as an SVG document without an XML declaration."""

    def draw_at(self, size: tuple[int, int]) -> Tensor:
        """Return the picture drawn at (height, width), another size of the same shape:
        (1, 3, height, width) in [0, 1].
        """


@runtime_checkable
class HasLatents(Protocol):
    """A drawer whose picture is made of the latents of a network, which losses may look at. Its
    `Record` says ``latents=True``.
    """

    def latents_now(self) -> Tensor:
        """Return the latents that are drawn, (1, C, h, w), differentiable in the parameters: while
        the drawer paints itself, those that the objectives are asked about.
        """

    def latents_of(self, picture: Tensor) -> Tensor:
        """Return the latents of a picture (1, 3, H, W) in [0, 1], without gradient."""

    def features_of(self, picture: Tensor) -> Mapping[str, Tensor]:
        """Return what the levels of the encoder answer to a picture (1, 3, H, W), by a level's
        name, from fine to coarse: (1, C, h, w), differentiable. Raises `UsageError` where there is
        no encoder.
        """


class DrawerFactory(Protocol):
    """An entry of the registry: usually the drawer's class."""

    def __call__(
        self,
        size: tuple[int, int],
        options: Mapping[str, Any],
        *,
        device: torch.device | str = "cpu",
        generator: torch.Generator | None = None,
    ) -> Drawer:
        """Make a drawer of (height, width). Raises `BadValue` for wrong options."""


drawers: Catalogue[DrawerFactory] = Catalogue("drawer", "storyboard.drawers", RECORDS)


def option_table(name: str) -> Options:
    """Return the options of a drawer, without torch where it is built in. Raises `UnknownName`."""
    return drawers.record(name).options
