"""How the built-in weights were made: a drawn world, a robust perceptor, and a judge."""
