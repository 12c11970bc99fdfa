from pinterest.generated.client.models import Error as Error
