"""Training of the built-in weights: a drawn world, a robust perceptor, and a judge."""
