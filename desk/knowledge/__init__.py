"""Articles that are opened while somebody is on the line: written, found, suggested, counted."""
