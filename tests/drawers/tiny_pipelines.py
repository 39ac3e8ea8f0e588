"""Tiny diffusion pipelines of the real classes, with random weights, as folders."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from storyboard.drawers import PaintTask
from storyboard.plan import Prompt, TextPrompt

LETTERS = "abcdefghijklmnopqrstuvwxyz"
LENGTH = 8
WIDTH = 16

SCHEDULER = {
    "_class_name": "PNDMScheduler",
    "num_train_timesteps": 1000,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
}
FLOW = {
    "_class_name": "FlowMatchEulerDiscreteScheduler",
    "num_train_timesteps": 1000,
    "shift": 3.0,
}
CLASSES = {
    "unet": "UNet2DConditionModel",
    "sd3": "SD3Transformer2DModel",
    "flux": "FluxTransformer2DModel",
    "plain": "CLIPTextModel",
    "projected": "CLIPTextModelWithProjection",
    "t5": "T5EncoderModel",
}


def write_pipeline(
    folder: Path,
    family: str = "sd",
    *,
    predicts: str = "v_prediction",
    distilled: bool = False,
    unshuffle: int = 1,
    scheduler: dict[str, Any] | None = None,
) -> Path:
    """Write a tiny pipeline of a family, ``sd``, ``sdxl``, ``sd3`` or ``flux``; return ``folder``.

    ``scheduler`` is added to the configuration of the scheduler.
    """
    torch.manual_seed(3)
    index: dict[str, Any] = {"_class_name": "DiffusionPipeline", "safety_checker": [None, None]}
    network, texts = _NETWORKS[family], _TEXTS[family]
    part, kind = network(folder, distilled)
    index[part] = ["diffusers", kind]
    _vae(folder / "vae", unshuffle)
    index["vae"] = ["diffusers", "AutoencoderKL"]
    for number, text in zip(("", "_2", "_3"), texts, strict=False):
        index[f"text_encoder{number}"] = ["transformers", CLASSES[text]]
        index[f"tokenizer{number}"] = ["transformers", _text(folder, number, text)]
    chosen = FLOW if family in ("sd3", "flux") else {**SCHEDULER, "prediction_type": predicts}
    zero = {"rescale_betas_zero_snr": predicts == "v_prediction"}
    config = {**chosen, **zero, **(scheduler or {})}
    write_json(folder / "scheduler" / "scheduler_config.json", config)
    index["scheduler"] = ["diffusers", config["_class_name"]]
    write_json(folder / "model_index.json", index)
    return folder


def write_json(path: Path, data: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data))


def _unet(folder: Path, distilled: bool, **more: Any) -> tuple[str, str]:
    from diffusers import UNet2DConditionModel

    unet = UNet2DConditionModel(
        sample_size=8,
        in_channels=4,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        block_out_channels=(8, 16),
        layers_per_block=1,
        attention_head_dim=4,
        norm_num_groups=4,
        time_cond_proj_dim=8 if distilled else None,
        **{"cross_attention_dim": WIDTH, **more},
    )
    unet.save_pretrained(folder / "unet")
    return "unet", CLASSES["unet"]


def write_control(folder: Path, pipeline: Path) -> Path:
    """Write a ControlNet for a tiny pipeline, whose last layers are not zero; return ``folder``."""
    from diffusers import ControlNetModel, UNet2DConditionModel

    unet = UNet2DConditionModel.from_pretrained(pipeline / "unet")
    torch.manual_seed(4)
    network = ControlNetModel.from_unet(unet, conditioning_channels=3)
    network = ControlNetModel.from_config(
        network.config, conditioning_embedding_out_channels=(4, 4, 4)
    )
    for layer in (*network.controlnet_down_blocks, network.controlnet_mid_block):
        torch.nn.init.normal_(layer.weight, std=0.5)
    torch.nn.init.normal_(network.controlnet_cond_embedding.conv_out.weight)
    network.save_pretrained(folder)
    return folder


def _unet_of_two(folder: Path, distilled: bool) -> tuple[str, str]:
    """SDXL: two encoders' states side by side, a vector, and six numbers of eight waves each."""
    return _unet(
        folder,
        distilled,
        cross_attention_dim=2 * WIDTH,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=WIDTH + 6 * 8,
    )


def _mmdit(folder: Path, _: bool) -> tuple[str, str]:
    from diffusers import SD3Transformer2DModel

    model = SD3Transformer2DModel(
        sample_size=8,
        patch_size=2,
        in_channels=4,
        out_channels=4,
        num_layers=1,
        attention_head_dim=8,
        num_attention_heads=2,
        joint_attention_dim=2 * WIDTH,
        caption_projection_dim=16,
        pooled_projection_dim=2 * WIDTH,
        pos_embed_max_size=64,
    )
    model.save_pretrained(folder / "transformer")
    return "transformer", CLASSES["sd3"]


