"""Credentials in environment variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pinshop.api.http import BaseUrl
from pinshop.errors import ConfigurationError
from pinshop.flow.secrets import HiddenMapping, Secret

#: Meaning -> names in the environment, the canonical one first. Source of the aliases: the official SDK and quickstart, and
#: the tools in use beside them.
NAMES: dict[str, tuple[str, ...]] = {
    "access_token": ("PINTEREST_ACCESS_TOKEN", "PINTEREST_ADS_ACCESS_TOKEN"),
    "refresh_token": ("PINTEREST_REFRESH_ACCESS_TOKEN", "PINTEREST_REFRESH_TOKEN", "PINTEREST_ADS_REFRESH_TOKEN"),
    "app_id": ("PINTEREST_APP_ID", "PINTEREST_CLIENT_ID"),
    "app_secret": ("PINTEREST_APP_SECRET", "PINTEREST_CLIENT_SECRET"),
    "base_url": ("PINTEREST_API_URI", "PINTEREST_BASE_URL"),
    "ad_account_id": ("PINTEREST_AD_ACCOUNT_ID",),
    "profile": ("PINSHOP_PROFILE",),
    "config_dir": ("PINSHOP_CONFIG_DIR",),
}


class Environment(HiddenMapping):
    """The environment, held so that a traceback with local variables does not show it."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __repr__(self) -> str:
        return "Environment(…)"


def read_secret(environ: Mapping[str, str], meaning: str) -> tuple[str, Secret] | None:
    """As `read_text`, for what must not show."""
    found = [(name, Secret(environ[name].strip())) for name in NAMES[meaning] if environ.get(name, "").strip()]
    if len({secret for _, secret in found}) > 1:
        raise ConfigurationError(f"{' and '.join(name for name, _ in found)} are both set, to different values")
    return found[0] if found else None


def read_text(environ: Mapping[str, str], meaning: str) -> tuple[str, str] | None:
    """The name that is set and its value. Names that say the same thing differently are refused, not ranked."""
    found = [(name, value) for name in NAMES[meaning] if (value := environ.get(name, "").strip())]
    if len({value for _, value in found}) > 1:
        raise ConfigurationError(f"{' and '.join(name for name, _ in found)} are both set, to different values")
    return found[0] if found else None


def value_of(environ: Mapping[str, str], meaning: str) -> str | None:
    """One value of the environment by its meaning (a key of `NAMES`)."""
    found = read_text(environ, meaning)
    return found[1] if found else None


def base_url_of(environ: Mapping[str, str], argument: str | None) -> str | None:
    """The base URL that an argument names, or else the environment."""
    found = read_base_url(environ, argument)
    return found[1] if found else None


def read_base_url(environ: Mapping[str, str], argument: str | None) -> tuple[str, str] | None:
    """Who names a base URL, and which."""
    found = ("base_url", argument) if argument is not None else read_text(environ, "base_url")
    return (found[0], str(BaseUrl.parse(found[1], found[0]))) if found else None


def config_dir(environ: Mapping[str, str]) -> Path:
    """``PINSHOP_CONFIG_DIR``, else the platform's place (Linux: ``$XDG_CONFIG_HOME/pinshop`` or ``~/.config/pinshop``)."""
    if given := read_text(environ, "config_dir"):
        return Path(given[1])
    try:
        import platformdirs
    except ImportError:
        raise ConfigurationError(
            "profiles need platformdirs", advice="pip install 'pinshop[cli]', or set PINSHOP_CONFIG_DIR"
        ) from None
    return platformdirs.user_config_path("pinshop", appauthor=False)
