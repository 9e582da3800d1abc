"""Drivers: who they are, whether they may drive, what they are offered, what they prove."""