def _flux(folder: Path, distilled: bool) -> tuple[str, str]:
    from diffusers import FluxTransformer2DModel

    model = FluxTransformer2DModel(
        patch_size=1,
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=WIDTH,
        pooled_projection_dim=WIDTH,
        guidance_embeds=distilled,
        axes_dims_rope=(4, 6, 6),
    )
    model.save_pretrained(folder / "transformer")
    return "transformer", CLASSES["flux"]


def _vae(folder: Path, unshuffle: int) -> None:
    from diffusers import AutoencoderKL

    channels = 3 * unshuffle**2
    vae = AutoencoderKL(
        in_channels=channels,
        out_channels=channels,
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        block_out_channels=(8, 8, 8),
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=4,
        scaling_factor=0.5,
    )
    vae.save_pretrained(folder)
    config = json.loads((folder / "config.json").read_text())
    write_json(folder / "config.json", {**config, "pixel_unshuffle": unshuffle})


def _text(folder: Path, number: str, kind: str) -> str:
    """Write a text encoder and its tokenizer; return the class of the latter."""
    place = folder / f"tokenizer{number}"
    if kind == "t5":
        _pieces(place)
        _t5().save_pretrained(folder / f"text_encoder{number}")
        return "T5TokenizerFast"
    _clip(_tokenizer(place), CLASSES[kind]).save_pretrained(folder / f"text_encoder{number}")
    return "CLIPTokenizer"


def _tokenizer(folder: Path) -> dict[str, int]:
    """Write a tokenizer whose tokens are letters; return its ids."""
    tokens = [
        *LETTERS,
        *(f"{letter}</w>" for letter in LETTERS),
        "<|startoftext|>",
        "<|endoftext|>",
    ]
    ids = {token: number for number, token in enumerate(tokens)}
    write_json(folder / "vocab.json", ids)
    (folder / "merges.txt").write_text("#version: 0.2\n")
    special = {"bos_token": tokens[-2], "eos_token": tokens[-1], "unk_token": tokens[-1]}
    told = {"tokenizer_class": "CLIPTokenizer", "model_max_length": LENGTH, **special}
    write_json(folder / "tokenizer_config.json", {**told, "pad_token": tokens[-1]})
    return ids


def _clip(ids: dict[str, int], kind: str) -> Any:
    import transformers

    config = transformers.CLIPTextConfig(
        vocab_size=len(ids),
        hidden_size=WIDTH,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        projection_dim=WIDTH,
        max_position_embeddings=LENGTH,
        bos_token_id=ids["<|startoftext|>"],
        eos_token_id=ids["<|endoftext|>"],
        pad_token_id=ids["<|endoftext|>"],
    )
    return getattr(transformers, kind)(config)


def _pieces(folder: Path) -> None:
    """Write a T5 tokenizer whose pieces are letters."""
    from transformers import T5Tokenizer

    pieces = ["<pad>", "</s>", "<unk>", "\u2581", *LETTERS]
    vocabulary = [(piece, -float(number)) for number, piece in enumerate(pieces)]
    tokens = T5Tokenizer(vocab=vocabulary, extra_ids=0, model_max_length=LENGTH)
    tokens.save_pretrained(folder)


def _t5() -> Any:
    from transformers import T5Config, T5EncoderModel

    return T5EncoderModel(
        T5Config(
            vocab_size=len(LETTERS) + 4, d_model=WIDTH, d_kv=4, d_ff=8, num_layers=1, num_heads=2
        )
    )


_NETWORKS: dict[str, Callable[[Path, bool], tuple[str, str]]] = {
    "sd": _unet,
    "sdxl": _unet_of_two,
    "sd3": _mmdit,
    "flux": _flux,
}
_TEXTS = {
    "sd": ("plain",),
    "sdxl": ("plain", "projected"),
    "sd3": ("projected", "projected"),
    "flux": ("plain", "t5"),
}


SEA = TextPrompt("sea")


def task(*prompts: Prompt, **changes: Any) -> PaintTask:
    asked: dict[str, Any] = {
        "objectives": lambda _: (),
        "filters": lambda picture: picture,
        "steps": 4,
        "lr": 1.0,
        "prompts": prompts or (Prompt(SEA),),
        "seed": 5,
        "first": True,
        "age_s": 0.0,
        "novelty": 1.0,
        "revealed": 0.0,
    }
    return PaintTask(**(asked | changes))
