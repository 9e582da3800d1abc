"""Who gets an order: looked for, weighed, asked, matched, given."""
