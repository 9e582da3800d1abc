"""What a trade's table names: fees, tariffs, fairness, how long it takes. Pure."""
