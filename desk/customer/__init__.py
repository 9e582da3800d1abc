"""Customers: found, shown, grouped, merged, kept from harm, forgotten."""
