"""Calls: how one arrives, what becomes of it, what its caller chose, and what was recorded."""
