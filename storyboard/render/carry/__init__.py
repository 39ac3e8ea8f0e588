"""State carried from frame to frame: anchor, colours, clip, depth and newly revealed areas."""
