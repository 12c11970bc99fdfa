"""One endpoint of the old interface: pinshop's operation row, as API 5.6 had it, with the old client's checks in its order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pinshop.api.checks import is_digits
from pinshop.api.operations import Operation, Param
from pinterest.generated.client.exceptions import ApiTypeError
from pinterest.generated.client.model_utils import CONVERTS, check_allowed_values, check_type, check_validations, none_type

if TYPE_CHECKING:
    from pinterest.generated.client.api_client import ApiClient

#: The version of Pinterest's description that the old client was made from.
CONTRACT = "5.6"
#: Keyword arguments of every method, and their types.
OPTIONS: dict[str, tuple[Any, ...]] = {
    "async_req": (bool,),
    "_host_index": (none_type, int),
    "_preload_content": (bool,),
    "_request_timeout": (),  # judged when it is used
    "_return_http_data_only": (bool,),
    "_check_input_type": (bool,),
    "_check_return_type": (bool,),
    "_spec_property_naming": (bool,),
    "_content_type": (none_type, str),
}
_TYPES: dict[str, tuple[Any, ...]] = {"integer": (int,), "date": (date,)}
_ID_RULES: dict[str, Any] = {"max_length": 18, "regex": {"pattern": r"^\d+$"}}
_STR = (str,)


class Endpoint:
    """What a method needs to know.

    ``settings``, ``openapi_types``, ``validations``, ``allowed_values``, ``attribute_map``, ``location_map`` and
    ``collection_format_map`` are tables, as they were.
    """

    def __init__(
        self,
        operation_id: str,
        row: Operation,
        response_type: tuple[Any, ...],
        body: tuple[str, type] | None = None,
        enums: Mapping[str, type] | None = None,
    ) -> None:
        self.settings = {
            "response_type": response_type,
            "auth": ["pinterest_oauth2"],
            "endpoint_path": row.path,
            "operation_id": operation_id,
            "http_method": row.verb,
            "servers": None,
        }
        params = [(param, was) for param in row.query if (was := param.at(CONTRACT)) is not None]
        self.location_map = dict.fromkeys(row.path_names, "path")
        self.openapi_types: dict[str, tuple[Any, ...]] = dict.fromkeys(row.path_names, _STR)
        self.validations: dict[tuple[str, ...], dict[str, Any]] = {(name,): _ID_RULES for name in row.path_names}
        self.collection_format_map: dict[str, str] = {}
        self._choices: dict[str, tuple[Param, Param]] = {}
        for param, was in params:
            name = was.name
            self.location_map[name] = "query"
            many = was.kind.endswith("s")
            self.openapi_types[name] = ([str],) if many else _TYPES.get(was.kind, _STR)
            if enums and name in enums:
                self.openapi_types[name] = (enums[name],)
            elif was.choices or name == "columns":
                self._choices[name] = (param, was)
            if many:
                self.collection_format_map[name] = "multi" if was.repeat else "csv"
            if rules := _rules(was):
                self.validations[(name,)] = rules
        if body is not None:
            self.location_map[body[0]] = "body"
            self.openapi_types[body[0]] = (body[1],)
        self.attribute_map = {name: name for name, where in self.location_map.items() if where != "body"}
        self._content = {"Accept": "application/json", **({"Content-Type": "application/json"} if body else {})}
        self._accepted = {**self.openapi_types, **OPTIONS}

    @cached_property
    def allowed_values(self) -> dict[tuple[str, ...], dict[str, Any]]:
        """The values of 5.6, by parameter. What later versions added is accepted too, but messages list these."""
        return {(name,): {str(one): one for one in _values(was)} for name, (_, was) in self._choices.items()}

    def _later(self, name: str) -> Callable[[], frozenset[Any]]:
        param = self._choices[name][0]
        return lambda: frozenset(_columns(None) if name == "columns" else param.choices)

    def call(self, client: ApiClient, arguments: dict[str, Any]) -> Any:
        """Check the arguments, in the order they come, and send them in that order."""
        configuration = client.configuration
        for name in arguments:
            if name not in self._accepted:
                raise ApiTypeError(f"Got an unexpected parameter '{name}' to method `{self.settings['operation_id']}`")
        index = arguments.get("_host_index")
        if index:  # there is one server, and requests go to the host that was configured
            configuration.get_host_from_settings(index)
        for name in self._choices:
            if name in arguments:
                check_allowed_values(self.allowed_values, (name,), arguments[name], self._later(name))
        for path in self.validations:
            value = arguments.get(path[0])
            # The common case first: an id.
            if not (type(value) is str and is_digits(value, 18)):
                check_validations(self.validations, path, value, configuration)
        if arguments.get("_check_input_type", True) is not False:
            for name, value in arguments.items():
                types = self._accepted[name]
                if types and not (types is _STR and type(value) is str):
                    arguments[name] = check_type(value, types, [name], CONVERTS, configuration)
        path_params: dict[str, Any] = {}
        query_params: list[tuple[str, Any]] = []
        body = None
        for name, value in arguments.items():
            where = self.location_map.get(name)
            if where == "path":
                path_params[name] = value
            elif where == "query":
                query_params.append((name, value))
            elif where == "body":
                body = value
        headers = dict(self._content)
        if forced := arguments.get("_content_type"):
            headers["Content-Type"] = forced
        return client.call_api(
            self.settings["endpoint_path"],  # type: ignore[arg-type]
            self.settings["http_method"],  # type: ignore[arg-type]
            path_params,
            query_params,
            headers,
            body=body,
            response_type=self.settings["response_type"],  # type: ignore[arg-type]
            auth_settings=self.settings["auth"],  # type: ignore[arg-type]
            async_req=arguments.get("async_req", False),
            _return_http_data_only=arguments.get("_return_http_data_only", True),
            collection_formats=self.collection_format_map,
            _preload_content=arguments.get("_preload_content", True),
            _request_timeout=arguments.get("_request_timeout"),
            _check_type=arguments.get("_check_return_type", True),
        )


def _rules(param: Param) -> dict[str, Any]:
    if param.kind == "id":
        return _ID_RULES
    low, high = ("inclusive_minimum", "inclusive_maximum") if param.kind == "integer" else ("min_items", "max_items")
    # A list of columns had no limits; an empty one is sent.
    limits = {} if param.name == "columns" else {high: param.maximum, low: param.minimum}
    return {name: limit for name, limit in limits.items() if limit is not None}


def _values(param: Param) -> tuple[Any, ...]:
    return _columns(CONTRACT) if param.name == "columns" else param.choices


def _columns(api_version: str | None) -> tuple[str, ...]:
    """The names of the columns, in the order of the description: two stand first, the others by name."""
    from pinshop.api.columns import (
        COLUMNS,
        available,  # only analytics needs the table
    )

    names = COLUMNS if api_version is None else available(api_version)
    return tuple(sorted(names, key=lambda name: (_FIRST.get(name, 2), name)))


_FIRST = {"ADVERTISER_ID": 0, "PIN_PROMOTION_ID": 1}
