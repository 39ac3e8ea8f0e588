"""Numbers that change with time: the clock, keys, easings, expressions, and what a curve reads.

``clock`` and ``beat_grid`` define when things happen; ``keys``, ``easings`` and ``expressions`` are
the ways to write a number that moves; ``curves`` reads each of them, and ``instants`` holds the
times at which it is evaluated. No torch in here.
"""
