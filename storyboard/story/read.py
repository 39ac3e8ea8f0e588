"""Reading a story, from a file or a text, as far as its errors allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from storyboard.errors import Problem, StoryError, UsageError
from storyboard.files import read_bounded
from storyboard.story import overrides as changes
from storyboard.story.dump import dump_yaml
from storyboard.story.kinds import Reading
from storyboard.story.model import STORY, StorySpec
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
    names, whatever a flag asked for; ``variant`` names the other overrides, see `variant_name`.
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

    def __repr__(self) -> str:
        """One line, for notebooks."""
        return f"Story({self.name!r}, errors={len(self.problems)})"

    def to_yaml(self) -> str:
        """The story as canonical YAML, overrides included, that loads to an equal plan."""
        return dump_yaml(STORY.write(self.spec))


def read_story(
    path: str | Path,
    *,
    overrides: Mapping[str, Any] | None = None,
    quality: str | None = None,
    seed: int | str | None = None,
) -> Story:
    """Read the story file ``path``, past errors too: the story carries them in ``problems``.

    ``overrides`` sets single values by key path before validation: ``{"shots.intro.duration":
    "4b", "output.size": "160x90"}``, texts being read as YAML. ``quality`` and ``seed`` are short
    for two of these. Raises `StoryError` only where nothing is left to go on with.
    """
    path = Path(path)
    wanted = dict(overrides or {})
    wanted |= {} if quality is None else {"quality": quality}
    wanted |= {} if seed is None else {"seed": seed}
    text = decode(_read(path), file=str(path))
    return _read_text(
        text, SourceText(str(path)), name=path.stem, folder=path.parent, wanted=wanted
    )


def read_story_text(
    text: str,
    *,
    name: str = "story",
    folder: str | Path = ".",
    overrides: Mapping[str, Any] | None = None,
) -> Story:
    """`read_story` for a text; files that it names are relative to ``folder``."""
    return _read_text(
        text, SourceText(name), name=name, folder=Path(folder), wanted=overrides or {}
    )


def read_story_data(
    data: Mapping[str, Any],
    *,
    name: str = "story",
    folder: str | Path = ".",
    overrides: Mapping[str, Any] | None = None,
) -> Story:
    """`read_story` for a mapping as YAML gives it: texts, numbers, lists, mappings.

    Errors have a key path and no line. Raises `UsageError` for values that YAML does not have.
    """
    plain = _plain(data, MAX_DEPTH)
    return _read_data(
        plain, SourceText(name), [], name=name, folder=Path(folder), wanted=overrides or {}
    )


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


def _read_text(
    text: str, source: SourceText, *, name: str, folder: Path, wanted: Mapping[str, Any]
) -> Story:
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
    wanted: Mapping[str, Any],
) -> Story:
    """Return the story of ``data``; ``problems`` are those found in its text."""
    named = data.get("quality")
    own_quality = named if isinstance(named, str) else None
    source = changes.apply(data, source, wanted)
    reading = Reading(source)
    spec = STORY.read(data, (), reading)
    return Story(
        name,
        folder,
        spec,
        source,
        problems=(*problems, *reading.problems),
        pruned=frozenset(reading.pruned),
        unknown=frozenset(reading.unknown),
        own_quality=own_quality,
        variant=changes.variant_name(wanted),
        warnings=tuple(reading.warnings.values()),
    )


def _read(path: Path) -> bytes:
    """The file's bytes. Raises `StoryError` that names a near story where there is none."""
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
