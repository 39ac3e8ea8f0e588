"""Plans for other programs: subtitles, lyrics, tables, another tool's settings, timelines.

::

    EXPORTERS                         every form: name -> Exporter(summary, suffix, home)
    export(plan, form) -> Exported    the file's text, and what it cannot hold
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from storyboard.errors import UnknownName
from storyboard.plan import Plan

__all__ = ["EXPORTERS", "Exported", "Exporter", "export"]


@dataclass(frozen=True)
class Exported:
    """A file's text, and a line for everything of the film that it cannot hold."""

    text: str
    left: Sequence[str] = ()


@dataclass(frozen=True)
class Exporter:
    """A form in which a plan can be given away; ``home`` is ``module:function`` in this room."""

    summary: str
    suffix: str
    home: str

    def __call__(self, plan: Plan, **options: Any) -> Exported:
        """Return the plan in this form; ``options`` are those of its function."""
        module, _, function = self.home.partition(":")
        write = getattr(import_module(f"{__name__}.{module}"), function)
        return cast(Callable[..., Exported], write)(plan, **options)


EXPORTERS = {
    "otio": Exporter("a timeline for editing programs (OpenTimelineIO)", ".otio", "otio:to_otio"),
    "srt": Exporter("the prompts, or the lyrics, as subtitles", ".srt", "captions:to_srt"),
    "lrc": Exporter("the prompts, or the lyrics, as lyrics", ".lrc", "captions:to_lrc"),
    "csv": Exporter("every curve, a row a frame", ".csv", "table:to_csv"),
    "deforum": Exporter("settings of Deforum with the same camera", ".txt", "deforum:to_deforum"),
    "openjd": Exporter("a job for a render farm (OpenJD)", ".yaml", "openjd:to_openjd"),
}
"""The forms by name."""


def export(plan: Plan, form: str, **options: Any) -> Exported:
    """Return ``plan`` in one of the forms of `EXPORTERS`, with the ``options`` of its function.

    Raises `UnknownName`, or `MissingTool` where a form needs a library that is not here.
    """
    if form not in EXPORTERS:
        raise UnknownName("form", form, EXPORTERS)
    return EXPORTERS[form](plan, **options)
