"""Which settings of a source have no counterpart here, said by topic and by name."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from storyboard.interchange.importers.writing import Notes

_OFF: tuple[Any, ...] = (
    None,
    "",
    "None",
    "none",
    "off",
    False,
    0,
    "0",
    -1,
    [],
    {},
    "0:(0)",
    "0: (0)",
)

TOPICS = {
    r"cn_|controlnet": "there is no ControlNet here",
    r"hybrid|video_init|use_mask_video|extract_|overwrite_extracted|video_path|frame_stride|flow|"
    r"reencode|video_same": "see `video:` in docs/story.md",
    r"mask|overlay|inpaint|composable|word_mask|spot_": "masks are not carried over",
    r"init_|use_init|.*_init|strength|skip_steps|image_prompt|target_image|direct_image|"
    r"guided|image_strength|blendFactor|tweening|use_looper": "pictures to start from: `video:`"
    " takes a picture too, with `video_mix`; to go to: `prompt: [{image: FILE}]`; `hold` keeps a"
    " frame to the one before it",
    r"save_intermediates|save_every|display_": "every frame of a film is kept while it is made",
    r"steps|sampler|scale|cfg|clip_guidance|tv_|range_|sat_|cut|ddim|noise|perlin|contrast|amount|"
    r"kernel|sigma|threshold|eta|clipskip|subseed|learning_rate|lr|batches|iterations|"
    r"reset_lr|smoothing|gradient": "how much is painted is said by `quality`, `steps` and `cuts`",
    r"sd_|model|vae|checkpoint|ViT|RN\d|clip_models|diffusion|use_checkpoint|secondary|vqgan|"
    r"image_model|perceptors": "models: `perceptors` and `drawer` name those of a story",
    r"midas|depth|near|far|aspect|save_depth": "guessed depth: see `depth:` in docs/story.md",
    r"frame_interpolation|r_upscale|make_gif|render_|save_|store_|delete_|outdir|output|display|"
    r"clear_|show_|intermediate|ffmpeg|skip_video|fps_|timestring|batch|n_|folder|path|file|"
    r"backups|allow_|resume|rendermode|grid|motion_preview|max_preview|image_path|mp4": "what is "
    "written and where: `storyboard render` and `output:`",
}
_REST = "no counterpart here"


def tell_unused(notes: Notes, settings: Mapping[str, Any], used: Collection[str]) -> None:
    """Note every setting that says something and is not among ``used``, topic by topic."""
    said: dict[str, list[str]] = {}
    for name, given in settings.items():
        if name not in used and not _is_off(given):
            said.setdefault(_topic(name), []).append(name)
    for why, names in said.items():
        notes.left(sorted(names), why)


def _topic(name: str) -> str:
    return next((why for mark, why in TOPICS.items() if re.match(mark, name)), _REST)


def _is_off(given: Any) -> bool:
    return any(type(given) is type(off) and given == off for off in _OFF)
