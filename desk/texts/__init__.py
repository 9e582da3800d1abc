"""What a text is: its size and alphabet, its states and receipts, and what the law says of advertising."""
