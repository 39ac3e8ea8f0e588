"""The drawn world: pictures and captions that a program can make in any number."""
