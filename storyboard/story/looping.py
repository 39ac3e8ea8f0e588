"""The loop section of a story: its end leads back into its beginning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from storyboard.story.kinds import Either, RecordOf, spec_field
from storyboard.story.scalars import FLAG, TIME


@dataclass(frozen=True, kw_only=True)
class LoopSpec:
    """A film whose last frames lead back into the first."""

    fade: Any = spec_field(
        TIME, "How long the first frames dissolve into what was painted first; 1s if not set."
    )


LOOP = Either(FLAG, RecordOf(LoopSpec))
