"""Every tool whose files are read: how its file is recognised, and who reads it.

::

    TOOLS.detect(settings) -> str | None         by the keys of its file
    read_file(path) -> Settings                  JSON, YAML, or a dictionary as Python writes it
    import_file(path, tool=None) -> Imported     the text of a story, and notes

A new tool is an entry here. Other packages add theirs in the entry point group
``storyboard.importers``: a `Tool` each.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from storyboard.errors import BadValue, Problem, StoryError
from storyboard.files import read_bounded
from storyboard.interchange.importers.story_writer import (
    HEADINGS,
    MAX_FRAMES,
    Draft,
    Source,
    finish,
)
from storyboard.registry import Entry, Registry
from storyboard.story.yaml_loader import MAX_BYTES, decode, parse_yaml

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
        """Import and return what makes a story of its settings."""
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
        ".pytti:import_pytti",
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
    "comfyui": Tool(
        "ComfyUI: workflows with a prompt schedule (FizzNodes, Deforum nodes) as .json",
        ".comfyui:import_comfyui",
        (("workflow",), ("nodes", "links")),
    ),
    "keyframed": Tool(
        "the keyframed library: a curve or a group of curves as .yaml",
        ".keyframed:import_keyframed",
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


def read_file(path: Path) -> dict[str, Any]:
    """Return the data of a file. Raises `StoryError`."""
    try:
        raw = read_bounded(path, MAX_BYTES)
    except FileNotFoundError:
        raise StoryError(Problem("there is no such file", str(path))) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StoryError(Problem(f"cannot be read: {reason}", str(path))) from None
    return read_data(decode(raw, file=str(path)), str(path))


def read_data(text: str, name: str) -> dict[str, Any]:
    """Return the mapping that a text holds: JSON, YAML, or a dictionary as Python writes it."""
    if not text.strip():
        raise StoryError(Problem("the file is empty", name))
    twice: list[str] = []
    if re.match(r"""\s*["']?\d+["']?\s*:\s*["']""", text):
        text = "{" + text.strip().rstrip(",") + "}"  # the lines of a schedule without their braces
    data = _parsed(_braced(text), name, twice)
    if not isinstance(data, dict):
        texts = isinstance(data, list) and all(isinstance(one, str) for one in data)
        hint = "write them under prompts: in a story, or as {0: a sea, 24: a forest}"
        message = "settings are a mapping of names to values"
        raise StoryError(Problem(message, name, hint=hint if texts else None))
    found = ToolSettings({key: _plain(key, value) for key, value in _flat(data).items()})
    found.twice = twice
    if found and all(key.isdigit() and isinstance(one, str) for key, one in found.items()):
        return ToolSettings({"animation_prompts": dict(found)}, twice)
    if found and all(isinstance(one, Mapping) and "class_type" in one for one in found.values()):
        return ToolSettings({"workflow": dict(found)}, twice)
    return found


def _braced(text: str) -> str:
    """Return ``text``, in braces where it is lines of JSON that lack them."""
    if re.match(r'\s*"[^"\n]*"\s*:', text):
        whole = "{" + text.strip().rstrip(",") + "}"
        with suppress(ValueError, RecursionError):
            json.loads(whole)
            return whole
    return text


def _parsed(text: str, name: str, twice: list[str]) -> Any:
    """Parse a text; keys that stand twice go to ``twice``. Raises `StoryError`."""
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: _object(pairs, twice))
    except RecursionError:
        raise StoryError(Problem("nested too deeply to be settings", name)) from None
    except json.JSONDecodeError as error:
        if text.lstrip().startswith("{") and '":' in text and "'" not in text.partition(":")[0]:
            return _json_like(text, name, error)
        return parse_yaml(text, file=name)[0]
    except ValueError as error:  # a number of thousands of digits
        raise StoryError(Problem(f"not JSON: {error}"[:200], name)) from None


class ToolSettings(dict[str, Any]):
    """Settings by name; ``twice`` are the keys that the file has more than once in one mapping."""

    def __init__(self, data: Mapping[str, Any], twice: Sequence[str] = ()) -> None:
        super().__init__(data)
        self.twice = list(twice)


def _object(pairs: list[tuple[str, Any]], twice: list[str]) -> dict[str, Any]:
    """Return a mapping of JSON; a repeated key keeps its last value and joins ``twice``."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice += [key for key, times in Counter(key for key, _ in pairs).items() if times > 1]
    return found


def _plain(key: str, value: Any) -> Any:
    """Return a value as it is meant: prompts saved as a text of JSON become data again."""
    if isinstance(value, str) and "prompt" in key and value.strip()[:1] in ("{", "["):
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            return value
        listed = isinstance(found, list) and all(isinstance(one, str | dict) for one in found)
        return found if isinstance(found, dict) or listed else value
    return _python_words(value)


