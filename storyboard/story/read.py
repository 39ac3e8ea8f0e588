"""Reading a story, from a file or a text, as far as its errors allow."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from storyboard.errors import Problem, StoryError, UsageError, did_you_mean
from storyboard.files import read_bounded
from storyboard.story import overrides as changes
from storyboard.story.dump import dump_yaml
from storyboard.story.kinds import ParseContext
from storyboard.story.model import STORY, StorySpec
from storyboard.story.output import merged_output
from storyboard.story.source import KeyPath, SourceText
from storyboard.story.yaml_loader import MAX_BYTES, MAX_DEPTH, decode, parse_yaml


@dataclass(frozen=True)
class Story:
    """A story as written, validated.

    ``spec`` is what it says; ``source`` knows where each part stands; files that it names are
    relative to ``folder``. ``problems`` and ``pruned`` are empty unless `read_story` was asked to
    go on after an error: then they hold the errors, and the paths that were left out for them;
    ``unknown`` holds the keys that no part of a story has.
    ``warnings`` holds what was hardly meant. ``own_quality`` is the quality that the file itself
    names, whatever a flag asked for; ``variant`` names its output, where it has several, and the
    other overrides, see `variant_name`. ``outputs`` are the names of all its outputs; ``spec`` has
    the one that was chosen as its ``output``.
    """

    name: str
    folder: Path
    spec: StorySpec
    source: SourceText
    problems: Sequence[Problem] = ()
    pruned: frozenset[KeyPath] = field(default=frozenset())
    unknown: frozenset[KeyPath] = field(default=frozenset())
    own_quality: str | None = None
    variant: str = ""
    warnings: Sequence[Problem] = ()
    outputs: Sequence[str] = ()

    def __repr__(self) -> str:
        """Return one line, for notebooks."""
        return f"Story({self.name!r}, errors={len(self.problems)})"

    def to_yaml(self) -> str:
        """Return the story as canonical YAML, overrides included, that loads to an equal plan."""
        return dump_yaml(STORY.write(self.spec))


@dataclass(frozen=True)
class Wanted:
    """Overrides and choices from outside the story.

    Attributes:
        overrides: single values by key path, set before validation.
        output: the name of one of its ``outputs``; None for the first of them.
        still: one picture is enough: a story without a length is one frame long.
    """

    overrides: Mapping[str, Any] = field(default_factory=dict)
    output: str | None = None
    still: bool = False


def wanted_of(
    *,
    overrides: Mapping[str, Any] | None = None,
    quality: str | None = None,
    seed: int | str | None = None,
    output: str | None = None,
    still: bool = False,
) -> Wanted:
    """Return what is asked of a story; ``overrides`` has texts that are read as YAML, such as
    ``{"shots.intro.duration": "4b"}``, ``quality`` and ``seed`` are short for two of these.
    """
    settings = dict(overrides or {})
    settings |= {} if quality is None else {"quality": quality}
    settings |= {} if seed is None else {"seed": seed}
    return Wanted(settings, output, still)


LENGTHS = ("duration", "defaults", "audio", "video", "shots", "prompts", "lyrics", "growth")
"""Keys of a story that may say how long it is."""


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the collection of cycles: all that is made of a story is kept, and to look through it
    again and again takes a fifth of the time for thousands of shots.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@collector_paused()
def read_story(path: str | Path, **changes: Any) -> Story:
    """Read the story file ``path``, past errors too: the story carries them in ``problems``.

    ``changes`` are those of `wanted_of`.

    Raises `StoryError` only where nothing is left to go on with, `UsageError` for an output that
    the story does not have.
    """
    wanted, path = wanted_of(**changes), Path(path)
    text = decode(_read(path), file=str(path))
    return _read_text(
        text, SourceText(str(path)), name=path.stem, folder=path.parent, wanted=wanted
    )


def read_story_text(
    text: str,
    *,
    name: str = "story",
    folder: str | Path = ".",
    **changes: Any,
) -> Story:
    """Return `read_story` for a text; files that it names are relative to ``folder``."""
    wanted = wanted_of(**changes)
    return _read_text(text, SourceText(name), name=name, folder=Path(folder), wanted=wanted)


def read_story_data(
    data: Mapping[str, Any],
    *,
    name: str = "story",
    folder: str | Path = ".",
    **changes: Any,
) -> Story:
    """Return `read_story` for a mapping as YAML gives it: texts, numbers, lists, mappings.

    Errors have a key path and no line. Raises `UsageError` for values that YAML does not have.
    """
    plain = _plain(data, MAX_DEPTH)
    wanted = wanted_of(**changes)
    return _read_data(plain, SourceText(name), [], name=name, folder=Path(folder), wanted=wanted)


def _plain(value: Any, depth: int) -> Any:
    """Return a copy of ``value`` as YAML would give it. Raises `UsageError`."""
    if depth < 0:
        raise UsageError(f"a story is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, Mapping):
        return {str(key): _plain(one, depth - 1) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one, depth - 1) for one in value]
    if isinstance(value, Path | Fraction):
        return str(value)
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise UsageError(
        f"a story holds texts, numbers, lists and mappings, not {type(value).__name__}"
    )


def _read_text(text: str, source: SourceText, *, name: str, folder: Path, wanted: Wanted) -> Story:
    twice: list[Problem] = []
    data, source = parse_yaml(text, file=source.file, problems=twice)
    return _read_data(data, source, twice, name=name, folder=folder, wanted=wanted)


def _read_data(
    data: dict[str, Any],
    source: SourceText,
    problems: Sequence[Problem],
    *,
    name: str,
    folder: Path,
    wanted: Wanted,
) -> Story:
    """Return the story of ``data``; ``problems`` are those found in its text."""
    named = data.get("quality")
    own_quality = named if isinstance(named, str) else None
    source = changes.apply(data, source, wanted.overrides)
    if wanted.still and not any(key in data for key in LENGTHS):
        data["duration"] = "1f"
    context = ParseContext(source)
    spec = STORY.read(data, (), context)
    spec, chosen = _chosen_output(spec, wanted.output, source)
    return Story(
        name,
        folder,
        spec,
        source,
        problems=(*problems, *context.problems),
        pruned=frozenset(context.pruned),
        unknown=frozenset(context.unknown),
        own_quality=own_quality,
        variant=".".join(filter(None, (chosen, changes.variant_name(wanted.overrides)))),
        warnings=tuple(context.warnings.values()),
        outputs=tuple(data["outputs"]) if isinstance(data.get("outputs"), dict) else (),
    )


def _chosen_output(spec: StorySpec, name: str | None, source: SourceText) -> tuple[StorySpec, str]:
    """Return ``spec`` with the one of its ``outputs`` called ``name`` as its only output, and that
    name; empty where there are none. Raises `UsageError`.
    """
    outputs = spec.outputs or {}
    if name is not None and name not in outputs:
        hint = did_you_mean(name, outputs) or f"outputs: {', '.join(outputs) or 'none'}"
        raise UsageError(f"the story has no output {name!r}; {hint}")
    if not outputs:
        return replace(spec, outputs=None), ""
    chosen = name or next(iter(outputs))
    pinned = frozenset(str(p[1]) for p in source.pinned if len(p) > 1 and p[0] == "output")
    output = merged_output(spec.output, outputs[chosen], pinned)
    return replace(spec, output=output, outputs=None), chosen


def _read(path: Path) -> bytes:
    """Return the file's bytes. Raises `StoryError` that names a near story where there is none."""
    try:
        return read_bounded(path, MAX_BYTES)
    except FileNotFoundError:
        stories = [*path.parent.glob("*.yaml"), *path.parent.glob("*.yml")]
        near = ", ".join(sorted(str(story) for story in stories)[:5])
        hint = f"stories there: {near}" if near else "`storyboard new` writes one"
        raise StoryError(Problem("there is no such file", str(path), hint=hint)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StoryError(Problem(f"cannot be read: {reason}", str(path))) from None
