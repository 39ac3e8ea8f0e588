"""The calls that clipit and Pixray share, over the importer of their settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from storyboard.errors import UsageError, did_you_mean
from storyboard.files import write_whole
from storyboard.interchange.importers.pixray import USED
from storyboard.interchange.importers.tools import import_settings
from storyboard.plan import Plan
from storyboard.render import Event, still
from storyboard.render.output.embed import png_bytes
from storyboard.timeline import load_story_text, make_plan

STEPS = {"draft": 200, "normal": 250, "better": 300, "best": 350, "supreme": 400}
"""Iterations of a picture where the settings have none, by quality."""

OWN = {"output": "output.png", "display_every": 0, "on_picture": None, "story": None}
"""Settings that the calls read themselves, with their defaults: the picture's file; every so many
events ``on_picture`` is called with one; ``story`` sets keys of the story by path."""


class Calls:
    """Module-level settings, and the calls that add to them and paint.

    ``extra`` are settings that are always there, such as those in which clipit differs from Pixray.
    """

    def __init__(self, extra: Mapping[str, Any]) -> None:
        self._extra = dict(extra)
        self._settings: dict[str, Any] = {}

    def reset_settings(self) -> None:
        """Forget all settings."""
        self._settings.clear()

    def add_settings(self, **settings: Any) -> None:
        """Add settings, or replace them. Raises `UsageError` for an unknown one."""
        known = USED | OWN.keys()
        for name in settings:
            if name not in known:
                hint = did_you_mean(name, known) or "the importers' page lists them"
                raise UsageError(f"there is no setting {name!r}; {hint}")
        self._settings.update(settings)

    def get_settings(self) -> dict[str, Any]:
        """Return a copy of the settings."""
        return dict(self._settings)

    def apply_settings(self) -> Plan:
        """Return the plan of one picture. Raises `StoryError` for settings that cannot be."""
        theirs = {key: one for key, one in self._settings.items() if key not in OWN}
        imported = import_settings({**self._extra, **theirs}, "pixray")
        quality = str(theirs.get("quality") or "normal")
        steps = theirs.get("iterations") or STEPS.get(quality, STEPS["normal"])
        changes = {"steps_first": str(steps), **(self._settings.get("story") or {})}
        overrides = {key: str(value) for key, value in changes.items()}
        return make_plan(load_story_text(imported.text, name="picture", overrides=overrides))

    def do_init(self, settings: Plan) -> None:
        """Raise `MissingWeights` where the perceptors of ``settings`` are not to be had."""
        from storyboard.perceptors import require

        require(name for shot in settings.shots for name in shot.perceptors)

    def do_run(self, settings: Plan) -> Path:
        """Paint the picture that `apply_settings` planned; return its file, ``output``."""
        file = Path(self._settings.get("output") or str(OWN["output"]))
        picture = still(settings, Fraction(0), on_event=self._shown())
        write_whole(file, png_bytes(picture))
        return file

    def run(self, prompts: str | None = None, drawer: str | None = None, **settings: Any) -> Path:
        """Do all of it at once: forget, add, apply and run; return the picture's file."""
        given = {"prompts": prompts, "drawer": drawer, **settings}
        self.reset_settings()
        self.add_settings(**{key: one for key, one in given.items() if one is not None})
        plan = self.apply_settings()
        self.do_init(plan)
        return self.do_run(plan)

    def _shown(self) -> Callable[[Event], None] | None:
        """Return what calls ``on_picture`` with every ``display_every``-th event."""
        tell, every = (
            self._settings.get("on_picture"),
            int(self._settings.get("display_every") or 1),
        )
        if tell is None:
            return None
        count = 0

        def hear(event: Event) -> None:
            nonlocal count
            count += 1
            if count % every == 0:
                tell(event)

        return hear
