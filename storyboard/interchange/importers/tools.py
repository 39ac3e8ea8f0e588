"""Every tool whose files are read: how its file is recognised, and who reads it.

A new one is an entry here, and its questions in `table.KINDS`. Other packages add theirs in the
entry point group ``storyboard.importers``: a `Tool` each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from storyboard.interchange.importers.writing import Draft, Source
from storyboard.registry import Entry, Registry

Importer = Callable[[Mapping[str, Any], Source], Draft]


@dataclass(frozen=True)
class Tool:
    """``marks`` are groups of keys: a file that has all of any one group is of this tool.

    ``home`` is ``module:function`` of the `Importer`, a module of this package with a dot in front;
    ``fps`` is the key of its frames a second.
    """

    summary: str
    home: str
    marks: tuple[tuple[str, ...], ...]
    fps: str = "fps"

    @property
    def importer(self) -> Importer:
        """What makes a story of its settings, imported now."""
        module, _, function = self.home.partition(":")
        found = getattr(import_module(module, "storyboard.interchange.importers"), function)
        return cast(Importer, found)


_BUILTIN = {
    "disco": Tool(
        "Disco Diffusion: settings as .txt or .json",
        ".disco:import_disco",
        (
            ("interp_spline",),
            ("turbo_mode",),
            ("cutn_batches",),
            ("text_prompts", "clip_guidance_scale"),
        ),
    ),
    "deforum": Tool(
        "Deforum, web UI or notebook: settings as .txt or .json",
        ".deforum:import_deforum",
        (
            ("animation_mode", "diffusion_cadence"),
            ("animation_mode", "strength_schedule"),
            ("animation_mode", "prompts"),
            ("animation_prompts",),
            ("seed_behavior",),
            ("translation_x", "max_frames", "prompts"),
            ("zoom", "max_frames", "prompts"),
        ),
    ),
    "pytti": Tool(
        "PyTTI: a configuration as .yaml",
        ".pytti_story:import_pytti",
        (("scenes",), ("steps_per_scene",)),
        fps="frames_per_second",
    ),
    "pixray": Tool(
        "Pixray and clipit: settings as .yaml or .json",
        ".pixray:import_pixray",
        (
            ("story_prompts",),
            *((key,) for key in ("use_pixeldraw", "use_clipdraw", "custom_loss", "clip_models")),
            *(("quality", key) for key in ("iterations", "aspect", "num_cuts", "ezsize")),
            *(("prompts", key) for key in ("drawer", "iterations", "num_cuts", "clip_models")),
            *(("prompts", key) for key in ("quality", "vqgan_model", "use_pixeldraw", "aspect")),
        ),
    ),
    "parseq": Tool(
        "Parseq: documents and rendered manifests as .json",
        ".parseq.story:import_parseq",
        (("keyframes", "managedFields"), ("rendered_frames",), ("keyframes", "prompts")),
        fps="output_fps",
    ),
    "keyframed": Tool(
        "the keyframed library: a curve or a group of curves as .yaml",
        ".keyframed_story:import_keyframed",
        (("curve",), ("parameters",)),
    ),
    "vqgan-clip-animations": Tool(
        "VQGAN-CLIP animations: text_prompts, zoom, angle ... as a dictionary",
        ".vqgan_clip:import_vqgan_clip",
        (("text_prompts",),),
    ),
}
"""The tools by name; of two whose marks a file has, the first."""


class Tools(Registry[Tool]):
    """The tools by name, those of other packages behind the built-in ones."""

    def __init__(self, builtins: Mapping[str, Tool]) -> None:
        super().__init__("tool", "storyboard.importers", {})
        self._entries = {name: Entry(tool, tool.summary) for name, tool in builtins.items()}

    def detect(self, data: Mapping[str, Any]) -> str | None:
        """Return the tool whose file this is; None where no keys show it."""
        others = (name for name in self.names() if name not in _BUILTIN)
        for name in (*_BUILTIN, *others):
            if any(all(key in data for key in group) for group in self.get(name).marks):
                return name
        return None


TOOLS = Tools(_BUILTIN)
"""Every tool whose files are read."""
