"""Public methods, one file per kind of entity, written once for both clients."""
