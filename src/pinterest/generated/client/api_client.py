"""The client: default headers, the connections, the threads of ``async_req``, and the way from a call to its answer."""

from __future__ import annotations

import io
import json
import sys
import weakref
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import msgspec

from pinshop.transports.failures import forget_locals
from pinterest.generated.client import rest
from pinterest.generated.client.bodies import jsonable
from pinterest.generated.client.configuration import Configuration
from pinterest.generated.client.exceptions import ApiTypeError, ApiValueError, UnusableAnswer
from pinterest.generated.client.model_utils import answer, nothing
from pinterest.generated.client.version import USER_AGENT

if TYPE_CHECKING:
    from multiprocessing.pool import ThreadPool

APP_TYPE_DETAILED_VALUE = "12"
#: Calls with ``async_req`` that are under way at once. In 0.1.2 it was one, so that nothing was concurrent.
POOL_THREADS = 32

_SEPARATORS = {"csv": ",", "ssv": " ", "tsv": "\t", "pipes": "|"}


_decode = msgspec.json.Decoder().decode


class ApiClient:
    """Sends calls. Threads may share one; close it, or use it in a ``with`` block, to close its connections.

    Args:
        configuration: else a copy of the default one.
        header_name, header_value: a header for every call.
        cookie: the ``Cookie`` header of every call.
        pool_threads: how many calls with ``async_req`` run at once; threads start with the first such call.
        user_agent: an argument of 0.1.3 and 0.1.4.
    """

    def __init__(
        self,
        configuration: Configuration | None = None,
        header_name: str | None = None,
        header_value: Any = None,
        cookie: str | None = None,
        pool_threads: int = POOL_THREADS,
        app_type_detailed: str = APP_TYPE_DETAILED_VALUE,
        user_agent: str | None = None,
    ) -> None:
        self.app_type_detailed = app_type_detailed
        self.configuration = Configuration.get_default_copy() if configuration is None else configuration
        self.pool_threads = pool_threads
        # As many idle connections as threads, or every other call would open one.
        self.rest_client = rest.RESTClientObject(
            self.configuration, maxsize=max(self.configuration.connection_pool_maxsize or 4, pool_threads)
        )
        self.default_headers: dict[str, Any] = {"X-Pinterest-App-Type-Detailed": app_type_detailed}
        if header_name is not None:
            self.default_headers[header_name] = header_value
        self.cookie = cookie
        self.user_agent = USER_AGENT if user_agent is None else user_agent
        self._pool: ThreadPool | None = None
        self._end_pool: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Wait for the calls under way, end the threads and close the connections. A later call opens new ones."""
        if self._end_pool is not None:
            self._end_pool()
            self._pool = self._end_pool = None
        self.rest_client.close()

    @property
    def pool(self) -> ThreadPool:
        """The threads of ``async_req``; started when first asked for."""
        if self._pool is None:
            from multiprocessing.pool import ThreadPool  # 20 ms, and most programs never use it

            self._pool = ThreadPool(self.pool_threads)
            self._end_pool = weakref.finalize(self, _end, self._pool)
        return self._pool

    @property
    def user_agent(self) -> str:
        value: str = self.default_headers["User-Agent"]
        return value

    @user_agent.setter
    def user_agent(self, value: str) -> None:
        self.default_headers["User-Agent"] = value

    def set_default_header(self, header_name: str, header_value: Any) -> None:
        """Send this header with every call."""
        self.default_headers[header_name] = header_value

    # ----------------------------------------------------------------------------------------------- calling

    def call_api(
        self,
        resource_path: str,
        method: str,
        path_params: Mapping[str, Any] | None = None,
        query_params: Any = None,
        header_params: Mapping[str, Any] | None = None,
        body: Any = None,
        post_params: Any = None,
        files: Any = None,
        response_type: tuple[Any, ...] | None = None,
        auth_settings: list[str] | None = None,
        async_req: bool | None = None,
        _return_http_data_only: bool | None = None,
        collection_formats: Mapping[str, str] | None = None,
        _preload_content: bool = True,
        _request_timeout: Any = None,
        _host: str | None = None,
        _check_type: bool | None = None,
    ) -> Any:
        """Call any endpoint of the API.

        ``query_params`` is a dict or pairs; ``collection_formats`` says of lists among them whether they are repeated
        (multi) or joined (csv, ssv, tsv, pipes). ``auth_settings=["pinterest_oauth2"]`` sends the access token.
        Without ``response_type`` the answer is not decoded.

        Returns:
            The answer if ``_return_http_data_only``, else (answer, status, headers); urllib3's response unread if
            ``_preload_content`` is False; with ``async_req`` an `multiprocessing.pool.AsyncResult` of any of these.
        """
        rest.timeouts(_request_timeout)  # a wrong one is the caller's error, and is raised to the caller
        arguments = (
            resource_path,
            method,
            path_params,
            query_params,
            header_params,
            body,
            post_params,
            files,
            response_type,
            auth_settings,
            _return_http_data_only,
            collection_formats,
            _preload_content,
            _request_timeout,
            _host,
            _check_type,
        )
        return self.pool.apply_async(self._forgetting, arguments) if async_req else self._forgetting(*arguments)

    def _forgetting(self, *arguments: Any) -> Any:
        """Call, and leave no frame with the token in it to who shows the local variables of a traceback."""
        outer = sys.exception()
        try:
            return self._call_api(*arguments)
        except BaseException as error:
            forget_locals(error, outer)
            raise

    def _call_api(
        self,
        resource_path: str,
        method: str,
        path_params: Mapping[str, Any] | None,
        query_params: Any,
        header_params: Mapping[str, Any] | None,
        body: Any,
        post_params: Any,
        files: Any,
        response_type: tuple[Any, ...] | None,
        auth_settings: list[str] | None,
        _return_http_data_only: bool | None,
        collection_formats: Mapping[str, str] | None,
        _preload_content: bool,
        _request_timeout: Any,
        _host: str | None,
        _check_type: bool | None,
    ) -> Any:
        configuration = self.configuration
        if method not in rest.OPERATIONS:
            raise ApiValueError("http method must be `GET`, `HEAD`, `OPTIONS`, `POST`, `PATCH`, `PUT` or `DELETE`.")
        if files:
            raise ApiValueError("files cannot be sent: no endpoint of this library takes one")
        for name, value in dict(path_params or {}).items():
            segment = quote(str(value), safe=configuration.safe_chars_for_path_param)
            if segment in {".", ".."}:  # would climb out of the path; only possible with the pattern check disabled
                segment = segment.replace(".", "%2E")
            resource_path = resource_path.replace("{%s}" % name, segment)  # noqa: UP031  (braces in braces)
        queries: list[tuple[str, Any]] = []
        if query_params:
            queries = self.parameters_to_tuples(self.sanitize_for_serialization(query_params), collection_formats)
        headers: dict[str, Any] = {**(header_params or {}), **self.default_headers}
        if self.cookie:
            headers["Cookie"] = self.cookie
        if body is not None and self._is_watched():
            body = self.sanitize_for_serialization(body)  # what is overridden gets plain values, as it did
        self.update_params_for_auth(headers, queries, auth_settings, resource_path, method, body)
        host = configuration.host if _host is None else _host
        response = self.request(
            method,
            host + resource_path,
            query_params=queries,
            headers=headers,
            post_params=self.parameters_to_tuples(self.sanitize_for_serialization(post_params or []), collection_formats),
            body=body,
            _preload_content=_preload_content,
            _request_timeout=_request_timeout,
        )
        self.last_response = response
        if not _preload_content:
            return response
        data = None
        if response_type:
            response.charset = rest.charset(response.headers)
            try:
                data = self.deserialize(response, response_type, _check_type)
            except (ApiTypeError, ApiValueError) as error:
                raise UnusableAnswer(reason=str(error), http_resp=response) from error
        return data if _return_http_data_only else (data, response.status, response.getheaders())

    def _is_watched(self) -> bool:
        """Whether a subclass or a test double stands between here and the connections."""
        kind = type(self)
        return (
            kind.request is not ApiClient.request
            or kind.update_params_for_auth is not ApiClient.update_params_for_auth
            or type(self.rest_client) is not rest.RESTClientObject
        )

    def update_params_for_auth(
        self,
        headers: dict[str, Any],
        queries: list[tuple[str, Any]],
        auth_settings: list[str] | None,
        resource_path: str,
        method: str,
        body: Any,
    ) -> None:
        """Put what `Configuration.auth_settings` holds of these schemes into the headers, the query or the cookie.

        Raises:
            ApiValueError: a scheme that belongs somewhere else.
        """
        if not auth_settings:
            return
        known = self.configuration.auth_settings()
        for name in auth_settings:
            scheme = known.get(name)
            if not scheme:
                continue
            if scheme["in"] == "header":
                headers[scheme["key"]] = scheme["value"]
            elif scheme["in"] == "query":
                queries.append((scheme["key"], scheme["value"]))
            elif scheme["in"] == "cookie":
                headers["Cookie"] = scheme["value"]
            else:
                raise ApiValueError("Authentication token must be in `query` or `header`")

    def request(
        self,
        method: str,
        url: str,
        query_params: Any = None,
        headers: dict[str, Any] | None = None,
        post_params: Any = None,
        body: Any = None,
        _preload_content: bool = True,
        _request_timeout: Any = None,
    ) -> Any:
        """Send one request through `rest_client`. Subclasses may override it.

        Raises:
            ApiValueError: an unknown method.
        """
        if method not in rest.OPERATIONS:
            raise ApiValueError("http method must be `GET`, `HEAD`, `OPTIONS`, `POST`, `PATCH`, `PUT` or `DELETE`.")
        sent: dict[str, Any] = {
            "query_params": query_params,
            "headers": headers,
            "_preload_content": _preload_content,
            "_request_timeout": _request_timeout,
        }
        if method not in {"GET", "HEAD"}:
            sent["body"] = body
            if method != "DELETE":
                sent["post_params"] = post_params
        return getattr(self.rest_client, method)(url, **sent)

    @staticmethod
    def parameters_to_tuples(params: Any, collection_formats: Mapping[str, str] | None) -> list[tuple[str, Any]]:
        """Query parameters as pairs, lists repeated or joined."""
        pairs: list[tuple[str, Any]] = []
        formats = collection_formats or {}
        for name, value in params.items() if isinstance(params, dict) else params:
            how = formats.get(name)
            if how is None:
                pairs.append((name, value))
            elif how == "multi":
                pairs.extend((name, one) for one in value)
            else:
                pairs.append((name, _SEPARATORS.get(how, ",").join(map(str, value))))
        return pairs

    @classmethod
    def sanitize_for_serialization(cls, obj: Any) -> Any:
        """Plain values for `json.dumps`: models become dicts, enums their string, dates ISO text.

        Raises:
            ApiValueError: a value that JSON does not have.
        """
        if obj is None or isinstance(obj, str | int | float):
            return obj
        if isinstance(obj, list | tuple):
            return [cls.sanitize_for_serialization(item) for item in obj]
        if isinstance(obj, dict):
            return {name: cls.sanitize_for_serialization(value) for name, value in obj.items()}
        if isinstance(obj, io.IOBase):
            with obj:
                return obj.read()
        return cls.sanitize_for_serialization(jsonable(obj))

    def deserialize(self, response: Any, response_type: tuple[Any, ...], _check_type: bool | None = True) -> Any:
        """Decode the ``data`` (text or bytes) of any object to one of ``response_type``.

        Raises:
            ApiTypeError: it is of another shape.
            ApiValueError: it holds no entity, but only reasons why not.
        """
        if getattr(response, "status", 200) == 204:
            return nothing(response_type)
        return answer(_parse(response, response_type), response_type, _check_type is not False)


def _parse(response: Any, response_type: tuple[Any, ...]) -> Any:
    body = response.body if isinstance(response, rest.RESTResponse) and response.charset == "utf-8" else response.data
    if not body:
        raise ApiTypeError("the answer is empty")
    try:
        return _decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        pass
    # What msgspec refuses and Python's json took: NaN, a byte order mark, lone surrogates, bytes that are no UTF-8.
    text = body if isinstance(body, str) else body.decode("utf-8", "replace")
    try:
        return json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        if str in response_type:
            return text
        raise ApiTypeError(f"the answer is not JSON ({error}): {text[:200]!r}") from error


def _end(pool: ThreadPool) -> None:
    pool.close()
    pool.join()


def __getattr__(name: str) -> Any:
    # As in model_utils: modules of the old client that were left behind ask here, first of all for `Endpoint`.
    from pinterest.generated.client.not_shipped import missing_attribute

    return missing_attribute(__name__, name)
