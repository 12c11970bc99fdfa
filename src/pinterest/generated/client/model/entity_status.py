from pinterest.generated.client.models import EntityStatus as EntityStatus
