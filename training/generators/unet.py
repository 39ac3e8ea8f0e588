"""The text-conditional UNet: ``python -m training.generators.unet RUN --pool POOL --minutes 60``.

It learns to predict v (Salimans & Ho 2022) on latents of a finished first stage, with zero
terminal SNR (Lin et al. 2024), and the text encoder learns along. A tenth of the captions are
empty, for classifier-free guidance. RUN gets ``unet/`` and ``text_encoder/`` as diffusers and
transformers lay them out.
"""

import argparse
import json
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from diffusers import DDIMScheduler, UNet2DConditionModel
from safetensors.torch import load_file
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel

from storyboard.drawers.first_stage import load_first_stage
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
from training.generators.pool import LatentPool
from training.tokens import load_tokenizer

CONFIG = Path(__file__).parent.parent / "configs" / "sketch_diffusion.json"
TOKENIZER = Path(__file__).parents[2] / "storyboard" / "models" / "sketch"
UNET_WEIGHTS = "diffusion_pytorch_model.safetensors"
TEXT_WEIGHTS = "model.safetensors"
EMPTY_SHARE = 0.1
REFRESH = 20  # steps from one look for new chunks to the next


@dataclass
class Networks:
    """The two networks that learn together, and what they need to speak."""

    unet: UNet2DConditionModel
    text: CLIPTextModel
    tokens: Any  # open_clip's tokenizer: texts to (B, L) ids

    def words(self, texts: Sequence[str]) -> Tensor:
        """Return the text encoder's states of some texts, ``(B, L, width)``."""
        ids = self.tokens(list(texts)).to(self.text.device)
        states: Tensor = self.text(input_ids=ids).last_hidden_state
        return states

    def velocity(self, x: Tensor, t: Tensor, words: Tensor, scales: Tensor | None = None) -> Tensor:
        """Return the predicted v of latents; a network with distilled guidance takes the scale
        of each, or 1, which is no guidance.
        """
        if self.unet.config.time_cond_proj_dim is None:
            return self.unet(x, t, words).sample
        scale_input = torch.ones(len(x), device=x.device) if scales is None else scales
        condition = guidance_embedding(scale_input, self.unet)
        return self.unet(x, t, words, timestep_cond=condition).sample

    def to(self, device: str) -> "Networks":
        """Move both networks, in place."""
        self.unet.to(device)
        self.text.to(device)
        return self


def make_networks(raw: dict[str, Any]) -> Networks:
    """Return untrained networks of a configuration."""
    tokens = load_tokenizer(TOKENIZER, context_length=raw["text"]["max_position_embeddings"])
    special = {"vocab_size": tokens.vocab_size, "bos_token_id": tokens.sot_token_id,
               "eos_token_id": tokens.eot_token_id, "pad_token_id": 0}  # fmt: skip
    unet = UNet2DConditionModel(**raw["unet"]).to(memory_format=torch.channels_last)
    return Networks(unet, CLIPTextModel(CLIPTextConfig(**raw["text"], **special)), tokens)


def load_networks(directory: Path) -> Networks:
    """Return the networks of a run or of a finished pipeline folder."""
    shape = json.loads((directory / "text_encoder" / "config.json").read_text())
    tokens = load_tokenizer(TOKENIZER, context_length=shape["max_position_embeddings"])
    unet = UNet2DConditionModel.from_config(UNet2DConditionModel.load_config(directory / "unet"))
    text = CLIPTextModel(CLIPTextConfig(**shape))
    for module, name in ((unet, f"unet/{UNET_WEIGHTS}"), (text, f"text_encoder/{TEXT_WEIGHTS}")):
        weights = load_file(directory / name)
        module.load_state_dict({key: value.float() for key, value in weights.items()})
    return Networks(unet.to(memory_format=torch.channels_last), text, tokens)


def store_networks(nets: Networks, directory: Path) -> None:
    """Write ``unet/`` and ``text_encoder/``, float16."""
    save_weights(nets.unet, directory / "unet" / UNET_WEIGHTS)
    nets.unet.save_config(directory / "unet")
    save_weights(nets.text, directory / "text_encoder" / TEXT_WEIGHTS)
    nets.text.config.save_pretrained(directory / "text_encoder")


