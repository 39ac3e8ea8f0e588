"""Shared parts of the stages: averaged weights, a checkpoint a minute, learning rates.

A stage is run for some minutes; what it writes is always whole: its averaged weights in the
layout that the package loads, then `checkpoint.pt` to resume from. Run again, it goes on from
the averaged weights with the optimiser's state and a new schedule.
"""

import argparse
import json
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

Piece = TypeVar("Piece")
Made = TypeVar("Made")
Losses = dict[str, Tensor]

CHECKPOINT = "checkpoint.pt"
SAVE_S = 60.0


@dataclass(frozen=True)
class Schedule:
    """A learning rate over the share of the minutes that has passed.

    warmup  optimiser steps from 0 to ``lr``
    hold    share of the time before the cosine to ``floor`` begins
    """

    lr: float
    warmup: int = 50
    hold: float = 0.5
    floor: float = 0.03

    def at(self, step: int, share: float) -> float:
        """Return the learning rate of a step."""
        fall = max(0.0, share - self.hold) / (1 - self.hold)
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, fall)))
        return self.lr * min(1.0, (step + 1) / self.warmup) * max(self.floor, cosine)


class Average:
    """An exponential average of the parameters of some modules, quick in its first steps."""

    def __init__(self, modules: Sequence[nn.Module], decay: float) -> None:
        self.live = [p for module in modules for p in module.parameters() if p.requires_grad]
        self.mean = [p.detach().clone() for p in self.live]
        self.decay = decay

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Move towards the live parameters."""
        weight = 1 - min(self.decay, (step + 1) / (step + 10))
        torch._foreach_lerp_(self.mean, [p.detach() for p in self.live], weight)

    @torch.no_grad()
    def swap(self) -> None:
        """Exchange the average and the live parameters."""
        for parameter, mean in zip(self.live, self.mean, strict=True):
            kept = parameter.detach().clone()
            parameter.copy_(mean)
            mean.copy_(kept)


@dataclass
class Run:
    """One stage in its folder: what is trained, and how it is stored.

    store  writes the weights, called while the average is in the modules
    """

    directory: Path
    modules: Sequence[nn.Module]
    schedule: Schedule
    store: Callable[[], None]
    decay: float = 0.998
    step: int = 0
    seconds: float = 0.0
    losses: dict[str, list[Tensor]] = field(default_factory=dict)
    plan: "Plan" = field(default_factory=lambda: Plan())

    def __post_init__(self) -> None:
        self.average = Average(self.modules, self.decay)
        self.optimiser = torch.optim.AdamW(
            self.average.live, self.schedule.lr, betas=(0.9, 0.98), weight_decay=0.01
        )
        self.threads = ThreadPoolExecutor(initializer=torch.set_num_threads, initargs=(1,))
        self.directory.mkdir(parents=True, exist_ok=True)
        path = self.directory / CHECKPOINT
        if path.exists():
            self._resume(torch.load(path, map_location="cpu", weights_only=True))

    @torch.no_grad()
    def _resume(self, stored: dict[str, Any]) -> None:
        for live, mean, value in zip(
            self.average.live, self.average.mean, stored["average"], strict=True
        ):
            live.copy_(value)
            mean.copy_(value)
        self.optimiser.load_state_dict(stored["optimiser"])
        self.step, self.seconds = stored["step"], stored["seconds"]

    def steps(self, plan: "Plan") -> Iterator[tuple[int, float]]:
        """Yield the step's number and the share of the plan that is done; save on the way, the
        weights before the first step too.
        """
        self.plan = plan
        begin = saved = time.monotonic()
        first, before = self.step, self.seconds
        self.save()
        while (share := plan.share(self.step - first, time.monotonic() - begin)) < 1:
            for group in self.optimiser.param_groups:
                group["lr"] = self.schedule.at(self.step - first, share)
            yield self.step, share
            self.average.update(self.step)
            self.step, self.seconds = self.step + 1, before + time.monotonic() - begin
            if time.monotonic() - saved > SAVE_S:
                self.save()
                saved = time.monotonic()
        self.save()

    def descend(self, losses: Callable[[Piece], Losses], pieces: Sequence[Piece]) -> None:
        """Take one optimiser step on the mean of the ``loss`` of all pieces of a batch, gradients
        clipped to length 1. Each piece has a thread of its own, which meets the others once a
        step: on busy cores that is quicker than threads that meet in every convolution.
        """

        def slope(piece: Piece) -> tuple[Losses, Sequence[Tensor]]:
            with self.plan.autocast():
                found = losses(piece)
            return found, torch.autograd.grad(found["loss"], self.average.live)

        found = list(self.threads.map(slope, pieces))
        for parameter, *slopes in zip(self.average.live, *(each for _, each in found), strict=True):
            parameter.grad = sum(slopes[1:], slopes[0]) / len(slopes)
        nn.utils.clip_grad_norm_(self.average.live, 1.0)
        self.optimiser.step()
        for name, value in (pair for parts, _ in found for pair in parts.items()):
            self.losses.setdefault(name, []).append(value.detach())

    def save(self) -> None:
        """Write the averaged weights, the checkpoint and a line of the log."""
        self.average.swap()
        self.store()
        self.average.swap()
        state = {"average": self.average.mean, "optimiser": self.optimiser.state_dict(),
                 "step": self.step, "seconds": self.seconds}  # fmt: skip
        torch.save(state, self.directory / f"{CHECKPOINT}.part")
        os.replace(self.directory / f"{CHECKPOINT}.part", self.directory / CHECKPOINT)
        means = {name: round(torch.stack(v).mean().item(), 5) for name, v in self.losses.items()}
        line = json.dumps({"step": self.step, "seconds": round(self.seconds), **means})
        with (self.directory / "log.jsonl").open("a") as file:
            file.write(f"{line}\n")
        print(line, flush=True)
        self.losses.clear()


def save_weights(module: nn.Module, path: Path) -> None:
    """Write a module's weights in float16, first beside their place."""
    weights = {
        name: (value.half() if value.dtype.is_floating_point else value).cpu().contiguous()
        for name, value in module.state_dict().items()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(weights, f"{path}.part")
    Path(f"{path}.part").chmod(0o644)
    os.replace(f"{path}.part", path)


@dataclass(frozen=True)
class Plan:
    """Command-line settings of a run: pictures a thread and step, and for how long.

    minutes  time by the clock
    steps    optimiser steps instead of minutes, for a machine that is shared; 0: minutes
    batch    pictures a thread and step
    threads  threads that take a part of the batch each; one on a GPU
    device, precision  empty: the GPU where there is one, and bf16 where it is quick
    """

    minutes: float = 30
    steps: int = 0
    batch: int = 8
    threads: int = 2
    lr: float = 2e-4
    device: str = ""
    precision: str = ""

    def share(self, steps: int, seconds: float) -> float:
        """Return how much of the plan is done, 1 at its end."""
        return steps / self.steps if self.steps else seconds / (60 * self.minutes)

    def autocast(self) -> torch.autocast:
        """Return the context of a forward pass in the plan's precision."""
        kind = "cuda" if self.device.startswith("cuda") else "cpu"
        return torch.autocast(kind, torch.bfloat16, enabled=self.precision == "bf16")

    def resolved(self) -> "Plan":
        """Return the plan with a device and a precision."""
        device = self.device or ("cuda" if torch.cuda.is_available() else "cpu")
        quick = device.startswith("cuda") or torch.cpu._is_amx_tile_supported()
        precision = self.precision or ("bf16" if quick else "fp32")
        threads = self.threads if device == "cpu" else 1
        return replace(self, device=device, precision=precision, threads=threads)


def add_options(parser: argparse.ArgumentParser, default: Plan) -> None:
    """Add the options that every stage has."""
    parser.add_argument("run", type=Path, help="the folder of the run")
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="a folder with weights to go on from")
    for name, value in vars(default).items():
        parser.add_argument(f"--{name}", type=Plan.__annotations__[name], default=value)


def read_plan(options: argparse.Namespace) -> Plan:
    """Return the plan of parsed options."""
    torch.set_num_threads(1)
    return Plan(**{name: getattr(options, name) for name in vars(Plan())}).resolved()


def ahead(make: Callable[[], Made]) -> Iterator[Made]:
    """Yield what ``make`` returns, again and again, while a thread makes the next one."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(make)
        while True:
            made = coming.result()
            coming = thread.submit(make)
            yield made
