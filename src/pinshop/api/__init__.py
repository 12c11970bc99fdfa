"""Facts: Pinterest's API as data."""
