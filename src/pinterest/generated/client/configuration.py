"""Where to send, with which token, over what kind of connection."""

from __future__ import annotations

import copy
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pinterest.generated.client.exceptions import ApiValueError
from pinterest.generated.client.version import __version__

JSON_SCHEMA_VALIDATION_KEYWORDS = {
    "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength", "pattern",
    "maxItems", "minItems",
}  # fmt: skip

_HOST = "https://api.pinterest.com/v5"
_LOGGERS = {"package_logger": "pinterest.generated.client", "urllib3_logger": "urllib3"}


class Configuration:
    """The settings of an `ApiClient`.

    ``host``, ``access_token`` and ``disabled_client_side_validations`` are read at every call, so that a token can be
    replaced while the client lives. What concerns connections (``verify_ssl``, ``ssl_ca_cert``, ``cert_file``,
    ``key_file``, ``assert_hostname``, ``connection_pool_maxsize``, ``proxy``, ``proxy_headers``, ``no_proxy``,
    ``retries``, ``socket_options``) is read once, when the client is made. Environment variables are never read.

    ``retries`` takes what urllib3 takes: None (three for what is safe to repeat), a number, False, or a
    `urllib3.util.Retry`. Whatever it says, a write is repeated only when it certainly was not executed, and no
    redirect is followed.
    """

    _default: Configuration | None = None

    def __init__(
        self,
        host: str | None = None,
        api_key: dict[str, str] | None = None,
        api_key_prefix: dict[str, str] | None = None,
        access_token: str | None = None,
        username: str | None = None,
        password: str | None = None,
        discard_unknown_keys: bool = False,
        disabled_client_side_validations: str = "",
        server_index: int | None = None,
        server_variables: dict[str, str] | None = None,
        server_operation_index: dict[str, int] | None = None,
        server_operation_variables: dict[str, dict[str, str]] | None = None,
        ssl_ca_cert: str | None = None,
    ) -> None:
        self._base_path = _HOST if host is None else host
        # 0.1.2 ignored the host when a server_index came with it.
        self.server_index: int | None = (0 if server_index is None else server_index) if host is None else None
        self.server_variables = server_variables or {}
        self.server_operation_index = server_operation_index or {}
        self.server_operation_variables = server_operation_variables or {}
        self.temp_folder_path: str | None = None
        self.access_token = access_token
        self.api_key = api_key or {}
        self.api_key_prefix = api_key_prefix or {}
        self.refresh_api_key_hook: Callable[[Configuration], None] | None = None
        self.username = username
        self.password = password
        self.discard_unknown_keys = discard_unknown_keys
        self.disabled_client_side_validations = disabled_client_side_validations
        self.logger = {key: logging.getLogger(name) for key, name in _LOGGERS.items()}
        self.logger_stream_handler: logging.Handler | None = None
        self.logger_file_handler: logging.Handler | None = None
        self._logger_file: str | None = None
        self._debug = False
        self._levels: dict[str, int] = {}
        self.logger_format = "%(asctime)s %(levelname)s %(message)s"
        self.verify_ssl = True
        self.ssl_ca_cert = ssl_ca_cert
        self.cert_file: str | None = None
        self.key_file: str | None = None
        self.assert_hostname: str | bool | None = None
        self.connection_pool_maxsize: int | None = (os.cpu_count() or 1) * 5
        self.proxy: str | None = None
        self.no_proxy: str | None = None
        self.proxy_headers: Mapping[str, str] | None = None
        self.safe_chars_for_path_param = ""
        self.retries: Any = None
        self.client_side_validation = True
        self.socket_options: Sequence[tuple[int, int, int]] | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        if name == "disabled_client_side_validations":
            keywords = set(filter(None, value.split(",")))
            for keyword in keywords:
                if keyword not in JSON_SCHEMA_VALIDATION_KEYWORDS:
                    raise ApiValueError(f"Invalid keyword: '{keyword}''")
            object.__setattr__(self, "_disabled_client_side_validations", frozenset(keywords))

    def __deepcopy__(self, memo: dict[int, Any]) -> Configuration:
        result = type(self).__new__(type(self))
        memo[id(self)] = result
        shared = ("logger", "logger_file_handler", "logger_formatter", "retries")
        for name, value in self.__dict__.items():
            object.__setattr__(result, name, value if name in shared else copy.deepcopy(value, memo))
        return result

    def __getstate__(self) -> dict[str, Any]:
        # A handler holds a file and a lock; the loggers it is attached to live in the process, not in the copy.
        return {**self.__dict__, "logger_file_handler": None, "logger_stream_handler": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    @classmethod
    def set_default(cls, default: Configuration | None) -> None:
        """Keep a copy for clients that are made without a configuration; None forgets it."""
        cls._default = copy.deepcopy(default)

    @classmethod
    def get_default_copy(cls) -> Configuration:
        """A copy of what `set_default` was given, else a new `Configuration`."""
        return Configuration() if cls._default is None else copy.deepcopy(cls._default)

    # ------------------------------------------------------------------------------------------------ where

    @property
    def host(self) -> str:
        return self.get_host_from_settings(self.server_index, variables=self.server_variables)

    @host.setter
    def host(self, value: str) -> None:
        self._base_path = value
        self.server_index = None

    def get_host_settings(self) -> list[dict[str, Any]]:
        """The servers of the description: one."""
        return [{"url": _HOST, "description": "No description provided"}]

    def get_host_from_settings(
        self,
        index: int | None,
        variables: Mapping[str, str] | None = None,
        servers: Sequence[Mapping[str, Any]] | None = None,
    ) -> str:
        """The host itself where ``index`` is None, else the URL of that server."""
        if index is None:
            return self._base_path
        servers = self.get_host_settings() if servers is None else servers
        try:
            server = servers[index]
        except IndexError:
            raise ValueError(
                f"Invalid index {index} when selecting the host settings. Must be less than {len(servers)}"
            ) from None
        url: str = server["url"]
        for name, variable in server.get("variables", {}).items():
            used = (variables or {}).get(name, variable["default_value"])
            if "enum_values" in variable and used not in variable["enum_values"]:
                raise ValueError(
                    f"The variable `{name}` in the host URL has invalid value {used}. Must be {variable['enum_values']}."
                )
            url = url.replace("{" + name + "}", used)
        return url

    def auth_settings(self) -> dict[str, dict[str, str]]:
        """What goes into which header, by security scheme."""
        if self.access_token is None:
            return {}
        bearer = {"in": "header", "key": "Authorization", "value": "Bearer " + self.access_token}
        return {"conversion_token": {"type": "bearer", **bearer}, "pinterest_oauth2": {"type": "oauth2", **bearer}}

    # ---------------------------------------------------------------------------------------------- logging

    @property
    def debug(self) -> bool:
        """True lets this package's and urllib3's loggers speak at DEBUG: request lines, statuses and answers.

        0.1.2 also made http.client print every request, the access token included; this does not. It also forced both
        loggers to WARNING whenever a `Configuration` was made; here False puts back the levels that True had changed.
        """
        return self._debug

    @debug.setter
    def debug(self, value: bool) -> None:
        if value and not self._debug:
            self._levels = {key: logger.level for key, logger in self.logger.items()}
            for logger in self.logger.values():
                logger.setLevel(logging.DEBUG)
        elif self._debug and not value:
            for key, logger in self.logger.items():
                logger.setLevel(self._levels.get(key, logging.NOTSET))
        self._debug = value

    @property
    def logger_file(self) -> str | None:
        """A file that both loggers write to; None ends it."""
        return self._logger_file

    @logger_file.setter
    def logger_file(self, value: str | None) -> None:
        if self.logger_file_handler is not None:
            for logger in self.logger.values():
                logger.removeHandler(self.logger_file_handler)
            self.logger_file_handler.close()
            self.logger_file_handler = None
        self._logger_file = value
        if value:
            self.logger_file_handler = logging.FileHandler(value)
            self.logger_file_handler.setFormatter(self.logger_formatter)
            for logger in self.logger.values():
                logger.addHandler(self.logger_file_handler)

    @property
    def logger_format(self) -> str:
        return self._logger_format

    @logger_format.setter
    def logger_format(self, value: str) -> None:
        self._logger_format = value
        self.logger_formatter = logging.Formatter(value)

    def to_debug_report(self) -> str:
        """The system, Python and versions: what a bug report needs."""
        return (
            "Python SDK Debug Report:\n"
            f"OS: {sys.platform}\n"
            f"Python Version: {sys.version}\n"
            "Version of the API: 5.6.0\n"
            f"SDK Package Version: {__version__}"
        )