def make_scheduler() -> DDIMScheduler:
    """Return the noise schedule that training and sampling share."""
    return DDIMScheduler(
        1000, beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012,
        prediction_type="v_prediction", rescale_betas_zero_snr=True, clip_sample=False,
        set_alpha_to_one=True, steps_offset=1, timestep_spacing="trailing",
    )  # fmt: skip


def guidance_embedding(scales: Tensor, unet: UNet2DConditionModel) -> Tensor:
    """Return the embedding of the scale for a network with distilled guidance, ``(B, width)``.

    diffusers' pipelines tell it the same: 1000 times the scale less 1, as sines and cosines.
    """
    half = unet.config.time_cond_proj_dim // 2
    places = torch.arange(half, device=scales.device)
    rates = torch.exp(places * (-math.log(10000.0) / (half - 1)))
    angles = (scales - 1).unsqueeze(1) * 1000 * rates
    return torch.cat([angles.sin(), angles.cos()], 1)


def stratified(count: int, low: int = 0, high: int = 1000) -> Tensor:
    """Return timesteps in ``[low, high)``, one in each of ``count`` equal parts, shuffled."""
    places = (torch.randperm(count) + torch.rand(count)) / count
    return (low + places * (high - low)).long().clamp(max=high - 1)


@dataclass(frozen=True)
class Noised:
    """Latents on their way to noise, and the v that a network should predict for them."""

    noisy: Tensor
    timesteps: Tensor
    target: Tensor


def noised(latents: Tensor, alphas: Tensor, *, grid: int = 0) -> Noised:
    """Return latents at stratified timesteps; with a ``grid``, every other one is one of those
    that a sampler of this step length visits (999, 999 - grid ...).
    """
    t = stratified(len(latents))
    if grid:
        t[::2] = 999 - (999 - t[::2]) // grid * grid
    t, alphas = t.to(latents.device), alphas.to(latents.device)
    signal = alphas[t].sqrt().view(-1, 1, 1, 1)
    sigma = (1 - alphas[t]).sqrt().view(-1, 1, 1, 1)
    noise = torch.randn_like(latents)
    noisy = (signal * latents + sigma * noise).contiguous(memory_format=torch.channels_last)
    return Noised(noisy, t, signal * noise - sigma * latents)


def train(run: Run, nets: Networks, pool: LatentPool, plan: Plan) -> None:
    """Train for some minutes."""
    dice, alphas = random.Random(run.step), make_scheduler().alphas_cumprod
    torch.manual_seed(run.step)

    def losses(piece: tuple[Tensor, list[str]]) -> Losses:
        latents, texts_given = piece
        given = noised(latents.to(plan.device), alphas)
        predicted = nets.velocity(given.noisy, given.timesteps, nets.words(texts_given))
        return {"loss": F.mse_loss(predicted.float(), given.target)}

    def batch() -> list[tuple[Tensor, list[str]]]:
        latents, texts = pool.batch(plan.batch * plan.threads, dice)
        texts_given = ["" if dice.random() < EMPTY_SHARE else text for text in texts]
        return pieces(latents, texts_given, plan.threads)

    for (step, _), work in zip(run.steps(plan), ahead(batch), strict=False):
        run.descend(losses, work)
        if step % REFRESH == 0:
            pool.refresh()


def pieces(latents: Tensor, texts: list[str], count: int) -> list[tuple[Tensor, list[str]]]:
    """Return a batch in ``count`` equal parts."""
    each = len(texts) // count
    parts = [texts[i : i + each] for i in range(0, len(texts), each)]
    return list(zip(latents.split(each), parts, strict=True))


def main(arguments: Sequence[str] | None = None) -> None:
    """Train from a start, from noise, or on from the run's checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser, Plan())
    parser.add_argument("--first-stage", type=Path, help="encode chunks that have no latents yet")
    options = parser.parse_args(arguments)
    plan = read_plan(options)
    made = json.loads(CONFIG.read_text())
    nets = load_networks(options.start) if options.start else make_networks(made)
    nets.to(plan.device)
    run = Run(options.run, (nets.unet, nets.text), Schedule(plan.lr),
              store=lambda: store_networks(nets, options.run))  # fmt: skip
    stage = load_first_stage(options.first_stage).to(plan.device) if options.first_stage else None
    train(run, nets, LatentPool(options.pool, stage), plan)


if __name__ == "__main__":
    main()
