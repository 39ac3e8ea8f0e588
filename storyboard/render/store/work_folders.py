"""Folders that hold frames of a story, so that no frame is painted twice wherever a film goes.

The folders in which a story file was rendered are noted below the cache's folder, under the file's
path. The note only saves work: without it, frames are found beside the film, and in ``out/NAME``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from storyboard.audio import cache
from storyboard.errors import StoryboardError
from storyboard.files import sha256, write_whole
from storyboard.plan import Plan
from storyboard.render.store.folder import output_paths
from storyboard.render.store.records import read_object
from storyboard.render.store.status import status

_MOST = 20


def find_work_folder(plan: Plan, story: Path, out: Path | None = None) -> Path | None:
    """Return the folder that has the most frames of ``plan``, which is of the file ``story``.

    None where its film's own folder, for ``out`` as in `storyboard.render.render`, has any, and
    where no folder has one: frames then lie beside the film.
    """
    if _has(plan, out, None):
        return None
    found = {folder: _has(plan, out, folder) for folder in _candidates(plan, story)}
    best = max(found, key=lambda folder: found[folder], default=None)
    return best if best is not None and found[best] else None


def note_work_folder(story: Path, folder: Path) -> None:
    """Note that frames of the file ``story`` lie in ``folder``, where a note can be written."""
    whole = str(folder.absolute())
    with suppress(StoryboardError, OSError, UnicodeError):
        known = [str(one) for one in _noted(story)]
        if known[:1] != [whole]:
            folders = [whole, *(one for one in known if one != whole)][:_MOST]
            text = json.dumps({"story": str(story.absolute()), "folders": folders}, indent=1)
            write_whole(_note_file(story), text.encode())


def _has(plan: Plan, out: Path | None, work: Path | None) -> int:
    """Return how many frames of ``plan`` a folder has; 0 for one that cannot be read."""
    try:
        return sum(status(plan, out, work=work).values())
    except (StoryboardError, OSError):
        return 0


def _candidates(plan: Plan, story: Path) -> Iterator[Path]:
    yield from _noted(story)
    usual = output_paths(plan).folder
    yield usual
    yield story.parent / usual


def _noted(story: Path) -> list[Path]:
    folders = (read_object(_note_file(story)) or {}).get("folders")
    known = folders if isinstance(folders, list) else []
    return [Path(one) for one in known if isinstance(one, str) and "\0" not in one]


def _note_file(story: Path) -> Path:
    return cache.folder() / "work" / f"{sha256(os.fsencode(story.absolute()))}.json"
