"""One question of a behaviour table, and what may answer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Case:
    """What is given, what it is read within, and the frames asked for (none: one answer)."""

    input: Any
    context: Mapping[str, Any]
    frames: Sequence[float]

    def pick(self, values: Sequence[Any] | Any) -> list[Any]:
        """Those of ``values``, one per frame, that are asked for."""
        return [values[int(n)] for n in self.frames] if self.frames else list(values)

    @property
    def film(self) -> dict[str, Any]:
        """The context, with as many frames as are asked for where it does not say."""
        return {"max_frames": int(max(self.frames or [0])) + 1, **self.context}


Answer = Callable[[Case], Any]
