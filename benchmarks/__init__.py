"""How fast callboard is, each time beside a floor measured in the same run: `python -m benchmarks.<name>`, or `scripts/bench`."""
