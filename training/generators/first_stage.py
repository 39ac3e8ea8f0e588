"""The first stage: ``python -m training.generators.first_stage RUN --pool POOL --minutes 40``.

It learns from crops: the absolute error, that of the gradients, the distance of features of the
robust `sketch` tower, and in the second half a discriminator of patches. Its latents carry a
little noise while it learns, so that the decoder forgives what a sampler leaves. With
``--decoder`` the encoder stays as it is: the latents, and all that was trained on them, stay valid.
"""

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from open_clip.model import CLIP
from safetensors.torch import load_file
from torch import Tensor, nn

from storyboard.drawers.first_stage import (
    CONFIG_FILE,
    WEIGHTS_FILE,
    FirstStage,
    FirstStageConfig,
    config_json,
    load_first_stage,
)
from training.generators.loop import (
    Losses,
    Plan,
    Run,
    Schedule,
    add_options,
    ahead,
    read_plan,
    save_weights,
)
from training.generators.pool import PicturePool

SKETCH = Path(__file__).parents[2] / "storyboard" / "models" / "sketch"
CROP = (96, 128)
NOISE = 0.12  # largest deviation of the noise on latents


@dataclass(frozen=True)
class Weights:
    """Weight of each part of the loss, and the share of the time when the critic begins."""

    gradient: float = 0.5
    features: float = 0.2
    unit: float = 0.1
    critic: float = 0.25
    critic_from: float = 0.5


class Tower(nn.Module):
    """The first three feature maps of the built-in perceptor, at half resolution."""

    def __init__(self) -> None:
        super().__init__()
        model = json.loads((SKETCH / "open_clip_config.json").read_text())["model_cfg"]
        shape = {key: model[key] for key in ("embed_dim", "vision_cfg", "text_cfg")}
        clip = CLIP(**shape)
        weights = load_file(SKETCH / "open_clip_model.safetensors")
        clip.load_state_dict({name: value.float() for name, value in weights.items()})
        self.tower: Any = clip.visual.eval().requires_grad_(False)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        x = self.tower.stem((F.avg_pool2d(pictures, 2) - 0.5) / 0.25)
        maps = [x]
        for layer in (self.tower.layer1, self.tower.layer2):
            maps.append(layer(maps[-1]))
        return [F.normalize(one, dim=1) for one in maps]


