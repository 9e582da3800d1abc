"""Texts to people and from them: owed, sent, received, and to many."""
