"""Variants of a story: single settings changed, as takes have other seeds and ``--vary`` says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.cli.interrupt import Interrupt
from storyboard.cli.planning import PlannedStory, Request
from storyboard.cli.progress import display
from storyboard.errors import UsageError

if TYPE_CHECKING:
    from storyboard.plan import ShotPlan
    from storyboard.render.variants import Sample

MOST = 100
"""Variants of one story."""

_PART = re.compile(r"""(?:"[^"]*"|'[^']*'|\[[^\]]*\]|\{[^}]*\}|[^,])+""")


@dataclass(frozen=True)
class Variant:
    """A story with other ``settings``, each PATH=VALUE; none for the story as it is."""

    settings: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Return the settings in a line."""
        return "  ".join(self.settings) or "as it is"

    def read(self, request: Request, *, still: bool = False) -> PlannedStory:
        """Return the story of ``request`` with these settings. Errors as `Request.read`."""
        settings = (*request.settings, *self.settings)
        return replace(request, settings=settings).read(still=still)


def varied(texts: Sequence[str]) -> list[Variant]:
    """Return every combination of the values of ``PATH=VALUE,VALUE`` texts, the last changing
    first. A comma within quotes or brackets belongs to its value. Raises `UsageError`.

    >>> [one.label for one in varied(["drawer=fft,pixel", "lr=0.5,1"])]
    ['drawer=fft  lr=0.5', 'drawer=fft  lr=1', 'drawer=pixel  lr=0.5', 'drawer=pixel  lr=1']
    """
    axes, paths = list[list[str]](), set[str]()
    for text in texts:
        path, equals, values = text.partition("=")
        path, parts = path.strip(), [part.strip() for part in _PART.findall(values)]
        if not (path and equals and parts and all(parts)):
            raise UsageError(f"--vary {text}: write it as PATH=VALUE,VALUE, such as lr=0.5,1")
        if path in paths:
            raise UsageError(f"--vary {text}: {path} is varied twice")
        paths.add(path)
        axes.append([f"{path}={part}" for part in dict.fromkeys(parts)])
    variants = [Variant(settings) for settings in product(*axes)]
    if len(variants) > MOST:
        raise UsageError(f"--vary makes {len(variants)} variants; {MOST} are the most")
    return variants


def middle(shot: ShotPlan) -> int:
    """Return the number of the frame in the middle of ``shot``."""
    return (shot.first + shot.stop) // 2


def painted(reading: PlannedStory, number: int, device: str, progress: str) -> Sample:
    """Paint the frame ``number`` with progress shown and Ctrl-C handled."""
    from storyboard.render.variants import sample

    shown = display(progress)
    nowhere: Path | None = None
    with Interrupt() as interrupt:
        try:
            how = {"device": device, "stop": interrupt, "work": reading.work(nowhere)}
            return sample(reading.plan, number, on_event=shown, **how)
        finally:
            shown.close()
