"""Words of other programs for what a story writes in its own way.

One table for every place that reports an unknown key: parts of a story, options of drawers, losses
and filters, flags of the command line. Keys of a story that stand in the wrong place are in it too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from storyboard.errors import nearest

_STEPS = "write steps: 20, and steps_first: 100 for the first picture"
_SIZE = "write output: {size: 512x288}, or output: {aspect: 16:9, scale: 2}"
_CAMERA = "write motion: {%s: ...}"
_CLIP = "frames start from a clip or a picture: video: {file: photo.jpg, at_end: hold}, video_mix"
_INIT = "write init: photo.jpg, or init: {image: photo.jpg, weight: 0.7}"
_TARGET = "write losses: {target: {image: photo.jpg, weight: 1, measure: pixel}}"
_MASK = "write prompt: [{text: fire, where: mask.png}]; left, sky ... and shapes are masks too"
_PROMPT_IMAGE = "write prompt: [{image: photo.jpg, weight: 0.5}]"
_PALETTE = "write filters: {lookup: {colors: black->red->white}}"
_PERCEPTOR = "the models that look at the picture are perceptors: [sketch] or quality: draft"
_GUIDANCE = "write drawer: {name: diffusion, guidance: 5}"
_SAMPLER = "write drawer: {name: diffusion, sampler_steps: 20}; the sampler itself is fixed"
_NEGATIVE = "write avoid: [blur], or drawer: {name: diffusion, negative: blur}"
_VECTOR = "write prompt: [{vector: textoff, weight: 0.1}], or {more: sharp, than: blurred}"
_NOISE_PROMPT = "write prompt: [{noise: 7, weight: 0.2}]"
_CUTS = "write cuts: 32 (views a step) and cut_batch: 8 (views in memory at once)"
_LR = "write lr: 0.5, a factor of the drawer's own learning rate"
_STRENGTH = "write hold: 2 (kept to the frame before), or fewer steps"
_SOUND = "write audio: song.mp3"
_LENGTH = "write duration: 10s, or a duration for each shot"
_SAVING = "every frame is kept beside the film; growth: {steps_per_frame: 2} films the steps"
_SUFFIX = "write suffix: ', oil painting', or suffix: 'an engraving of {prompt}'"
_LOSS = "write losses: {%s: 1}"

FOREIGN_WORDS: dict[str, str] = {
    **dict.fromkeys(("iterations", "iters", "num_steps", "max_iterations", "max_steps"), _STEPS),
    **dict.fromkeys(("steps_per_frame", "iterations_per_frame"), _STEPS),
    **dict.fromkeys(("num_inference_steps", "sampling_steps"), _SAMPLER),
    **dict.fromkeys(("aspect", "aspect_ratio", "ezsize", "pixel_scale", "resolution"), _SIZE),
    **dict.fromkeys(("width", "height", "w", "h", "scale", "dimensions", "size", "sizes"), _SIZE),
    **dict.fromkeys(("frame_rate", "framerate", "frames_per_second"), "write output: {fps: 24}"),
    **dict.fromkeys(("fps", "video_fps", "output_fps"), "write output: {fps: 24}"),
    **dict.fromkeys(("init_image", "initial_image", "image", "input_image"), _INIT),
    **dict.fromkeys(("video_init_path", "init_video", "input_video", "clip"), _CLIP),
    **dict.fromkeys(("init_weight", "init_strength", "image_weight", "init_weight_pix"), _TARGET),
    **dict.fromkeys(("mask", "masks", "mask_image", "mask_file", "use_mask", "inpaint"), _MASK),
    **dict.fromkeys(("spot", "spot_prompts", "spot_prompts_off", "spot_file", "region"), _MASK),
    **dict.fromkeys(("image_prompt", "image_prompts"), _PROMPT_IMAGE),
    **dict.fromkeys(("vector_prompt", "vector_prompts", "textoff"), _VECTOR),
    **dict.fromkeys(("noise_prompt", "noise_prompts", "noise_prompt_seeds"), _NOISE_PROMPT),
    **dict.fromkeys(("target_images", "target_image", "true_target_image"), _TARGET),
    **dict.fromkeys(("palette", "palettes", "target_palette", "color_palette"), _PALETTE),
    **dict.fromkeys(("model", "models", "clip_model", "clip_models", "checkpoint"), _PERCEPTOR),
    **dict.fromkeys(("cfg", "cfg_scale", "guidance", "guidance_scale"), _GUIDANCE),
    **dict.fromkeys(("clip_guidance_scale", "cfg_scale_schedule"), _GUIDANCE),
    **dict.fromkeys(("sampler", "sampler_name", "scheduler", "eta", "ddim_eta"), _SAMPLER),
    **dict.fromkeys(("vqgan_model", "vqgan_checkpoint"), "write drawer: {name: vqgan, model: ...}"),
    **dict.fromkeys(("num_cuts", "cutn", "cutouts", "cut_n", "n_cuts"), _CUTS),
    **dict.fromkeys(("batches", "cutn_batches", "batch_size", "num_batches"), _CUTS),
    **dict.fromkeys(("learning_rate", "step_size", "lr_schedule", "learning_rate_drops"), _LR),
    **dict.fromkeys(("strength", "denoise", "denoising_strength", "strength_schedule"), _STRENGTH),
    **dict.fromkeys(("noise", "noise_schedule", "reset_on"), _STRENGTH),
    **dict.fromkeys(("music", "song", "sound", "soundtrack", "input_audio", "mp3"), _SOUND),
    **dict.fromkeys(
        ("length", "max_frames", "num_frames", "video_length", "total_frames"), _LENGTH
    ),
    **dict.fromkeys(("save_every", "display_every", "save_intermediates", "make_video"), _SAVING),
    **dict.fromkeys(("smooth", "smoothing", "tv", "tv_weight", "tv_scale"), _LOSS % "smoothness"),
    **dict.fromkeys(
        ("scenes", "scene", "frames", "timeline"), "write shots: [{duration: 4s, ...}]"
    ),
    **dict.fromkeys(("animation_prompts", "prompt_schedule"), "write prompts: {0:00: a, 0:10: b}"),
    **dict.fromkeys(("negative", "negative_prompt", "negative_prompts", "uncond"), _NEGATIVE),
    **dict.fromkeys(("texts", "text_prompts", "story_prompts"), "write prompt: a | b:0.5"),
    **dict.fromkeys(("zoom_in", "zoom_out", "camera_zoom"), _CAMERA % "zoom_per_s"),
    **dict.fromkeys(("angle", "rotation", "rotation_3d_z"), _CAMERA % "rotate"),
    **dict.fromkeys(("translation_x", "translate_x", "shift_x"), _CAMERA % "pan_x"),
    **dict.fromkeys(("translation_y", "translate_y", "shift_y"), _CAMERA % "pan_y"),
    **dict.fromkeys(("translation_z", "translate_z", "translate_z_3d"), _CAMERA % "dolly_per_s"),
    **dict.fromkeys(("rotation_3d_x", "pitch"), _CAMERA % "tilt"),
    **dict.fromkeys(("camera", "animation", "animation_mode", "movement"), _CAMERA % "zoom_per_s"),
    **{key: _CAMERA % key for key in ("zoom", "rotate", "pan_x", "pan_y", "dolly", "yaw", "tilt")},
    **{key: _CAMERA % key for key in ("roll", "orbit_x", "orbit_y", "pivot", "fov", "moves")},
    **{key: _CAMERA % key for key in ("zoom_per_s", "rotate_per_s", "pan_x_per_s")},
    "rotation_3d_y": _CAMERA % "yaw",
    "custom_loss": _LOSS % "symmetry",
    "saturation": _LOSS % "saturation",
    "symmetry": _LOSS % "symmetry",
    **dict.fromkeys(("style", "prefix", "postfix", "prompt_suffix", "scene_suffix"), _SUFFIX),
    **dict.fromkeys(("template", "prompt_template", "scene_prefix"), _SUFFIX),
    **dict.fromkeys(("label", "image_label"), "write prompt: [{labels: [house, tree]}]"),
    "image_labels": "write prompt: [{image: [photo.jpg, cover.jpg]}]",
    "transition": "write fade: 1s",
    "crossfade": "write fade: 1s",
    "story_transition": "write fade: 1s",
    "interpolation": "write fade: 1s and fade_shape: smooth",
    "padding_mode": "write border: wrap",
    "bpm": "write audio: {file: song.mp3, bpm: 120}",
    "tempo": "write audio: {file: song.mp3, bpm: 120}",
    "use_pixeldraw": "write drawer: pixel",
    "use_clipdraw": "write drawer: clipdraw",
    "format": "write output: {format: webm}",
    "crf": "write output: {crf: 16}",
    "outdir": "where the film goes: `storyboard render story.yaml -o FOLDER/film.mp4`",
    "output_dir": "where the film goes: `storyboard render story.yaml -o FOLDER/film.mp4`",
    "output_path": "where the film goes: `storyboard render story.yaml -o FOLDER/film.mp4`",
    "device": "the device is no part of a story: `storyboard render --device cuda`",
    "upscale": "write output: {size: 1024x576, paint: {size: 512x288}}",
    "ratio": _SIZE,
    "subtitles": "write captions: [{text: ..., from: 1s, to: 3s}], or lyrics: song.srt",
    "variables": "write define: {kick: decay(beat, 6)}",
    **dict.fromkeys(("cut_overview", "cut_innercut", "cut_pow"), _CUTS),
    **dict.fromkeys(("skip_steps", "skip_timesteps", "perlin_init"), _INIT),
    **dict.fromkeys(("sat_scale", "range_scale"), _LOSS % "saturation"),
    **dict.fromkeys(("diffusion_cadence", "cadence"), "write output: {fps: 24, paint: {fps: 12}}"),
    "lora": "write drawer: {name: diffusion, lora: FILE}",
    "controlnet": "write drawer: {name: diffusion, controlnet: FILE}",
    "fps_out": "write output: {fps: 24}",
    "color_coherence": "write color_hold: 0.5",
    "optimizer": "there is one optimiser (Adam); lr: is its learning rate as a factor",
    "optimiser": "there is one optimiser (Adam); lr: is its learning rate as a factor",
}
"""By a word of another program, or of a story in the wrong place: what is written here instead."""


def hint_for(word: str) -> str | None:
    """Return what a story writes for ``word``, None for a word that the table does not have.

    >>> hint_for("FPS")
    'write output: {fps: 24}'
    """
    return FOREIGN_WORDS.get(word.strip().lower().replace("-", "_").replace(" ", "_"))


def keys_meant(word: str, known: Iterable[str]) -> list[str]:
    """Return those of the ``known`` keys that the unknown ``word`` may have been meant for."""
    instead = re.findall(r"(\w+):", hint_for(word) or "")
    return [*nearest(word, known), *(key for key in known if key in instead)]
