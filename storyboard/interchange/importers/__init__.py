"""Other tools' files read as stories, and what those tools make of their settings.

::

    TOOLS                                            every tool that is read, by name
    import_file(path, tool=None, fps=None) -> Imported      its story and what is to be said of it
    evaluate(tool, kind, input, context, frames)     one question of a behaviour table

docs/importing.md has every conversion: times, signs, orders, and what was mended.
"""

from __future__ import annotations

from storyboard.interchange.importers.stories import Imported, import_file, import_settings
from storyboard.interchange.importers.table import evaluate
from storyboard.interchange.importers.tools import TOOLS, Tool
from storyboard.interchange.importers.writing import Draft

__all__ = [
    "TOOLS",
    "Draft",
    "Imported",
    "Tool",
    "evaluate",
    "import_file",
    "import_settings",
]
