"""What lies on the disk of a render: frames, checkpoints, records, and who may write them.

Importing this package imports no torch.
"""
