"""Moved to `storyboard.interchange.importers`; the names here warn."""

from storyboard.moved import moved

__getattr__ = moved(__name__, "storyboard.interchange.importers")
