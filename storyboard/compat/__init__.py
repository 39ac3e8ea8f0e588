"""Calls of other programs, for scripts that were written for them: `clipit` and `pixray`."""
