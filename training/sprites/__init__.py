"""Build the drawings of things that `storyboard.world.sprites` places in scenes."""
