"""Guidance and steps, distilled: ``python -m training.generators.distill RUN --start UNET ...``.

First the network learns the output of classifier-free guidance, conditioned on the scale (Meng et
al. 2023), so that one evaluation does what took two. With ``--jump 250`` it learns to go in one
DDIM step where it took two (Salimans & Ho 2022): ``--jump 250`` is four steps from noise to
picture. The text encoder stays as it is.
"""

import argparse
import copy
import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from diffusers import UNet2DConditionModel
from torch import Tensor

from training.generators.loop import (
    Losses,
    Plan,
    Run,
    Schedule,
    add_options,
    ahead,
    read_plan,
)
from training.generators.pool import LatentPool
from training.generators.unet import (
    REFRESH,
    Networks,
    load_networks,
    make_scheduler,
    noised,
    pieces,
    store_networks,
)

CONDITION = 256  # width of the embedding of a guidance scale
SCALES = (1.0, 6.0)


@dataclass(frozen=True)
class Teacher:
    """The frozen network that is learnt from, and the noise schedule.

    empty   the words of an empty caption, ``(1, L, width)``
    guided  the network has learnt guidance: it takes the scale; else guidance takes two passes
    """

    nets: Networks
    empty: Tensor
    alphas: Tensor
    guided: bool

    @torch.no_grad()
    def velocity(self, x: Tensor, t: Tensor, words: Tensor, scales: Tensor) -> Tensor:
        """Return the guided v."""
        if self.guided:
            return self.nets.velocity(x, t, words, scales)
        both = torch.cat([words, self.empty.expand_as(words)])
        conditional, unconditional = self.nets.velocity(
            torch.cat([x, x]), torch.cat([t, t]), both
        ).chunk(2)
        return unconditional + scales.view(-1, 1, 1, 1) * (conditional - unconditional)

    def levels(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """Return signal and noise at timesteps; -1 is the clean picture."""
        known = self.alphas.to(t.device)[t.clamp(min=0)]
        alpha = torch.where(t < 0, torch.ones_like(known), known).view(-1, 1, 1, 1)
        return alpha.sqrt(), (1 - alpha).sqrt()

    def step(self, x: Tensor, v: Tensor, t: Tensor, to: Tensor) -> Tensor:
        """Return the latents after one DDIM step from ``t`` to ``to``."""
        (a, s), (a_to, s_to) = self.levels(t), self.levels(to)
        return a_to * (a * x - s * v) + s_to * (s * x + a * v)

    def jump(self, x: Tensor, t: Tensor, words: Tensor, scales: Tensor, length: int) -> Tensor:
        """Return the v whose one step of ``length`` ends where two of the teacher end."""
        half, to = (t - length // 2).clamp(min=0), (t - length).clamp(min=-1)
        half = torch.where(half == t, to, half)
        near = self.step(x, self.velocity(x, t, words, scales), t, half)
        far = self.step(near, self.velocity(near, half.clamp(min=0), words, scales), half, to)
        far = torch.where((half < 0).view(-1, 1, 1, 1), near, far)
        (a, s), (a_to, s_to) = self.levels(t), self.levels(to)
        return (far - (a_to * a + s_to * s) * x) / (s_to * a - a_to * s)


@dataclass(frozen=True)
class Lesson:
    """Teacher and student; ``jump`` is the length of a step in timesteps, 0: guidance alone."""

    teacher: Teacher
    student: Networks
    jump: int


def conditioned(nets: Networks) -> Networks:
    """Return networks that take the scale of guidance, initially without effect."""
    if nets.unet.config.time_cond_proj_dim is not None:
        return copy.deepcopy(nets)
    unet = UNet2DConditionModel.from_config(nets.unet.config, time_cond_proj_dim=CONDITION)
    missing = unet.load_state_dict(nets.unet.state_dict(), strict=False).missing_keys
    for name in missing:
        torch.nn.init.zeros_(unet.get_parameter(name))
    return Networks(unet.to(memory_format=torch.channels_last), nets.text, nets.tokens)


def train(run: Run, lesson: Lesson, pool: LatentPool, plan: Plan) -> None:
    """Train for some minutes."""
    teacher, student, length = lesson.teacher, lesson.student, lesson.jump
    dice = random.Random(run.step)
    torch.manual_seed(run.step)

    def losses(piece: tuple[Tensor, list[str]]) -> Losses:
        latents, texts = piece
        given = noised(latents.to(plan.device), teacher.alphas, grid=length)
        with torch.no_grad():
            words = student.words(texts)
        scales = torch.empty(len(texts)).uniform_(*SCALES)
        scales[0] = SCALES[0]  # so that the student stays a network without guidance too
        scales = scales.to(plan.device)
        place = (given.noisy, given.timesteps, words, scales)
        target = teacher.jump(*place, length) if length else teacher.velocity(*place)
        have = student.velocity(*place)
        return {"loss": F.mse_loss(have.float(), target.float())}

    def batch() -> list[tuple[Tensor, list[str]]]:
        return pieces(*pool.batch(plan.batch * plan.threads, dice), plan.threads)

    for (step, _), work in zip(run.steps(plan), ahead(batch), strict=False):
        run.descend(losses, work)
        if step % REFRESH == 0:
            pool.refresh()


def main(arguments: Sequence[str] | None = None) -> None:
    """Distil from a start, or on from the run's checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser, Plan(minutes=15, batch=4, lr=1e-4))
    parser.add_argument("--jump", type=int, default=0, help="timesteps of one step; 0: guidance")
    options = parser.parse_args(arguments)
    plan = read_plan(options)
    nets = load_networks(options.start).to(plan.device)
    nets.unet.requires_grad_(False)
    nets.text.requires_grad_(False)
    with torch.no_grad():
        empty = nets.words([""])
    student = conditioned(nets)
    student.to(plan.device).unet.requires_grad_(True)
    run = Run(options.run, (student.unet,), Schedule(plan.lr),
              store=lambda: store_networks(student, options.run))  # fmt: skip
    alphas = make_scheduler().alphas_cumprod
    teacher = Teacher(nets, empty, alphas, guided=options.jump > 0)
    train(run, Lesson(teacher, student, options.jump), LatentPool(options.pool), plan)


if __name__ == "__main__":
    main()
