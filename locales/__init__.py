"""Everything said, shown or sent, by language."""
