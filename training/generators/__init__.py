"""Training of the built-in generators: a first stage, a text-conditional UNet, a codebook."""
