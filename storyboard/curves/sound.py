"""What a film's expressions may hear: signals and events, in seconds of the film."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from storyboard.plan import Floats

Signal = Callable[[Floats], Floats]
"""Film seconds (n,) to values (n,); where the soundtrack starts is already accounted for."""


@dataclass(frozen=True)
class Events:
    """Moments at which something happens.

    ``times`` are film seconds, ascending; ``weights`` their strengths in 0..1, ones where there is
    nothing to weigh. Both have the shape (n,).
    """

    times: Floats
    weights: Floats


@dataclass(frozen=True)
class Sound:
    """Signals and events by name; lazy mappings, so that a name is known without analysis.

    ``signals`` are ``bass``, ``rms``, ``drums.onset`` ...; ``events`` are ``beat``, ``bar``,
    ``onset``, ``section``, ``drums.onset`` ... and every mark, which is one event.
    """

    signals: Mapping[str, Signal]
    events: Mapping[str, Events]


SILENCE = Sound({}, {})
"""What there is to hear without a soundtrack."""
