"""Parseq: its formulas, and its documents and rendered manifests as stories.

`formulas` parses what `formula_values` evaluates at `formula_frames`. `parseq_file` reads files,
`prompt_ranges` gives every frame its text; `field_curves`, `frame_moves` and `text_shots` write the
result in our own language, and `story` puts it together.
"""
