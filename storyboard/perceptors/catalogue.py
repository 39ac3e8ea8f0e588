"""The perceptors with a name of their own: where each is and what it does."""

from __future__ import annotations

from storyboard.catalogue import Record

RECORDS = {
    "sketch": Record(
        "storyboard.perceptors.clip:load_sketch",
        "built in, small: shapes, colours and landscapes that the project draws itself",
    ),
    "tiny": Record(
        "storyboard.perceptors.testing:load_tiny",
        "built in, for trials and tests: sees only coarse colours, reads only colour words",
    ),
}
"""Every built-in perceptor, by name."""
