"""The office's calendar and clock, and moments as people type and read them."""
