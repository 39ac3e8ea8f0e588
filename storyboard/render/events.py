"""Events of a render. Terminal, log, ``events.jsonl`` and any page read the same events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal[
    "plan",
    "paint",
    "shot_start",
    "frame",
    "checkpoint",
    "shapes",
    "shot_done",
    "encode",
    "warning",
    "error",
    "done",
]


@dataclass(frozen=True)
class Event:
    """An event of a render. Fields that do not belong to its kind are None.

    ==============  =============================================================================
    ``plan``        the work begins: ``of`` frames are wanted, ``done`` of them are there; ``file``
                    is the folder, ``message`` the film's title
    ``paint``       painting begins: in the end ``of`` frames are there, those on the way to wanted
                    ones included; ``done`` of them are; the others, and those that are made again
                    to reach them, take ``steps`` steps, one at least for each
    ``shot_start``  ``shot`` has ``of`` frames, ``done`` of them are there
    ``frame``       film frame number ``frame``, the ``local``-th of ``of`` in ``shot``, is saved:
                    ``loss`` after ``steps`` steps, in ``seconds``. ``again`` says that it was there
                    before and was only computed to reach what comes after it; ``cut_batch`` is
                    how many views were seen at once, where memory was too small for the shot's own;
                    ``masks`` the share of the picture in which each mask's words were found
    ``checkpoint``  the state after ``frame`` is saved in ``file``, in ``seconds``
    ``shapes``      what ``frame`` was drawn of, for SVG; never reported, see `Message`
    ``shot_done``   all wanted frames of ``shot`` are there, after ``seconds``
    ``encode``      ``done`` of ``of`` frames are in the film ``file``
    ``warning``     ``message``
    ``error``       ``message``; the exception that follows says the same
    ``done``        the film ``file`` with ``of`` frames is there, after ``seconds``
    ==============  =============================================================================
    """

    kind: Kind
    shot: str | None = None
    frame: int | None = None
    local: int | None = None
    done: int | None = None
    of: int | None = None
    loss: float | None = None
    steps: int | None = None
    seconds: float | None = None
    again: bool | None = None
    cut_batch: int | None = None
    masks: Mapping[str, float] | None = None
    file: str | None = None
    message: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the fields that are set, as JSON takes them."""
        return {key: value for key, value in asdict(self).items() if value is not None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Event:
        """Return the event that `to_json` gave; fields of a later version are left out."""
        return cls(**{key: value for key, value in data.items() if key in cls.__dataclass_fields__})


OnEvent = Callable[[Event], None]


def ignore_event(_event: Event) -> None:
    """Do nothing: the default handler of `render`."""
