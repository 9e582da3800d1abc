"""One box model per file; the file name is the name in the configuration."""