def make_critic(width: int = 32) -> nn.Sequential:
    """Return a discriminator of patches: pictures ``(B, 3, H, W)`` to scores ``(B, 1, h, w)``."""
    return nn.Sequential(
        nn.PixelUnshuffle(2),
        nn.Conv2d(12, 2 * width, 3, 1, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(2 * width, 4 * width, 4, 2, 1), nn.GroupNorm(8, 4 * width), nn.LeakyReLU(0.2),
        nn.Conv2d(4 * width, 4 * width, 3, 1, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(4 * width, 1, 3, 1, 1),
    )  # fmt: skip


def edges(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Return the differences of neighbours along x and y."""
    return pictures.diff(dim=-1), pictures.diff(dim=-2)


class Objective:
    """The loss of reconstructions, and the critic that learns beside it."""

    def __init__(self, stage: FirstStage, weights: Weights) -> None:
        self.stage, self.weights = stage, weights
        device = stage.latents_mean.device
        self.tower = Tower().to(device)
        self.shown: list[tuple[Tensor, Tensor]] = []  # pictures and reconstructions of a step
        self.critic = make_critic().to(device, memory_format=torch.channels_last)
        self.optimiser = torch.optim.AdamW(self.critic.parameters(), 3e-4, betas=(0.5, 0.95))

    def parts(self, want: Tensor, have: Tensor) -> dict[str, Tensor]:
        """Return the parts of the loss that need no critic."""
        with torch.no_grad():
            real = self.tower(want)
        features = [
            (a - b).pow(2).sum(1).mean() for a, b in zip(real, self.tower(have), strict=True)
        ]
        gradient = [(a - b).abs().mean() for a, b in zip(edges(want), edges(have), strict=True)]
        return {"l1": (want - have).abs().mean(), "gradient": torch.stack(gradient).sum(),
                "features": torch.stack(features).sum()}  # fmt: skip

    def fooled(self, have: Tensor, loss: Tensor, strength: float) -> Tensor:
        """Return the critic's part, its gradient as long as a share of the other's (VQGAN)."""
        score = -self.critic(have * 2 - 1).mean()
        last = self.stage.decoder.conv_out.weight
        one, other = (torch.autograd.grad(v, last, retain_graph=True)[0] for v in (loss, score))
        balance = (one.norm() / (other.norm() + 1e-4)).clamp(0, 100)
        return score * balance.detach() * self.weights.critic * strength

    def teach_critic(self) -> None:
        """Take one step of the critic on the hinge loss of the pairs that were shown to it."""
        if not self.shown:
            return
        want, have = (torch.cat(side) for side in zip(*self.shown, strict=True))
        self.shown.clear()
        real, made = self.critic(want * 2 - 1), self.critic(have * 2 - 1)
        self.optimiser.zero_grad(set_to_none=True)
        (F.relu(1 - real).mean() + F.relu(1 + made).mean()).backward()
        self.optimiser.step()


def unit(latents: Tensor) -> Tensor:
    """Return how far the channels are from mean 0 and deviation 1."""
    return (latents.mean((0, 2, 3)).pow(2) + (latents.std((0, 2, 3)) - 1).pow(2)).mean()


def train(run: Run, objective: Objective, pool: PicturePool, plan: Plan) -> None:
    """Train for some minutes."""
    dice = random.Random(run.step)
    torch.manual_seed(run.step)

    def batch() -> Tensor:
        crops = pool.crops(plan.batch * plan.threads, CROP, dice).to(plan.device)
        return crops.contiguous(memory_format=torch.channels_last)

    for (step, share), want in zip(run.steps(plan), ahead(batch), strict=False):
        run.descend(partial(losses, objective, share), want.split(plan.batch))
        with plan.autocast():
            objective.teach_critic()
        if step % 100 == 0:
            pool.refresh()


def losses(objective: Objective, share: float, want: Tensor) -> Losses:
    """Return the loss of some crops and its parts."""
    stage, weights = objective.stage, objective.weights
    latents = stage.encode(want).float()
    strength = NOISE * torch.rand(len(want), 1, 1, 1, device=want.device)
    have = stage.decode(latents + strength * torch.randn_like(latents)).float()
    parts = objective.parts(want, have)
    loss = parts["l1"] + weights.gradient * parts["gradient"]
    loss = loss + weights.features * parts["features"] + weights.unit * unit(latents)
    if share > weights.critic_from - 0.05:
        objective.shown.append((want, have.detach()))
    if share > weights.critic_from:
        strength = min(1.0, (share - weights.critic_from) / 0.1)
        loss = loss + objective.fooled(have, loss, strength)
    return {"loss": loss, **parts}


def store_stage(stage: FirstStage, directory: Path) -> None:
    """Write the first stage as the package loads it."""
    save_weights(stage, directory / WEIGHTS_FILE)
    (directory / CONFIG_FILE).write_text(json.dumps(config_json(stage.config), indent=2) + "\n")


@torch.no_grad()
def measured(stage: FirstStage, pictures: Tensor) -> FirstStageConfig:
    """Return the configuration with mean and deviation of the latents of some pictures."""
    raw = stage.encode(pictures) * stage.latents_std + stage.latents_mean
    mean, std = raw.mean((0, 2, 3)).tolist(), raw.std((0, 2, 3)).tolist()
    return FirstStageConfig(**{**vars(stage.config), "latents_mean": tuple(mean),
                               "latents_std": tuple(std)})  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Train from a start, from noise, or on from the run's checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser, Plan(minutes=40, batch=4, lr=5e-4))
    parser.add_argument("--decoder", action="store_true", help="train the decoder alone")
    for name in ("critic", "critic_from"):
        default = vars(Weights())[name]
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, default=default)
    options = parser.parse_args(arguments)
    plan = read_plan(options)
    fresh = FirstStageConfig((64, 128), 1, 8, 16, (0.0,) * 8, (1.0,) * 8)
    stage = load_first_stage(options.start) if options.start else FirstStage(fresh)
    stage.to(plan.device, memory_format=torch.channels_last).requires_grad_(True)
    stage.encoder.requires_grad_(not options.decoder)
    run = Run(options.run, (stage,), Schedule(plan.lr),
              store=lambda: store_stage(stage, options.run))  # fmt: skip
    pool = PicturePool(options.pool)
    weights = Weights(critic=options.critic, critic_from=options.critic_from)
    train(run, Objective(stage, weights), pool, plan)
    if not options.decoder:
        crops = pool.crops(64, CROP, random.Random(0)).to(plan.device)
        stage.config = measured(stage, crops)
        store_stage(stage, options.run)


if __name__ == "__main__":
    main()
