"""Public methods, one file per noun, written once for both clients."""
