from pinterest.generated.client.models import CreativeType as CreativeType
