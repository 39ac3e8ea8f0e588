"""Other tools' files read as stories, and what those tools make of their settings.

::

    evaluate(tool, kind, input, context, frames)     one question of a behaviour table
"""

from __future__ import annotations

from storyboard.story.importers.table import evaluate

__all__ = ["evaluate"]
