"""Built-in weights, as `training/` made them; nothing here is code."""
