"""What a driver sees of himself, and does."""
