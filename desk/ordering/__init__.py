"""What people do with orders: take, change, look at, reserve, price, dispute."""
