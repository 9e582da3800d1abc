"""Places: of the customer, of the office's book, of the country's gazetteer; and who is near one."""
