"""What promotions earned: what to ask, and the rows that come."""
