"""Files of a render: frames, checkpoints, records and locks.

Importing this package imports no torch.
"""
