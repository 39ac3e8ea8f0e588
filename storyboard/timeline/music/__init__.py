"""What a story takes from its soundtrack: beats on the clock, signals, marks, lyrics, snapping.

``soundtrack`` puts the sound on the clock, ``grid`` its beats; ``listening`` is what expressions
hear (`sound` says in what form); ``marks``, ``lyrics`` and ``snap`` make moments and shots of it.
"""
