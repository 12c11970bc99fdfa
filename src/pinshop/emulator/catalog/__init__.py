"""Feed files and the filters of product groups."""
