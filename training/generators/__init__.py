"""How the built-in generators were made: a first stage, a text-conditional UNet, a codebook."""
