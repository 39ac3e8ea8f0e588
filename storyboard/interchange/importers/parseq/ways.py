"""Which of Parseq's formulas are ways from key to key.

::

    curve_of(parse('bez(c="easeInSine")')) -> (0.12, 0, 0.39, 0)      "hold" for S, None for others
"""

from __future__ import annotations

from storyboard.interchange.importers.parseq.curves import Points
from storyboard.interchange.importers.parseq.eases import LINE, bez_points
from storyboard.interchange.importers.parseq.functions import FUNCTIONS
from storyboard.interchange.importers.parseq.moment import Film
from storyboard.interchange.importers.parseq.signatures import matched
from storyboard.interchange.importers.parseq.translate import OSCILLATORS, Words
from storyboard.interchange.importers.parseq.tree import Call, Name, Node, calls_in, names_in, parts

_AROUND = {"k", "active_keyframe", "prev_keyframe", "next_keyframe", "next_keyframe_value"}


def counts_from_keys(node: Node) -> bool:
    """Whether a formula means something else from key to key: by a name, a
    limit, or a way of its own."""
    limited = any(
        name in ("limit", "li") or place == 4
        for part in parts(node)
        if isinstance(part, Call) and part.name in OSCILLATORS
        for place, (name, _) in enumerate(part.arguments)
    )
    return limited or bool(names_in(node) & _AROUND) or bool(calls_in(node) & {"bez", "slide"})


def curve_of(node: Node) -> Points | str | None:
    """The curve from key to key that a formula is: control points, or ``hold``; None if none."""
    match node:
        case Name("L"):
            return LINE
        case Name("S" | "active_keyframe_value" | "prev_keyframe_value"):
            return "hold"
        case Call("slide", ()):
            return LINE
        case Call("bez"):
            given = matched(FUNCTIONS["bez"], node)
            elsewhere = any(part is not None for part in (*given[4:8], given[9]))
            return None if elsewhere else bez_points(given, Words(Film()).constant)
    return None
