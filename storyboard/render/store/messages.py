"""Messages that a worker sends while it paints a chain.

A `Message` is an event and, with a frame or a checkpoint, the bytes of the file: a PNG, a state.
Any order and any number of copies will do, see `storyboard.render.store.inbox`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from storyboard.files import sha256
from storyboard.render.events import Event


@dataclass(frozen=True)
class Message:
    """One thing that a worker reports. Plain data.

    Attributes:
        plan: the digest of the film's plan; what belongs to another film is refused.
        event: the event, as `Event.to_json` gives it, without ``file``: the worker has none.
        body: the PNG file of a ``frame``, the state of a ``checkpoint``, what ``shapes`` are
            made of, else empty.
        sha256: the digest of ``body`` in hexadecimal.
    """

    plan: str
    event: Mapping[str, Any]
    body: bytes = b""
    sha256: str = ""

    @classmethod
    def of(cls, plan: str, event: Event, body: bytes = b"") -> Message:
        """Return the message of ``event``, which belongs to the plan of digest ``plan``."""
        return cls(plan, event.to_json(), body, sha256(body) if body else "")

    def is_whole(self) -> bool:
        """Return whether ``body`` arrived as it was sent."""
        return self.sha256 == (sha256(self.body) if self.body else "")


Send = Callable[[Message], object]
"""What a worker calls with every message."""
