"""Parseq: its formulas, and its documents and rendered manifests as stories.

A formula goes through `tokens` and `parser` to a `tree`, which `values` works out frame by frame
and `translate` writes in our own language. `document` and `manifest` read files, `story` makes a
story of them, and `questions` answers the behaviour table.
"""
