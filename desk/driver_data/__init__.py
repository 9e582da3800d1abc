"""All that is kept of one driver: given to him, and erased."""
