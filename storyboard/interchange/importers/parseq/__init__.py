"""Parseq: its formulas, and its documents and rendered manifests as stories.

`formulas` parses what `functions` evaluates at one of the `moments` of a film. `document` reads
files, `prompts` gives every frame its text; `curves`, `moves` and `shots` write what comes of them
in our own language, and `story` puts it together.
"""
