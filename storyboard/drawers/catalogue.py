"""The built-in drawers: where each is, what it does, its options and what it needs."""

from __future__ import annotations

from storyboard.catalogue import Record
from storyboard.options import Option

_HEIGHT = "% of the height"

_STROKES = {
    "min_width": Option(0.5, "number", "least width of a stroke", 0.01, 50, unit=_HEIGHT),
    "max_width": Option(5, "number", "greatest width of a stroke", 0.01, 50, unit=_HEIGHT),
    "opacity": Option(1, "number", "factor on the opacity of every stroke", 0, 1),
    "paper": Option("#ffffff", "color", "the colour behind the strokes"),
    "lr_points": Option(0.6, "number", "change of a point in one step", 0, 10, unit=_HEIGHT),
    "lr_width": Option(0.05, "number", "change of a width in one step", 0, 10, unit=_HEIGHT),
}
"""The options that drawers of strokes share."""

_COLORED = {
    "init": Option(
        0.3, "number", "strength of the random colours a fresh picture has", 0, 1, still=True
    ),
    "lr": Option(
        0.05, "number", "change of a colour in one step", 1e-5, 1, unit="grey levels 0..1"
    ),
}
"""The options of strokes whose colours are painted."""

_CURVES = {
    "segments": Option(2, "whole", "cubic curves of a stroke", 1, 32, still=True),
    "length": Option(
        4, "number", "mean distance of control points", 0.1, 100, unit=_HEIGHT, still=True
    ),
}
"""The options of strokes that have a length."""

_LINES = {
    "strokes": Option(96, "whole", "how many lines", 1, 16384, still=True),
    "min_width": Option(0.4, "number", "least width of a line", 0.01, 50, unit=_HEIGHT),
    "max_width": Option(1.6, "number", "greatest width of a line", 0.01, 50, unit=_HEIGHT),
    "lr_points": Option(0.4, "number", "change of a point in one step", 0, 10, unit=_HEIGHT),
    "ink": Option(["#1a1a1a"], "colors", "colours of the lines, in turn; they are not painted"),
    "paper": Option("#f2eecb", "color", "the colour behind the lines"),
}

_SHAPES = ("rect", "rect-shift", "diamond", "triangle", "hexagon", "knit")
"""Shapes of cells; `storyboard.drawers.lattice` has their outlines."""

_LORAS = {
    name: option
    for number in ("", "_2", "_3")
    for name, option in (
        (f"lora{number}", Option(None, "file", "a LoRA, .safetensors, for the model")),
        (f"lora{number}_weight", Option(1.0, "number", "how much of it is added", -10, 10)),
    )
}
"""The LoRAs of a diffusion model."""

