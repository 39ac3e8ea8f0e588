"""Train a perceptor: ``python -m training.train CONFIG POOL RUN``.

Started again, it goes on where it was.
A step is a function of the seed, the step's number and the pool, so a run can be repeated and
resumed.
"""

import argparse
import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from open_clip.model import CLIP
from open_clip.tokenizer import SimpleTokenizer
from torch import Tensor

from storyboard.world.describe import phrases, vocabulary
from training.config import RunConfig, TrainConfig, load_config, make_model
from training.data import Batch, Pool, make_batch
from training.objective import contrastive, image_features, perturb, text_features
from training.tokens import MERGES_FILE, load_tokenizer, write_phrases, write_tokenizer


@dataclass
class Run:
    """Everything that changes while training."""

    model: CLIP
    average: CLIP
    optimizer: torch.optim.Optimizer
    step: int = 0
    seconds: float = 0.0


def start(config: RunConfig, device: str) -> Run:
    """Return an untrained run."""
    model, average = make_model(config), make_model(config)
    average.requires_grad_(False)
    for module in (model, average):
        module.to(device).to(memory_format=torch.channels_last)
    matrices = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": config.train.weight_decay},
              {"params": others, "weight_decay": 0.0}]  # fmt: skip
    return Run(model, average, torch.optim.AdamW(groups, lr=config.train.lr, betas=(0.9, 0.98)))


def save(run: Run, path: Path) -> None:
    """Write the checkpoint beside its place, then move it there."""
    part = path.with_suffix(".part")
    torch.save({"model": run.model.state_dict(), "average": run.average.state_dict(),
                "optimizer": run.optimizer.state_dict(), "step": run.step,
                "seconds": run.seconds}, part)  # fmt: skip
    part.replace(path)


def load(run: Run, path: Path) -> None:
    """Go on from a checkpoint."""
    stored = torch.load(path, map_location="cpu", weights_only=True)
    run.model.load_state_dict(stored["model"])
    run.average.load_state_dict(stored["average"])
    run.optimizer.load_state_dict(stored["optimizer"])
    run.step, run.seconds = stored["step"], stored["seconds"]


def learning_rate(recipe: TrainConfig, progress: float, step: int) -> float:
    """Linear warm-up, then a cosine down to a fiftieth."""
    warm = min(1.0, (step + 1) / recipe.warmup)
    return recipe.lr * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0))))


def radii(recipe: TrainConfig, count: int, step: int, dice: torch.Generator) -> Tensor:
    """Return the length of each picture's perturbation: log-uniform, its upper end growing, some
    zero.
    """
    grown = min(1.0, max(0.0, (step - recipe.clean_steps) / recipe.ramp_steps))
    low, high = recipe.radius
    top = low * (high / low) ** grown
    lengths = low * (top / low) ** torch.rand(count, generator=dice).sqrt()
    return lengths * (torch.rand(count, generator=dice) >= recipe.clean_share)


def _to(batch: Batch, device: str) -> Batch:
    return Batch(*(getattr(batch, name).to(device) for name in batch.__dataclass_fields__))


def step_once(run: Run, batch: Batch, config: RunConfig, progress: float) -> dict[str, float]:
    """Perturb, learn, average."""
    recipe, model = config.train, run.model
    dice = torch.Generator().manual_seed(recipe.seed * 1_000_003 + run.step)
    count = batch.views.shape[0]
    captions = text_features(model, torch.cat([batch.tokens, batch.wrong]))
    text, wrong = captions[:count], captions[count : count + len(batch.wrong_rows)]
    views = batch.views
    if run.step >= recipe.clean_steps:
        lengths = radii(recipe, count, run.step, dice).to(views.device)
        twice = float(torch.rand((), generator=dice)) < recipe.two_steps
        views = perturb(model, batch, text, lengths, steps=2 if twice else 1, config=config)
    seen = image_features(model, torch.cat([views, batch.flipped]), config)
    image, flipped = seen[:count], seen[count:]
    extras = {"flipped": flipped, "wrong": wrong}
    loss = contrastive(image, text, batch, model.logit_scale.exp(), extras)
    if not torch.isfinite(loss):
        raise FloatingPointError(f"the loss is {loss.item()} at step {run.step}")
    for group in run.optimizer.param_groups:
        group["lr"] = learning_rate(recipe, progress, run.step)
    run.optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    run.optimizer.step()
    with torch.no_grad():
        model.logit_scale.clamp_(0, math.log(60))
    run.step += 1
    _average(run, recipe.ema)
    hit = batch.fits.gather(1, (text @ image.T).argmax(1, keepdim=True)).float().mean()
    return {"loss": loss.item(), "right": hit.item()}


@torch.no_grad()
def _average(run: Run, decay: float) -> None:
    """Running mean of the weights; young at first so that early exports are of use."""
    decay = min(decay, (1 + run.step) / (10 + run.step))
    current = run.model.state_dict()
    for name, value in run.average.state_dict().items():
        if value.dtype.is_floating_point:
            value.lerp_(current[name], 1 - decay)
        else:
            value.copy_(current[name])


def train(
    config: RunConfig,
    pool: Pool,
    tokenizer: SimpleTokenizer,
    *,
    folder: Path,
    device: str,
    minutes: float = 0,
) -> Run:
    """Train to the end of the schedule, by steps or by minutes, whichever comes first."""
    run, checkpoint = start(config, device), folder / "checkpoint.pt"
    if checkpoint.exists():
        load(run, checkpoint)
    size = config.model["vision_cfg"]["image_size"]
    run.model.train()
    while True:
        began = time.monotonic()
        progress = run.step / config.train.steps
        if minutes:
            progress = max(progress, run.seconds / 60 / minutes)
        if progress >= 1:
            break
        seed = config.train.seed * 1_000_000_007 + run.step
        batch = make_batch(pool, tokenizer, count=config.train.batch, size=size,
                           noise=config.train.noise, seed=seed)  # fmt: skip
        losses = step_once(run, _to(batch, device), config, progress)
        run.seconds += time.monotonic() - began
        _report(run, losses, folder)
        if run.step % 100 == 0:
            save(run, checkpoint)
            pool.refresh()
    save(run, checkpoint)
    return run


def _report(run: Run, losses: dict[str, float], folder: Path) -> None:
    if run.step % 20 and run.step > 5:
        return
    line = {"step": run.step, "seconds": round(run.seconds, 1),
            "scale": round(run.model.logit_scale.exp().item(), 2),
            **{k: round(v, 4) for k, v in losses.items()}}  # fmt: skip
    with (folder / "log.jsonl").open("a") as log:
        log.write(json.dumps(line) + "\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("pool", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--minutes", type=float, default=0, help="end the schedule by this time")
    parser.add_argument("--chunks", type=int, help="use so many chunks of the pool, not all")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument(
        "--precision", choices=("bf16", "fp32"), help="instead of the configured one"
    )
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    options.run.mkdir(parents=True, exist_ok=True)
    if not (options.run / MERGES_FILE).exists():
        write_tokenizer(options.run, vocabulary())
        write_phrases(options.run, phrases())
    tokenizer = load_tokenizer(options.run, context_length=24)
    config = load_config(options.config, vocab_size=tokenizer.vocab_size)
    if options.precision:
        config = replace(config, train=replace(config.train, precision=options.precision))
    pool = Pool(options.pool, chunks=options.chunks)
    train(
        config, pool, tokenizer, folder=options.run, device=options.device, minutes=options.minutes
    )


if __name__ == "__main__":
    main()
