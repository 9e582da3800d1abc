"""The command line, one command a file; `callboard/__main__.py` gives them their names."""
