"""Settings of a training run, read from a JSON file that holds the model's shape too."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from open_clip.model import CLIP


@dataclass(frozen=True)
class TrainConfig:
    """The recipe of one run.

    steps        optimiser steps of the whole cosine schedule
    clean_steps  steps before the first perturbed batch; then the radius grows over ``ramp_steps``
    radius       smallest and largest L2 length of a perturbation of a picture in [0, 1]
    clean_share  share of the pictures that are left unperturbed
    two_steps    share of the batches whose perturbation takes two gradient steps instead of one
    noise        largest standard deviation of the pixel noise
    """

    seed: int
    batch: int
    steps: int
    lr: float
    weight_decay: float
    warmup: int
    clean_steps: int
    ramp_steps: int
    radius: tuple[float, float]
    clean_share: float
    two_steps: float
    noise: float
    ema: float
    precision: str


@dataclass(frozen=True)
class RunConfig:
    """A model and its recipe."""

    model: dict[str, Any]
    preprocess: dict[str, list[float]]
    train: TrainConfig


def load_config(path: Path, *, vocab_size: int) -> RunConfig:
    """Read a configuration; the size of the vocabulary is known only once the words are."""
    raw = json.loads(path.read_text())
    model = raw["model_cfg"]
    model["text_cfg"]["vocab_size"] = vocab_size
    train = raw["train"]
    train["radius"] = tuple(train["radius"])
    return RunConfig(model, raw["preprocess_cfg"], TrainConfig(**train))


def make_model(config: RunConfig) -> CLIP:
    """Return the untrained model; the weights come from the run's seed."""
    torch.manual_seed(config.train.seed)
    return CLIP(**config.model)
