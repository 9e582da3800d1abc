"""The live feed: its sockets, who of an office listens, and what they are told."""
