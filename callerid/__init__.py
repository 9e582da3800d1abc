"""Serial caller-ID boxes: a second way in, useful without any PBX."""
