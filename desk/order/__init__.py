"""One order's row: its states, clock, places, customer and what was promised. Whatever changes an order goes through here."""
