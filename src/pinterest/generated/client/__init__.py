"""The interface of pinterest-generated-client 0.1.2 for product group promotions, over pinshop.

Code that was written against it runs unchanged; docs/migration.md tells what is different, and why.
"""

from pinterest.generated.client.api_client import ApiClient
from pinterest.generated.client.configuration import Configuration
from pinterest.generated.client.exceptions import (
    ApiAttributeError,
    ApiException,
    ApiKeyError,
    ApiTypeError,
    ApiValueError,
    ForbiddenException,
    NotFoundException,
    OpenApiException,
    ServiceException,
    UnauthorizedException,
)
from pinterest.generated.client.not_shipped import explain_missing_modules
from pinterest.generated.client.version import __version__

explain_missing_modules()

__all__ = [
    "ApiAttributeError",
    "ApiClient",
    "ApiException",
    "ApiKeyError",
    "ApiTypeError",
    "ApiValueError",
    "Configuration",
    "ForbiddenException",
    "NotFoundException",
    "OpenApiException",
    "ServiceException",
    "UnauthorizedException",
    "__version__",
]
