from pinterest.generated.client.models import Granularity as Granularity
