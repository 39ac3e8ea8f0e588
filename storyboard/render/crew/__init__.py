"""Several workers that paint the chains of a film at once: who paints what is decided here, where
the workers are is a matter of each kind of crew.
"""
