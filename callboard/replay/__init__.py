"""Plays a recording through the real path: Asterisk, callers, boxes, operators and the network are played, the rest is real."""
