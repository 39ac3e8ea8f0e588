"""Noise schedules: how much noise a latent holds at each step, and how a network is asked there.

Convention: a noisy latent is ``signal * clean + sigma * noise``, by step from 0 (nearly clean) to
``len(schedule) - 1``. Variance preserving models have ``signal^2 + sigma^2 = 1``, flow models
``signal + sigma = 1``.

Every kind of model is one formula with tables by step (the preconditioning of Karras et al. 2022):
``clean = skip * x + out * network(scale * x, time)``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from storyboard.errors import BadValue

FAINT = 1e-4
"""The least share of the signal that an epsilon prediction is divided by."""

RHO = 7.0
"""How densely the levels of an EDM ladder lie toward clean (Karras et al. 2022)."""


@dataclass(frozen=True)
class Schedule:
    """Tables by step, (T,) float64 each, and how a sampler goes along them.

    Attributes:
        signal: share of the clean latents, falling.
        sigma: share of the noise, rising.
        time: what the network is given as its time.
        scale: factor on the network's input.
        skip: factor on the noisy latents in the prediction of the clean ones.
        out: factor on the network's output in that prediction.
        order: 2 for a multistep solver, 1 for one that looks at one prediction only.
        renewal: noise that each step replaces by fresh noise: ``none``, ``ancestral`` (as much as
            keeps the distribution) or ``all``.
        stride: the network was trained at every ``stride``-th step only.
        few: whether the model was distilled for few steps without guidance.
    """

    signal: Tensor
    sigma: Tensor
    time: Tensor
    scale: Tensor
    skip: Tensor
    out: Tensor
    order: int = 2
    renewal: str = "none"
    stride: int = 1
    few: bool = False

    def __len__(self) -> int:
        return len(self.sigma)

    def at(self, step: int) -> tuple[float, float]:
        """Return signal and sigma at a step; (1, 0) for -1, where all noise is gone."""
        return (1.0, 0.0) if step < 0 else (float(self.signal[step]), float(self.sigma[step]))

    def clean(self, x: Tensor, predicted: Tensor, step: int) -> Tensor:
        """Return the clean latents that the network's output for noisy ``x`` stands for."""
        return float(self.skip[step]) * x + float(self.out[step]) * predicted

    def path(self, count: int, strength: float) -> list[int]:
        """Return ``count`` steps, evenly from ``strength`` down; the last goes to -1, clean."""
        return timesteps(len(self), count, strength, stride=self.stride)

    def log_snr(self, step: int) -> float:
        """Return the logarithm of signal over sigma."""
        signal, sigma = self.at(step)
        return math.log(signal / sigma)

    def renewed(self, step: int, later: int) -> float:
        """Return the share of the noise's variance at ``later`` that is fresh, 0 to 1."""
        if self.renewal != "ancestral":
            return float(self.renewal == "all")
        ratios = [sigma / max(signal, FAINT) for signal, sigma in (self.at(step), self.at(later))]
        return 1 - min((ratios[1] / ratios[0]) ** 2, 1.0)


def timesteps(total: int, count: int, strength: float, *, stride: int = 1) -> list[int]:
    """Return ``count`` steps of ``total``, evenly from ``strength`` down, each the last of a
    stretch of ``stride`` steps.

    >>> timesteps(1000, 4, 1.0)
    [999, 749, 499, 249]
    """
    ladder = total // stride
    rungs = [round(strength * ladder * (1 - k / count)) for k in range(count)]
    return list(dict.fromkeys(stride * max(rung, 1) - 1 for rung in rungs))


def preserving(alphas: Tensor, predicts: str) -> Schedule:
    """Return the schedule of a variance preserving model.

    Args:
        alphas: ``signal^2`` by step, (T,), falling.
        predicts: ``epsilon``, ``v_prediction`` or ``sample``. Raises `BadValue` for another word.
    """
    alphas = alphas.double()
    signal, sigma = alphas.sqrt(), (1 - alphas).sqrt()
    ones, seen = torch.ones_like(sigma), signal.clamp(min=FAINT)
    tables = {
        "epsilon": (1 / seen, -sigma / seen),
        "v_prediction": (signal, -sigma),
        "sample": (0 * ones, ones),
    }
    if predicts not in tables:
        raise BadValue(f"a model that predicts {predicts!r} is not supported")
    skip, out = tables[predicts]
    time = torch.arange(len(alphas), dtype=torch.float64)
    return Schedule(signal, sigma, time, ones, skip, out)


def consistent(schedule: Schedule, *, stretch: float, data: float = 0.5) -> Schedule:
    """Return the schedule of a consistency model, which gives back clean latents unchanged.

    ``clean = c_skip * x + c_out * predicted`` with ``c_skip = data^2 / (s^2 + data^2)``,
    ``c_out = s / sqrt(s^2 + data^2)``, ``s = stretch * time`` (Luo et al. 2023).
    """
    s = stretch * schedule.time
    skip, out = data**2 / (s**2 + data**2), s / (s**2 + data**2).sqrt()
    return replace(schedule, skip=skip + out * schedule.skip, out=out * schedule.out)


