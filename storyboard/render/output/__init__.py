"""The film file: containers, the encoder, what is embedded in it, and its flashes."""