def _json_like(text: str, name: str, error: json.JSONDecodeError) -> Any:
    """Return JSON that YAML forgives (a comma too many, a comment). Raises JSON's own error."""
    try:
        return parse_yaml(text, file=name)[0]
    except StoryError:
        headed = Problem(f"not JSON: {error.msg}", name, error.lineno, error.colno)
        raise StoryError(headed) from None


def _flat(data: dict[str, Any]) -> dict[str, Any]:
    """Return the settings where a file keeps them in groups (``args``, ``anim_args`` ...)."""
    groups = [key for key in data if key.endswith("args") and isinstance(data[key], Mapping)]
    flat = {key: value for key, value in data.items() if key not in groups}
    for group in groups:
        flat = {**data[group], **flat}
    return flat


def _python_words(value: Any) -> Any:
    """Convert ``None`` and ``True`` as Python writes them."""
    if isinstance(value, str) and value in ("None", "True", "False"):
        return {"None": None, "True": True, "False": False}[value]
    return value


_CONTENTS = frozenset(
    ("scenes", "workflow", "keyframes", "rendered_frames", "timeSeries", "curve", "parameters")
)
"""Settings, beside prompts, without which there is no film."""


def _drafted(settings: Mapping[str, Any], source: Source) -> Draft:
    """Return the draft of ``settings``, without those that cannot be read, which it notes.

    Raises `BadValue` where it is the prompts that cannot be read, or nothing says which setting.
    """
    make, wrong = TOOLS.get(source.tool).importer, dict[str, BadValue]()
    while True:
        try:
            draft = make({key: one for key, one in settings.items() if key not in wrong}, source)
            break
        except BadValue as error:
            key = error.message.partition(":")[0]
            if key not in settings or key in wrong or "prompt" in key or key in _CONTENTS:
                raise
            wrong[key] = error
    for key, found in wrong.items():
        hint = f" ({found.hint})" if found.hint else ""
        reason = found.message.partition(":")[2].strip() + hint
        draft.notes.left([key], f"{reason}; read as if it were not there")
    return draft


@dataclass(frozen=True)
class Imported:
    """A story's text, the tool that its source was of, and what there is to say: heading -> texts.

    ``notes`` stand as comments in the text too: ``corrected``, ``carried``, ``baked``, ``left``.
    """

    tool: str
    text: str
    notes: Mapping[str, list[str]]

    @property
    def headed(self) -> dict[str, list[str]]:
        """Return the notes under their headings in words."""
        return {HEADINGS[name]: texts for name, texts in self.notes.items()}


def import_file(
    path: Path, tool: str | None = None, *, fps: str | None = None, allow_outside: bool = False
) -> Imported:
    """Read the file of another tool as a story.

    ``tool`` is a name of `TOOLS`; without it, the tool is detected from the file's keys. ``fps`` is
    for sources that do not say. Files that the settings name are taken from their folder, from
    others only with ``allow_outside``. Raises `StoryError` that names file and setting,
    `UnknownName`.
    """
    settings = read_file(path)
    found = tool or TOOLS.detect(settings)
    if found is None:
        known = ", ".join(TOOLS.names())
        message = "cannot detect the source tool from its keys"
        raise StoryError(Problem(message, str(path), hint=f"pass --from TOOL, one of: {known}"))
    if "animation_prompts" in settings and len(settings) == 1:
        settings["max_frames"] = _frames_of(settings["animation_prompts"])
    if fps is not None:
        settings[TOOLS.get(found).fps] = fps
    source = Source(found, path.name, path.parent, allow_outside=allow_outside)
    return _imported(settings, source)


def _frames_of(prompts: Any) -> int:
    """Return the length of a film of nothing but prompts: the last lasts as the one before."""
    frames = sorted(int(key) for key in prompts if str(key).isdigit()) or [0]
    last = frames[-1] - frames[-2] if len(frames) > 1 else 120
    return min(frames[-1], MAX_FRAMES) + max(last, 1)


def import_settings(
    settings: Mapping[str, Any], tool: str, *, name: str = "settings", folder: Path = Path(".")
) -> Imported:
    """Return `import_file` for settings that were read already."""
    return _imported(settings, Source(tool, name, folder))


def _imported(settings: Mapping[str, Any], source: Source) -> Imported:
    try:
        draft = _drafted(settings, source)
    except BadValue as error:
        message = f"read as {source.tool}; {error.message}"
        raise StoryError(Problem(message, source.name, hint=error.hint)) from None
    for key in getattr(settings, "twice", ()):
        draft.notes.left([f"the first {key!r}"], "the key stands twice; the last one counts")
    text = finish(draft)
    notes = {heading: list(texts) for heading, texts in draft.notes.by_heading.items() if texts}
    return Imported(source.tool, text, notes)
