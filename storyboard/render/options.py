"""Options of a render: what may differ from run to run of the same plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from storyboard.errors import UsageError, did_you_mean
from storyboard.render.chains import Stop


@dataclass(frozen=True)
class RenderOptions:
    """Options of a render; the plan says what is rendered.

    Attributes:
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:0``, ``mps``.
        precision: the number format of perceptors and networks, ``fp32``, ``bf16`` or ``fp16``;
            None for the one that the machine chooses.
        first: number of the first frame wanted; None from the start.
        last: number of the frame to stop before; None to the end.
        shots: names of the shots wanted; None for all.
        fresh: discard existing frames of these shots and render again.
        overwrite: replace a file of the film's name that was not made here, or is another film.
        embed: put story, seeds and versions into the film.
        wait: wait for another render of the same shots or film, rather than raise `FolderBusy`.
        svg: write an SVG of every frame, and an animated one, beside the film.
        executor: name of the executor that paints the chains.
        workers: how many workers paint at once, a chain each: processes of this machine, or of the
            cluster that ``executor`` names, whose room is the limit where it is None. None and
            ``local``: this process alone.
        mixed: accept workers whose device or software differs from that of the others.
        work: the folder of the frames and records; None for the one that the film goes to.
        download: fetch weights that are not on this machine, rather than raise `MissingWeights`.
        stop: asked after every frame; True saves the state and raises `Interrupted`.
    """

    device: str = "auto"
    precision: str | None = None
    first: int | None = None
    last: int | None = None
    shots: Sequence[str] | None = None
    fresh: bool = False
    overwrite: bool = False
    embed: bool = True
    wait: bool = False
    svg: bool = False
    executor: str = "local"
    workers: int | None = None
    mixed: bool = False
    work: Path | None = None
    download: bool = False
    stop: Stop = lambda: False


def options_of(options: RenderOptions | None, changes: dict[str, Any]) -> RenderOptions:
    """Return ``options`` with some fields changed. Raises `UsageError` for an unknown one."""
    known = [field.name for field in fields(RenderOptions)]
    for name in changes:
        if name not in known:
            hint = did_you_mean(name, known) or f"there are {', '.join(known)}"
            raise UsageError(f"render has no option {name!r}; {hint}")
    return replace(options or RenderOptions(), **changes)
