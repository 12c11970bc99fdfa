"""What promotions earn."""
