"""What pages have in common, area by area: language, clock, forms, and tables to take away."""
