"""What the people at the desk do: plain functions, one transaction each, told of as events. Knows no transport."""
