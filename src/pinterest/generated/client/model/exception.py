from pinterest.generated.client.models import Exception as Exception
