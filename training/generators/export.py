"""Put a generator together: ``python -m training.generators.export UNET VAE OUT``.

OUT is a diffusers pipeline folder (model_index, unet, text_encoder, tokenizer, vae, scheduler),
all weights in float16. Its scheduler says all that a sampler must know: v-prediction, zero
terminal SNR, scaled linear betas, trailing timesteps.
"""

import argparse
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import diffusers

from storyboard.drawers.first_stage import CONFIG_FILE, WEIGHTS_FILE
from training.generators.unet import CONFIG, TEXT_WEIGHTS, TOKENIZER, UNET_WEIGHTS, make_scheduler
from training.tokens import load_tokenizer

FILES = {
    "unet": (CONFIG_FILE, UNET_WEIGHTS),
    "text_encoder": (CONFIG_FILE, TEXT_WEIGHTS),
}
INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "feature_extractor": [None, None], "image_encoder": [None, None],
    "requires_safety_checker": False, "safety_checker": [None, None],
    "scheduler": ["diffusers", "DDIMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}  # fmt: skip
START, END, PAD = "<|startoftext|>", "<|endoftext|>", "!"


def export(unet: Path, vae: Path, out: Path) -> None:
    """Write a pipeline folder from the folders of a UNet's run and of a first stage's."""
    for part, names in FILES.items():
        _copy(unet / part, out / part, names)
    _copy(vae, out / "vae", (CONFIG_FILE, WEIGHTS_FILE))
    write_clip_tokenizer(out / "tokenizer")
    make_scheduler().save_config(out / "scheduler")
    _write_json(out / "model_index.json", {"_diffusers_version": diffusers.__version__, **INDEX})


def _copy(source: Path, target: Path, names: Sequence[str]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copyfile(source / name, target / f"{name}.part")
        os.replace(target / f"{name}.part", target / name)


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n")


def write_clip_tokenizer(directory: Path) -> None:
    """Write the tokeniser of `sketch` as transformers' CLIPTokenizer reads it: the same ids."""
    length = json.loads(CONFIG.read_text())["text"]["max_position_embeddings"]
    tokens = load_tokenizer(TOKENIZER, context_length=length)
    names = {tokens.sot_token_id: START, tokens.eot_token_id: END}
    vocabulary = {names.get(i, symbol): i for symbol, i in tokens.encoder.items()}
    ranks = sorted(tokens.bpe_ranks, key=tokens.bpe_ranks.__getitem__)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False) + "\n")
    merges = ["#version: 0.2", *(" ".join(pair) for pair in ranks)]
    (directory / "merges.txt").write_text("\n".join(merges) + "\n")
    _write_json(directory / "tokenizer_config.json", {
        "tokenizer_class": "CLIPTokenizer", "model_max_length": length, "do_lower_case": True,
        "bos_token": START, "eos_token": END, "unk_token": END, "pad_token": PAD,
        "errors": "replace", "add_prefix_space": False,
    })  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("unet", type=Path, help="the run's folder, with unet/ and text_encoder/")
    parser.add_argument("vae", type=Path, help="the first stage's folder")
    parser.add_argument("out", type=Path)
    options = parser.parse_args(arguments)
    export(options.unet, options.vae, options.out)


if __name__ == "__main__":
    main()
