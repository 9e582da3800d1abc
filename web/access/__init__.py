"""Who asks, from where, how often, and what of a number he is shown."""
