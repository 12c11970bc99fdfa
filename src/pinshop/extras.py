"""What is not installed by default: one sentence for each extra that is missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from pinshop.errors import ConfigurationError


def required(module: str, extra: str, purpose: str) -> Any:
    """Import a module that an extra installs.

    Args:
        module: the module, such as "uvicorn".
        extra: the extra of pinshop that installs it, such as "emulator".
        purpose: what needs it; begins the message.

    Raises:
        ConfigurationError: it is not installed; the advice is the pip line.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        top = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != top:
            raise
        raise missing(top, extra, purpose) from None


def missing(package: str, extra: str, purpose: str) -> ConfigurationError:
    """The error that says which extra to install."""
    return ConfigurationError(f"{purpose} needs {package}, which is not installed", advice=f"pip install 'pinshop[{extra}]'")
