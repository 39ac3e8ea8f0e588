"""Other tools' files read as stories.

::

    TOOLS                                            every tool that is read, by name
    import_file(path, tool=None, fps=None) -> Imported      its story and notes

docs/importing.md has every conversion: times, signs, orders, and what was mended.
"""

from __future__ import annotations

from storyboard.interchange.importers.story_writer import Draft
from storyboard.interchange.importers.tools import (
    TOOLS,
    Imported,
    Tool,
    import_file,
    import_settings,
)

__all__ = [
    "TOOLS",
    "Draft",
    "Imported",
    "Tool",
    "import_file",
    "import_settings",
]
