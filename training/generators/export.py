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
from safetensors.torch import load_file, save_file

from storyboard.drawers.first_stage import CONFIG_FILE, WEIGHTS_FILE
from training.generators.unet import CONFIG, TEXT_WEIGHTS, TOKENIZER, UNET_WEIGHTS, make_scheduler
from training.tokens import load_tokenizer

PIPELINE = Path(__file__).parents[2] / "storyboard" / "models" / "sketch-diffusion"
WEIGHTS = {"unet": UNET_WEIGHTS, "text_encoder": TEXT_WEIGHTS, "vae": WEIGHTS_FILE}
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
    sources = {"unet": unet / "unet", "text_encoder": unet / "text_encoder", "vae": vae}
    for part, folder in sources.items():
        _copy(folder, out / part, (CONFIG_FILE, WEIGHTS[part]))
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


def pack(networks: Path, vae: Path, out: Path) -> None:
    """Write the weights of a generator as a few flat files of less than 16 MiB each."""
    out.mkdir(parents=True, exist_ok=True)
    sources = {"unet": networks / "unet", "text_encoder": networks / "text_encoder", "vae": vae}
    configs = {}
    for part, folder in sources.items():
        configs[part] = json.loads((folder / CONFIG_FILE).read_text())
        weights = load_file(folder / WEIGHTS[part])
        names = sorted(weights)
        halves = (names[::2], names[1::2]) if part == "unet" else (names,)
        for i, chosen in enumerate(halves):
            save_file({name: weights[name] for name in chosen}, out / f"{part}_{i}.safetensors")
    _write_json(out / "configs.json", configs)


def unpack(packed: Path, networks: Path, vae: Path) -> None:
    """Write what `pack` packed as the folders of a UNet's run and of a first stage's."""
    targets = {"unet": networks / "unet", "text_encoder": networks / "text_encoder", "vae": vae}
    configs = json.loads((packed / "configs.json").read_text())
    for part, folder in targets.items():
        folder.mkdir(parents=True, exist_ok=True)
        weights = {}
        for path in sorted(packed.glob(f"{part}_*.safetensors")):
            weights |= load_file(path)
        save_file(weights, folder / WEIGHTS[part])
        (folder / WEIGHTS[part]).chmod(0o644)
        _write_json(folder / CONFIG_FILE, configs[part])


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("unet", type=Path, help="the run's folder, with unet/ and text_encoder/")
    parser.add_argument("vae", type=Path, help="the first stage's folder")
    parser.add_argument("out", type=Path)
    parser.add_argument("--packed", type=Path, help="fill both folders from a sitting's result")
    options = parser.parse_args(arguments)
    if options.packed:
        unpack(options.packed, options.unet, options.vae)
    export(options.unet, options.vae, options.out)


if __name__ == "__main__":
    main()