def edm(low: float, high: float, count: int, *, data: float, predicts: str) -> Schedule:
    """Return the schedule of a model in the terms of Karras et al. 2022.

    Args:
        low: the least deviation of the noise beside clean latents of unit weight.
        high: the greatest.
        count: T.
        data: deviation of the clean latents as the network knows them.
        predicts: ``epsilon`` or ``v_prediction``. Raises `BadValue` for another word.
    """
    if predicts not in ("epsilon", "v_prediction"):
        raise BadValue(f"an EDM model that predicts {predicts!r} is not supported")
    ramp = torch.linspace(0, 1, count, dtype=torch.float64)
    s = (low ** (1 / RHO) + ramp * (high ** (1 / RHO) - low ** (1 / RHO))) ** RHO
    length, both = (s**2 + 1).sqrt(), (s**2 + data**2).sqrt()
    out = s * data / both * (1 if predicts == "epsilon" else -1)
    return Schedule(
        signal=1 / length,
        sigma=s / length,
        time=s.log() / 4,
        scale=length / both,
        skip=data**2 / both**2 * length,
        out=out,
    )


def flow(count: int, *, shift: float) -> Schedule:
    """Return the schedule of a rectified flow: the network predicts ``noise - clean``.

    ``shift`` moves all levels toward noise: ``shift * s / (1 + (shift - 1) * s)``.
    """
    even = torch.arange(1, count + 1, dtype=torch.float64) / count
    s = shift * even / (1 + (shift - 1) * even)
    ones = torch.ones_like(s)
    return Schedule(1 - s, s, s * count, ones, ones, -s, order=1)


def of_scheduler(config: Mapping[str, Any], places: int) -> Schedule:
    """Return the schedule that a diffusers scheduler's configuration describes.

    Args:
        config: contents of ``scheduler_config.json``.
        places: tokens of the picture, which move the levels of some flow models.

    Raises `BadValue` where it describes none that is supported.
    """
    name, count = str(config.get("_class_name", "")), config.get("num_train_timesteps")
    if not isinstance(count, int) or isinstance(count, bool) or not 2 <= count <= 100_000:
        raise BadValue("there is no noise schedule of the kind that is supported")
    if name.startswith("FlowMatch"):
        schedule = flow(count, shift=_shift(config, places))
        return replace(schedule, renewal="all") if "LCM" in name else schedule
    predicts = config.get("prediction_type", "epsilon")
    if name.startswith("EDM"):
        low, high = config.get("sigma_min", 0.002), config.get("sigma_max", 80.0)
        return edm(low, high, count, data=config.get("sigma_data", 0.5), predicts=predicts)
    if config.get("timestep_type") == "continuous":
        low, high = config.get("sigma_min") or 0.002, config.get("sigma_max") or 700.0
        return edm(low, high, count, data=1.0, predicts=predicts)
    return _sampled(preserving(_alphas(config), predicts), name, config)


def _shift(config: Mapping[str, Any], places: int) -> float:
    """Return the shift of a flow, which may grow with the picture's size."""
    if not config.get("use_dynamic_shifting"):
        return float(config.get("shift", 1.0))
    few, many = config.get("base_image_seq_len", 256), config.get("max_image_seq_len", 4096)
    low, high = config.get("base_shift", 0.5), config.get("max_shift", 1.15)
    mu = low + (high - low) * (places - few) / (many - few)
    return mu if config.get("time_shift_type") == "linear" else math.exp(mu)


def _sampled(schedule: Schedule, name: str, config: Mapping[str, Any]) -> Schedule:
    """Return the schedule with the way of sampling that the scheduler's class stands for."""
    if name in ("LCMScheduler", "TCDScheduler"):
        stride = max(len(schedule) // config.get("original_inference_steps", 50), 1)
        if name == "LCMScheduler":
            stretch = config.get("timestep_scaling", 10.0)
            schedule = consistent(schedule, stretch=stretch)
        return replace(schedule, order=1, renewal="all", stride=stride, few=True)
    if name.startswith("Euler") and config.get("timestep_spacing") == "trailing":
        renewal = "ancestral" if "Ancestral" in name else "none"
        return replace(schedule, order=1, renewal=renewal, few=True)
    return schedule


def _alphas(config: Mapping[str, Any]) -> Tensor:
    """Return the products of alphas of a configuration, as diffusers computes them."""
    from diffusers import DDIMScheduler

    names = ("num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas",
             "rescale_betas_zero_snr")  # fmt: skip
    given = {name: config[name] for name in names if name in config}
    try:
        alphas: Tensor = DDIMScheduler(**given).alphas_cumprod
    except (NotImplementedError, TypeError, ValueError) as error:
        raise BadValue(f"the noise schedule cannot be used: {error}") from None
    return alphas
