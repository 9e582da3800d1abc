"""Asterisk's event side (AMI): one link that listens, one that acts."""
