"""From a foreign file to the text of a story."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from storyboard.errors import BadValue, Problem, StoryError, UnknownName
from storyboard.story.importers.reading import detect, read_file
from storyboard.story.importers.writing import HEADINGS, Draft, Source, finish

Importer = Callable[[Mapping[str, Any], Source], Draft]

TOOLS = {
    "deforum": "Deforum, web UI or notebook: settings as .txt or .json",
    "disco": "Disco Diffusion: settings as .txt or .json",
    "pytti": "PyTTI: a configuration as .yaml",
    "pixray": "Pixray and clipit: settings as .yaml or .json",
    "keyframed": "the keyframed library: a curve or a group of curves as .yaml",
    "vqgan-clip-animations": "VQGAN-CLIP animations: text_prompts, zoom, angle ... as a dictionary",
}
"""Every tool whose files are read, with one line on each."""

_HOMES = {
    "deforum": "deforum:import_deforum",
    "disco": "disco:import_disco",
    "pytti": "pytti_story:import_pytti",
    "pixray": "pixray:import_pixray",
    "keyframed": "keyframed_story:import_keyframed",
    "vqgan-clip-animations": "vqgan_clip:import_vqgan_clip",
}


@dataclass(frozen=True)
class Imported:
    """A story's text, the tool that its source was of, and what there is to say: heading -> texts.

    ``notes`` stand as comments in the text too: ``corrected``, ``carried``, ``baked``, ``left``.
    """

    tool: str
    text: str
    notes: Mapping[str, list[str]]

    @property
    def told(self) -> dict[str, list[str]]:
        """The notes under their headings in words."""
        return {HEADINGS[name]: texts for name, texts in self.notes.items()}


def import_file(path: Path, tool: str | None = None, *, fps: str | None = None) -> Imported:
    """Read the file of another tool as a story.

    ``tool`` is a name of `TOOLS`; without it, the file's own keys tell. ``fps`` is for sources
    that do not say. Raises `StoryError` that names file and setting, `UnknownName`.
    """
    settings = read_file(path)
    found = tool or detect(settings)
    if found is None:
        known = ", ".join(TOOLS)
        message = "its keys are of no tool that is known here"
        raise StoryError(Problem(message, str(path), hint=f"say --from TOOL: {known}"))
    if fps is not None:
        settings["fps" if found != "pytti" else "frames_per_second"] = fps
    return import_settings(settings, found, name=path.name, folder=path.parent)


def import_settings(
    settings: Mapping[str, Any], tool: str, *, name: str = "settings", folder: Path = Path(".")
) -> Imported:
    """The same for settings that were read already."""
    if tool not in _HOMES:
        raise UnknownName("tool", tool, TOOLS)
    module, _, function = _HOMES[tool].partition(":")
    make: Importer = getattr(import_module(f"storyboard.story.importers.{module}"), function)
    try:
        draft = make(settings, Source(tool, name, folder))
    except BadValue as error:
        raise StoryError(Problem(error.message, name, hint=error.hint)) from None
    text = finish(draft)
    notes = {heading: list(texts) for heading, texts in draft.notes.said.items() if texts}
    return Imported(tool, text, notes)
