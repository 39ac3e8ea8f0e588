"""Ctrl-C: once asks the work to finish its frame and save, twice ends it at once."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Self

from storyboard.errors import Interrupted

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupt:
    """Within the block a first signal only sets `asked`; call it to ask whether one came.

    A second one leaves the process where it stands. Nothing is torn by that: what is written,
    is written beside its place and moved there whole.
    """

    def __init__(self) -> None:
        self.asked = False

    def __call__(self) -> bool:
        """Return True once the user wants to stop."""
        return self.asked

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._handle) for number in _SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            os._exit(Interrupted.exit_code)
        self.asked = True
        # written past the buffered stream, which the signal may have caught in the middle of a line
        with suppress(OSError, ValueError, AttributeError):  # nobody may be there to read it
            os.write(sys.stderr.fileno(), b"\nfinishing this frame; once more stops at once\n")
