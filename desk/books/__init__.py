"""Money: the ledger, what goes into it, what is read from it, and the months that are closed."""
