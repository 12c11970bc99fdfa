"""Where tokens are found and kept."""
