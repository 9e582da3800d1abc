"""The demo site: a firm, its people, and customers with a past. All of it is invented."""
