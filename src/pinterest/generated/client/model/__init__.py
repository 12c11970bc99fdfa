"""One module per model, as old code imports them. The models themselves are in ``pinterest.generated.client.models``."""
