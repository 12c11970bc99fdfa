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
    context = ssl.create_default_context()
    _load(context, ca_file, client_certificate)
    return context


def check_files(
    given: ssl.SSLContext | None, ca_file: str | os.PathLike[str] | None, client_certificate: str | tuple[str, str] | None
) -> None:
    """Refuse files that cannot be used when a transport is made, not at its first request.

    The operating system's certificates are not read for that, which takes longer than all the rest.

    Raises:
        ConfigurationError: a file is not there, or holds no such thing; or a context stands beside files.
    """
    if ca_file or client_certificate:
        if given is not None:
            raise ConfigurationError("ssl_context: give either a context or files, not both")
        _load(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ca_file, client_certificate)


def _load(
    context: ssl.SSLContext, ca_file: str | os.PathLike[str] | None, client_certificate: str | tuple[str, str] | None
) -> None:
    pair = (client_certificate,) if isinstance(client_certificate, str) else client_certificate
    name, path = "ca_file", str(ca_file)
    try:
        if ca_file:
            context.load_verify_locations(ca_file)
        if pair:
            name, path = "client_certificate", " and ".join(map(str, pair))
            context.load_cert_chain(*pair)
    except OSError as error:  # ssl.SSLError is one
        raise ConfigurationError(
            f"certificates: {name} {path}: {error.strerror or error}", advice="name PEM files that exist and can be read"
        ) from error