RECORDS = {
    "diffusion": Record(
        "storyboard.drawers.diffusion:DiffusionDrawer",
        "a text-to-image diffusion model, led by the perceptors: pictures of things",
        {
            "model": Option(
                "sketch-diffusion",
                "model",
                "built-in model, folder of a diffusers pipeline, or hub id that is cached",
            ),
            "sampler_steps": Option(6, "whole", "steps of the sampler for a key picture", 1, 1000),
            "guidance": Option(
                None,
                "number",
                "how strongly the texts lead, 1: not at all; 3, or 1 for models of few steps",
                0,
                100,
            ),
            "lr": Option(
                0.1,
                "number",
                "how far each look at the objectives leads the latents",
                0,
                10,
                unit="deviations of the latents",
            ),
            "negative": Option(None, "text", "what the pictures should not show"),
            "every": Option(1.0, "number", "between key pictures", 0, 1e6, unit="seconds"),
            "strength": Option(
                0.6, "number", "share of the noise levels that a key picture begins with", 0.01, 1
            ),
            "change_strength": Option(
                0.9, "number", "the same where the prompts have changed", 0.01, 1
            ),
            "settle_strength": Option(
                0.75, "number", "the same half a second after such a change", 0.01, 1
            ),
            "fade": Option(
                0.5, "number", "in which a key picture replaces the last", 0, 60, unit="seconds"
            ),
            "refine": Option(
                0.0, "number", "strength of the frames between, 0: the camera alone", 0, 1
            ),
            "refine_guidance": Option(1.2, "number", "guidance of the frames between", 0, 100),
            "noise_kept": Option(
                0.25,
                "number",
                "share of a key picture's noise that is the last one's, moved with the camera",
                0,
                1,
            ),
            "memory": Option(
                "ample",
                "choice",
                "little: texts are read on the CPU, and pictures decoded in tiles",
                words=("ample", "little"),
            ),
            **_LORAS,
            "controlnet": Option(
                None, "model", "a ControlNet for what video: {keep: ...} names: folder or hub id"
            ),
        },
        "storyboard.drawers.pipeline_files:needs",
        paints=True,
        latents=True,
    ),
    "fft": Record(
        "storyboard.drawers.fft:FFTDrawer",
        "a spectrum of waves in decorrelated colours: soft, painterly, no grid",
        {
            "lr": Option(
                0.05,
                "number",
                "change of the picture in one step",
                1e-5,
                1,
                unit="grey levels 0..1",
            ),
            "basis": Option(
                "fft",
                "choice",
                "what the picture is a sum of: waves, wavelets, or single pixels",
                words=("fft", "dwt", "pixels"),
            ),
            "wave": Option(
                None,
                "choice",
                "the wavelet, cdf97 if not set",
                words=("haar", "cdf53", "cdf97"),
                only_with=("basis", "dwt"),
            ),
            "decay": Option(
                1.5,
                "number",
                "how much coarse strokes come before fine ones; of pixels only in a fresh picture",
                0,
                4,
            ),
            "detail": Option(
                0.0,
                "number",
                "exponent of the frequency in its step: above 0 fine waves move more, below coarse",
                -2,
                2,
            ),
            "colors": Option(
                1.5, "number", "how readily colours move, against light and dark", 0.1, 10
            ),
            "contrast": Option(
                None,
                "number",
                "deviation of light and dark to hold the picture to",
                0,
                0.5,
                unit="grey levels 0..1",
            ),
            "saturation": Option(
                None,
                "number",
                "distance of the colours from grey to hold the picture to",
                0,
                0.5,
                unit="grey levels 0..1",
            ),
            "sharpness": Option(
                None,
                "number",
                "fineness to hold the picture to, 0: soft, 1: as a photograph, 2: grain",
                0,
                2,
            ),
            "init": Option(
                0.05, "number", "strength of the random waves a fresh picture has", 0, 1, still=True
            ),
        },
    ),
    "gaussians": Record(
        "storyboard.drawers.gaussians:GaussianDrawer",
        "soft elliptic splats that the camera moves: painterly, no grid, any size",
        {
            "splats": Option(2000, "whole", "how many splats", 1, 65536, still=True),
            "lr": Option(
                0.03,
                "number",
                "change of a colour and an opacity in one step",
                1e-5,
                1,
                unit="grey levels 0..1",
            ),
            "lr_points": Option(
                0.2, "number", "change of a place in one step", 0, 10, unit=_HEIGHT
            ),
            "lr_shape": Option(
                0.03,
                "number",
                "change in one step: of a size, as a share; of an angle, in radians",
                0,
                1,
            ),
            "paper": Option("#808080", "color", "the colour where no splat is"),
            "fit": Option(40, "whole", "steps that fit the splats to a picture", 1, 10_000),
            "init": Option(
                0.3,
                "number",
                "strength of the random colours a fresh picture has",
                0,
                1,
                still=True,
            ),
        },
    ),
    "siren": Record(
        "storyboard.drawers.siren:SirenDrawer",
        "a network from places to colours: smooth, moved without resampling, any size",
        {
            "lr": Option(0.001, "number", "change of a weight in one step", 1e-6, 1),
            "width": Option(64, "whole", "units of a layer", 4, 1024, still=True),
            "depth": Option(2, "whole", "layers between the first and the last", 1, 16, still=True),
            "frequency": Option(
                24,
                "number",
                "highest frequency of the first layer",
                0.5,
                1000,
                unit="waves along the height",
                still=True,
            ),
            "fit": Option(200, "whole", "steps that fit the network to a picture", 1, 100_000),
            "init": Option(
                0.1,
                "number",
                "strength of the random colours a fresh picture has",
                0,
                1,
                still=True,
            ),
        },
    ),
    "raw": Record(
        "storyboard.drawers.raw:RawDrawer",
        "one colour for every pixel: a plain tensor that is optimised",
        {
            "lr": Option(
                0.02, "number", "change of a pixel in one step", 1e-5, 1, unit="grey levels 0..1"
            ),
            "init": Option(
                0.1,
                "number",
                "strength of the random colours a fresh picture has",
                0,
                1,
                still=True,
            ),
        },
    ),
    "pixel": Record(
        "storyboard.drawers.pixel:PixelDrawer",
        "cells with sharp edges: pixel art, bricks, diamonds, triangles, hexagons, knitting; SVG",
        {
            "lr": Option(
                0.03, "number", "change of a cell in one step", 1e-5, 1, unit="grey levels 0..1"
            ),
            "shape": Option("rect", "choice", "the shape of the cells", words=_SHAPES),
            "cells": Option(
                None, "grid", "[columns, rows]; without it 45 along the short side", 1, 8192
            ),
            "cell": Option(
                None, "number", "edge of a cell, in place of cells", 1, 8192, "cells", unit="pixels"
            ),
            "grid": Option(
                "regular",
                "choice",
                "what sets the number of cells where neither cells nor cell does",
                words=("regular", "pixray"),
            ),
            "scale": Option(1, "number", "how many times as large the cells are", 0.05, 100),
            "gap": Option(
                None, "number", "share of a cell's size that is paper: 0, for knit 0.12", 0, 0.9
            ),
            "paper": Option("#202020", "color", "the colour between and behind the cells"),
            "transparent": Option(False, "flag", "whether cells have an opacity, painted too"),
            "palette": Option(None, "colors", "the only colours of cells; without it any colour"),
            "palette_strength": Option(
                1, "number", "how far cells go to the nearest colour of the palette", 0, 1
            ),
            "init": Option(
                0.1,
                "number",
                "strength of the random colours a fresh picture has",
                0,
                1,
                still=True,
            ),
        },
        vectors=True,
    ),
    "clipdraw": Record(
        "storyboard.drawers.strokes:ClipDrawer",
        "Bezier strokes in any colour: sharp at any zoom, SVG",
        {"strokes": Option(768, "whole", "how many strokes", 1, 16384, still=True)}
        | (_CURVES | _STROKES | _COLORED),
        vectors=True,
    ),
    "line_sketch": Record(
        "storyboard.drawers.strokes:LineSketchDrawer",
        "thin lines of ink on paper: sharp at any zoom, SVG",
        _CURVES | _STROKES | _LINES,
        vectors=True,
    ),
    "dots": Record(
        "storyboard.drawers.strokes:DotDrawer",
        "round dots in any colour: stippling, sharp at any zoom, SVG",
        {"strokes": Option(2000, "whole", "how many dots", 1, 65536, still=True)}
        | (_STROKES | _COLORED),
        vectors=True,
    ),
    "scenes": Record(
        "storyboard.drawers.scenes:ScenesDrawer",
        "scenes drawn by rules from the words of the prompts: sharp at any zoom, quick",
        {
            "candidates": Option(
                6, "whole", "scenes drawn for a prompt, of which the perceptors choose", 1, 64
            ),
            "fade": Option(
                1, "number", "in which a scene replaces the last", 0, 60, unit="seconds"
            ),
            "every": Option(
                0,
                "number",
                "until another scene of the same prompts, 0: never",
                0,
                1e6,
                unit="seconds",
            ),
            "pace": Option(
                1,
                "number",
                "how fast fire, water and weather move, 0: not at all",
                0,
                100,
                still=True,
            ),
        },
        paints=True,
        vocabulary="storyboard.world.nouns:phrases",
        chooses=True,
    ),
    "vqgan": Record(
        "storyboard.drawers.vqgan:VQGANDrawer",
        "the codebook of a VQGAN (taming-transformers): paints what the model has learnt",
        {
            "model": Option(
                "sketch-vqgan",
                "model",
                "a name (imagenet_16384, coco ...), a folder, or a .yaml, .ckpt or .safetensors",
            ),
            "digest": Option(None, "text", "SHA-256 of the weights, or its first digits"),
            "lr": Option(
                0.1, "number", "change of a latent in one step", 1e-5, 10, unit="deviations"
            ),
            "noise": Option(
                0.0, "number", "noise on the latents of a step", 0, 10, unit="deviations"
            ),
            "average": Option(
                0.0, "number", "share that the running mean shown keeps in a step", 0, 0.999
            ),
            "pull": Option(
                0.0, "number", "share of the way back to the frame's start in a step", 0, 1
            ),
            "pull_steps": Option(
                8.0, "number", "when the pull is half as strong", 0.1, 1e6, unit="steps"
            ),
            "init": Option(
                0.25,
                "number",
                "strength of the clouds of colour that a fresh picture has",
                0,
                1,
                still=True,
            ),
            "move": Option(
                "latent",
                "choice",
                "what the camera moves: the grid of latents, or the picture, encoded anew",
                words=("latent", "picture"),
            ),
        },
        needs="storyboard.drawers.vqgan_files:needs",
        latents=True,
    ),
}
"""Every built-in drawer, by name."""
