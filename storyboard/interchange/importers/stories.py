"""From a foreign file to the text of a story."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storyboard.errors import BadValue, Problem, StoryError
from storyboard.interchange.importers.reading import read_file
from storyboard.interchange.importers.tools import TOOLS
from storyboard.interchange.importers.writing import HEADINGS, MAX_FRAMES, Source, finish


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
    found = tool or TOOLS.detect(settings)
    if found is None:
        known = ", ".join(TOOLS.names())
        message = "its keys are of no tool that is known here"
        raise StoryError(Problem(message, str(path), hint=f"say --from TOOL: {known}"))
    if "animation_prompts" in settings and len(settings) == 1:
        settings["max_frames"] = _frames_of(settings["animation_prompts"])
    if fps is not None:
        settings[TOOLS.get(found).fps] = fps
    return import_settings(settings, found, name=path.name, folder=path.parent)


def _frames_of(prompts: Any) -> int:
    """How long a film of nothing but prompts is: as the last one lasts, so did the one before."""
    frames = sorted(int(key) for key in prompts if str(key).isdigit()) or [0]
    last = frames[-1] - frames[-2] if len(frames) > 1 else 120
    return min(frames[-1], MAX_FRAMES) + max(last, 1)


def import_settings(
    settings: Mapping[str, Any], tool: str, *, name: str = "settings", folder: Path = Path(".")
) -> Imported:
    """The same for settings that were read already."""
    make = TOOLS.get(tool).importer
    try:
        draft = make(settings, Source(tool, name, folder))
    except BadValue as error:
        message = f"read as {tool}; {error.message}"
        raise StoryError(Problem(message, name, hint=error.hint)) from None
    for key in getattr(settings, "twice", ()):
        draft.notes.left([f"the first {key!r}"], "the key stands twice; the last one counts")
    text = finish(draft)
    notes = {heading: list(texts) for heading, texts in draft.notes.said.items() if texts}
    return Imported(tool, text, notes)
