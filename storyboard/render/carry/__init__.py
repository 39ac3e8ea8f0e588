"""What crosses from frame to frame: the anchor, its colours, the clip, depth, new picture."""
