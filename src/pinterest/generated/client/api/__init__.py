"""One module per group of endpoints, as old code imports them; this library has one group."""
