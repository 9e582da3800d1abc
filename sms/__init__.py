"""Getting a Message row to a handset, and hearing what became of it."""
