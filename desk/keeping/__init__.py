"""The database itself, and what is kept beside it: one callboard at a time, words to search by, files that rows name."""
