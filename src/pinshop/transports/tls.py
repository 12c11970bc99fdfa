"""TLS settings, the same for both transports."""

from __future__ import annotations

import os
import ssl

from pinshop.errors import ConfigurationError

TLS_ADVICE = "check the certificates that are trusted, and the clock of this machine"


def ssl_context(
    given: ssl.SSLContext | None, ca_file: str | os.PathLike[str] | None, client_certificate: str | tuple[str, str] | None
) -> ssl.SSLContext:
    """The context of a transport; the default trusts what the operating system trusts."""
    if given is not None and (ca_file or client_certificate):
        raise ConfigurationError("ssl_context: give either a context or files, not both")
    if given is not None:
        return given
    try:
        context = ssl.create_default_context()
        if ca_file:
            context.load_verify_locations(ca_file)
        if client_certificate:
            pair = (client_certificate,) if isinstance(client_certificate, str) else client_certificate
            context.load_cert_chain(*pair)
    except OSError as error:  # ssl.SSLError is one
        raise ConfigurationError(f"certificates: {error}") from error
    return context
