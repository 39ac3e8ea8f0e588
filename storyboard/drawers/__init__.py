"""Drawers: how a picture is made of numbers that an optimiser can turn.

A drawer is made by ``drawers.get(name)(size, options, device=device, generator=generator)``:
``size`` is (height, width) in pixels, ``options`` what the story says (the defaults are the
drawer's), ``generator`` the source of the picture it begins with. Importing this package does not
import torch; `option_table` lets a story be checked without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from storyboard.catalogue import Catalogue
from storyboard.drawers.catalogue import RECORDS
from storyboard.options import Options

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class Drawer(Protocol):
    """A picture as parameters.

    The parameter tensors are the same objects for the drawer's whole life: `encode`, `move` and
    `load_state_dict` write into them, so that an optimiser and its state outlive the frame.
    """

    size: tuple[int, int]

    def encode(self, canvas: Tensor) -> None:
        """Set the parameters so that `draw` gives ``canvas``, (1, 3, H, W) in [0, 1]."""

    def draw(self) -> Tensor:
        """The picture, (1, 3, H, W) in [0, 1], differentiable in the parameters."""

    def parameters(self) -> list[dict[str, Any]]:
        """Groups ``{"params": [tensors], "lr": rate}``, as torch.optim takes them."""

    def clamp(self) -> None:
        """Bring the parameters back to where they mean something; called after every step."""

    def move(self, warp: Callable[[Tensor], Tensor]) -> bool:
        """Move the parameters themselves by ``warp``, which moves any (1, C, h, w) grid.

        False where they cannot be moved; the caller then moves the picture and calls `encode`.
        """

    def state_dict(self) -> dict[str, Tensor]:
        """All that `draw` depends on."""

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Take over a state of the same size. Raises `UsageError` for one of another."""


class DrawerFactory(Protocol):
    """What the registry holds: usually the drawer's class."""

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

OPTIONS: dict[str, Options] = {name: record.options for name, record in RECORDS.items()}
"""The built-in drawers' options, by drawer."""


def option_table(name: str) -> Options:
    """Return the options of a drawer, without torch where it is built in. Raises `UnknownName`."""
    return drawers.record(name).options
