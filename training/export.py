"""Turn a checkpoint into a directory that open_clip loads.

``python -m training.export CONFIG RUN OUT``; then ``open_clip.create_model("local-dir:OUT")``. OUT
holds `open_clip_config.json`, `open_clip_model.safetensors` (averaged weights in float16), the
merges of the tokeniser, `vocabulary.txt` and `phrases.json`.
"""

import argparse
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file

from training.config import RunConfig, load_config
from training.tokens import MERGES_FILE, PHRASES_FILE, VOCABULARY_FILE, load_tokenizer


def export(config: RunConfig, run: Path, out: Path) -> None:
    """Write every file beside its place, then move it there."""
    stored = torch.load(run / "checkpoint.pt", map_location="cpu", weights_only=True)
    weights = {
        name: value.half().contiguous() if value.dtype.is_floating_point else value
        for name, value in stored["average"].items()
        if name != "attn_mask"
    }
    out.mkdir(parents=True, exist_ok=True)
    model = "open_clip_model.safetensors"
    note = {"steps": str(stored["step"]), "seconds": str(round(stored["seconds"]))}
    save_file(weights, out / f"{model}.part", metadata=note)
    (out / f"{model}.part").chmod(0o644)
    os.replace(out / f"{model}.part", out / model)
    for name in (MERGES_FILE, VOCABULARY_FILE, PHRASES_FILE):
        shutil.copyfile(run / name, out / f"{name}.part")
        os.replace(out / f"{name}.part", out / name)
    text = {"model_cfg": config.model, "preprocess_cfg": _preprocess(config)}
    (out / "open_clip_config.json").write_text(json.dumps(text, indent=2) + "\n")


def _preprocess(config: RunConfig) -> dict[str, object]:
    side = config.model["vision_cfg"]["image_size"]
    return {**config.preprocess, "size": [side, side], "mode": "RGB"}


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments and export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args(arguments)
    tokenizer = load_tokenizer(options.run, context_length=24)
    export(load_config(options.config, vocab_size=tokenizer.vocab_size), options.run, options.out)


if __name__ == "__main__":
    main()
