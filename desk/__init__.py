"""What the people at the desk do: plain functions, one transaction each, told of as events. Knows no transport."""

# Whoever writes a customer, wherever, writes the words by which he is found: the session is told of it before anybody has one.
from desk.keeping import customer_words as customer_words
