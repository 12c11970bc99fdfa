"""What all models share: fields in a dict, checked when a user sets them, kept as they came when the server sent them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar

from pinterest.generated.client.exceptions import ApiAttributeError, ApiTypeError, ApiValueError

none_type = type(None)
file_type = io.IOBase

PRIMITIVE_TYPES = (list, float, int, bool, datetime, date, str, file_type)
#: What a field that the description does not know may hold, besides a model.
ANY_TYPE = (bool, date, datetime, dict, float, int, list, str, none_type)

# How a model treats what is set on it: as it is, refused if of another type | plain values become models | not at all.
STRICT, CONVERTS, UNCHECKED = range(3)

# Arguments of the old constructors that are no fields.
_SPECIAL = frozenset(
    {
        "_check_type",
        "_configuration",
        "_path_to_item",
        "_spec_property_naming",
        "_visited_composed_classes",
    }
)
_MISSING: Any = object()
_DIGITS = re.compile(r"[0-9]+")
_AG_DIGITS = re.compile(r"(?:AG)?[0-9]+")
#: The patterns of the description, as they are meant: \d there takes other scripts' digits and $ a final newline.
PATTERNS = {r"^\d+$": _DIGITS, r"^(AG)?\d+$": _AG_DIGITS}

# ------------------------------------------------------------------------------------------- dates in text

# Compiled when they are first used, which most scripts never do.
_YEAR_FIRST = r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})"
_MONTH_FIRST = r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})"


def parse(timestr: str) -> datetime:
    """A `datetime` of a text: ISO 8601, 2023/01/31 or 01/31/2023 (month first, unless that month cannot be).

    Other forms ("Jan 2, 2023") are read by python-dateutil where it is installed; 0.1.2 brought it.
    """
    try:
        return datetime.fromisoformat(timestr)
    except ValueError:
        if match := re.fullmatch(_YEAR_FIRST, timestr):
            year, month, day = map(int, match.groups())
        elif match := re.fullmatch(_MONTH_FIRST, timestr):
            month, day, year = map(int, match.groups())
            if month > 12:  # as dateutil does
                month, day = day, month
        else:
            return _parse_freely(timestr)
        return datetime(year, month, day)  # noqa: DTZ001  (a day has no time zone)


def _parse_freely(timestr: str) -> datetime:
    try:
        from dateutil.parser import parse as free_parse
    except ImportError:
        raise ValueError(f"{timestr!r} is no ISO date; python-dateutil, which reads more, is not installed") from None
    parsed: datetime = free_parse(timestr)
    return parsed


def to_date(text: str, path_to_item: Sequence[Any]) -> date:
    """A day given as text."""
    return _from_text(text, path_to_item, "date").date()


def to_datetime(text: str, path_to_item: Sequence[Any]) -> datetime:
    """A moment given as text."""
    return _from_text(text, path_to_item, "datetime")


def _from_text(text: str, path_to_item: Sequence[Any], kind: str) -> datetime:
    try:
        if len(text) < 8:
            raise ValueError(f"This is not a {kind}")  # noqa: TRY301
        return parse(text)
    except (ValueError, OverflowError) as error:
        raise ApiValueError(
            "If you need your parameter to have a fallback string value, please set its type as `type: {}` in your spec. "
            f"That allows the value to be any type. Failed to parse {text!r} as {kind}",
            path_to_item,
        ) from error


# ----------------------------------------------------------------------------------------------- checking


def get_simple_class(value: Any) -> type:
    """The class that counts when types are compared: a subclass of str is a str, True is a bool and no int."""
    kind = type(value)
    if kind in (str, int, bool, float, none_type, list, dict):
        return kind
    for known in (tuple, list, dict, file_type, bool, int, datetime, date, str):
        if isinstance(value, known):
            return known
    return kind


def type_error(value: Any, path_to_item: Sequence[Any], types: Sequence[Any], *, key_type: bool = False) -> ApiTypeError:
    """The error for a value, or a key, of the wrong type."""
    valid = tuple(type(one) if isinstance(one, list | dict) else one for one in types)
    names = sorted(one.__name__ for one in valid)
    phrase = f"is {names[0]}" if len(names) == 1 else f"is one of [{', '.join(names)}]"
    return ApiTypeError(
        f"Invalid type for variable '{path_to_item[-1]}'. Required {'key' if key_type else 'value'} type {phrase} and "
        f"passed type was {type(value).__name__}",
        path_to_item,
        valid,
        key_type,
    )


def check_type(value: Any, types: tuple[Any, ...], path_to_item: list[Any], mode: int, configuration: Any = True) -> Any:
    """Return the value, or what it converts to. ``configuration`` says which validations are disabled.

    Raises:
        ApiTypeError: it is none of ``types``.
    """
    if mode == UNCHECKED:
        return value
    simple = get_simple_class(value)
    for kind in types:
        if isinstance(kind, list):
            if simple is list:
                return _check_items(value, tuple(kind), path_to_item, mode, configuration)
        elif isinstance(kind, dict):
            if simple is dict:
                return _check_values(value, next(iter(kind.values())), path_to_item, mode, configuration)
        elif kind is simple or (isinstance(value, OpenApiModel) and (types is ANY_TYPE or isinstance(value, kind))):
            return value
    if mode == CONVERTS:
        for kind in types:
            if (
                isinstance(kind, type)
                and (made := _converted(value, simple, kind, path_to_item, configuration)) is not _MISSING
            ):
                return made
    raise type_error(value, path_to_item, types)


def _converted(value: Any, simple: type, kind: type, path_to_item: list[Any], configuration: Any) -> Any:
    """The value as ``kind``, where 0.1.2 converted it; else `_MISSING`."""
    if issubclass(kind, ModelSimple) and simple in (str, int, float, list):
        return kind(value, _path_to_item=path_to_item, _configuration=configuration)
    if issubclass(kind, ModelNormal) and simple is dict:
        return kind._from_openapi_data(**{**value, "_path_to_item": path_to_item, "_configuration": configuration})
    if issubclass(kind, ModelNormal) and simple is list:  # never useful; the error is the old one
        return kind._from_openapi_data(*value, _path_to_item=path_to_item, _configuration=configuration)
    if kind is date and simple is str:
        return to_date(value, path_to_item)
    if kind is datetime and simple is str:
        return to_datetime(value, path_to_item)
    if kind is float and simple is int:
        return float(value)
    return _MISSING


def _check_values(
    values: dict[str, Any], types: tuple[Any, ...], path_to_item: list[Any], mode: int, configuration: Any
) -> dict[str, Any]:
    checked = {name: check_type(value, types, [*path_to_item, name], mode, configuration) for name, value in values.items()}
    return values if all(map(_same, checked.values(), values.values())) else checked


def _check_items(items: list[Any], types: tuple[Any, ...], path_to_item: list[Any], mode: int, configuration: Any) -> list[Any]:
    wanted = types[0]
    if isinstance(wanted, type) and all(type(item) is wanted for item in items):
        return items
    checked = [check_type(item, types, [*path_to_item, index], mode, configuration) for index, item in enumerate(items)]
    # The caller's list stays the caller's: 0.1.2 wrote what it had converted into it.
    return items if all(map(_same, checked, items)) else checked


def _same(one: Any, other: Any) -> bool:
    return one is other


def check_allowed_values(
    allowed_values: Mapping[tuple[str, ...], Mapping[str, Any]],
    input_variable_path: tuple[str, ...],
    input_values: Any,
    later: Callable[[], frozenset[Any]] = frozenset,
) -> None:
    """Refuse a value that is not one of the description's.

    ``later`` are the values that newer descriptions added: they pass, though messages, which are the old ones, do not list
    them.
    """
    name = input_variable_path[0]
    allowed = list(allowed_values[input_variable_path].values())
    if isinstance(input_values, list | dict):
        if not (unknown := set(input_values) - set(allowed)) or not (unknown := unknown - later()):
            return
        listed = ", ".join(map(str, allowed))
        if isinstance(input_values, dict):
            raise ApiValueError(f"Invalid keys in `{name}` [{', '.join(map(str, unknown))}], must be a subset of [{listed}]")
        raise ApiValueError(f"Invalid values for `{name}` [{(', '.join(map(str, unknown)),)}], must be a subset of [{listed}]")
    if input_values not in allowed and input_values not in tuple(later()):  # it may have no hash
        raise ApiValueError(f"Invalid value for `{name}` ({input_values}), must be one of {allowed}")


def check_validations(
    validations: Mapping[tuple[str, ...], Mapping[str, Any]],
    input_variable_path: tuple[str, ...],
    input_values: Any,
    configuration: Any = None,
) -> None:
    """Refuse a value that is too long, too short, out of range or of another pattern."""
    if input_values is None:
        return
    name = input_variable_path[0]
    rules = validations[input_variable_path]
    off: frozenset[str] = getattr(configuration, "_disabled_client_side_validations", frozenset())
    if "max_length" in rules and "maxLength" not in off and len(input_values) > rules["max_length"]:
        raise ApiValueError(f"Invalid value for `{name}`, length must be less than or equal to `{rules['max_length']}`")
    if "max_items" in rules and "maxItems" not in off and len(input_values) > rules["max_items"]:
        raise ApiValueError(f"Invalid value for `{name}`, number of items must be less than or equal to `{rules['max_items']}`")
    if "min_items" in rules and "minItems" not in off and len(input_values) < rules["min_items"]:
        # A plain ValueError, alone among all of these; so it was.
        raise ValueError(f"Invalid value for `{name}`, number of items must be greater than or equal to `{rules['min_items']}`")
    if "inclusive_maximum" in rules and "maximum" not in off and input_values > rules["inclusive_maximum"]:
        raise ApiValueError(f"Invalid value for `{name}`, must be a value less than or equal to `{rules['inclusive_maximum']}`")
    if "inclusive_minimum" in rules and "minimum" not in off and input_values < rules["inclusive_minimum"]:
        raise ApiValueError(
            f"Invalid value for `{name}`, must be a value greater than or equal to `{rules['inclusive_minimum']}`"
        )
    if "regex" in rules and "pattern" not in off:
        pattern = rules["regex"]["pattern"]
        if not (PATTERNS.get(pattern) or re.compile(pattern)).fullmatch(input_values):
            raise ApiValueError(f"Invalid value for `{name}`, must match regular expression `{pattern}`")


# ----------------------------------------------------------------------------------------------- the models


class OpenApiModel:
    """Fields by name, as attributes and as items. A field that was never set raises; one that is None was set."""

    __slots__ = ("_data_store", "_mode")

    _data_store: dict[str, Any]
    _mode: int

    openapi_types: ClassVar[dict[str, tuple[Any, ...]]] = {}
    attribute_map: ClassVar[dict[str, str]] = {}
    allowed_values: ClassVar[dict[tuple[str, ...], dict[str, Any]]] = {}
    validations: ClassVar[dict[tuple[str, ...], dict[str, Any]]] = {}
    additional_properties_type: ClassVar[tuple[type, ...] | None] = ANY_TYPE
    discriminator: ClassVar[None] = None
    read_only_vars: ClassVar[frozenset[str]] = frozenset()
    _nullable: ClassVar[bool] = False
    #: Field -> (types that need no closer look, pattern). What is not here takes the long way.
    _plain: ClassVar[dict[str, tuple[frozenset[Any], re.Pattern[str] | None]]] = {}

    def __init_subclass__(cls) -> None:
        cls._plain = {}
        for name, types in cls.openapi_types.items():
            if any(isinstance(kind, list | dict) for kind in types) or (name,) in cls.allowed_values:
                continue
            regex = cls.validations.get((name,), {}).get("regex")
            cls._plain[name] = (frozenset(types), PATTERNS[regex["pattern"]] if regex else None)

    def _fill(self, fields: dict[str, Any]) -> None:
        """Set the fields of a new model."""
        plain = self._plain
        store: dict[str, Any] = {}
        for name, value in fields.items():
            # The common case: a known field, a value of exactly its type.
            if name not in plain:
                break
            types, pattern = plain[name]
            if type(value) not in types or (pattern is not None and value is not None and not pattern.fullmatch(value)):
                break
            store[name] = value
        else:
            _set_store(self, store)
            _set_mode(self, STRICT)
            return
        self._fill_slowly(fields)

    def _fill_slowly(self, fields: dict[str, Any]) -> None:
        special = {name: fields[name] for name in _SPECIAL & fields.keys()}
        mode = _mode(special)
        _set_store(self, {})
        _set_mode(self, mode)
        path = list(special.get("_path_to_item", ()))
        configuration = special.get("_configuration")
        for name, value in fields.items():
            if name not in special:
                self._put(name, value, path, configuration)

    def _put(self, name: str, value: Any, path: Sequence[Any] = (), configuration: Any = None) -> None:
        cls = type(self)
        here = [*path, name]
        types = cls.openapi_types.get(name, cls.additional_properties_type)
        if types is None:
            raise ApiAttributeError(f"{cls.__name__} has no attribute '{name}'", here)
        if not isinstance(name, str):
            raise type_error(name, here, (str,), key_type=True)
        value = check_type(value, types, here, self._mode, True if configuration is None else configuration)
        if (name,) in cls.allowed_values:
            value = self._check_allowed(name, value)
        if (name,) in cls.validations:
            check_validations(cls.validations, (name,), value, configuration)
        self._data_store[name] = value

    def _check_allowed(self, name: str, value: Any) -> Any:
        check_allowed_values(self.allowed_values, (name,), value)
        return value

    @classmethod
    def _wrap(cls, store: dict[str, Any]) -> Any:
        self = _new(cls)
        _set_store(self, store)
        _set_mode(self, CONVERTS)
        return self

    @classmethod
    def _received(cls, value: Any) -> Any:
        """Make a model of what the server sent. Nothing is checked: an answer is never lost for one value in it."""
        return cls._wrap(value) if isinstance(value, dict) else value

    @classmethod
    def _answer(cls, value: Any, *, check: bool) -> Any:
        """Make a model of a whole answer. Without ``check`` nothing below it is converted."""
        if not isinstance(value, dict):
            raise type_error(value, ["received_data"], (cls,))
        return cls._received(value) if check else cls._wrap(value)

    @classmethod
    def _from_openapi_data(cls, *args: Any, **kwargs: Any) -> Any:
        return cls(*args, **kwargs)

    @classmethod
    def _new_from_openapi_data(cls, *args: Any, **kwargs: Any) -> Any:
        return cls._from_openapi_data(*args, **kwargs)

    def _lookup(self, name: Any) -> Any:
        return self._data_store.get(name, _MISSING)

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a field, or ``default`` if it was never set."""
        value = self._lookup(name)
        return default if value is _MISSING else value

    def __getitem__(self, name: Any) -> Any:
        value = self._lookup(name)
        if value is _MISSING:
            raise ApiAttributeError(f"{type(self).__name__} has no attribute '{name}'", [name])
        return value

    def __getattr__(self, name: str) -> Any:
        if name == "_data_store":  # only while a copy is being made
            raise AttributeError(name)
        return self[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._put(name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        self._put(name, value)

    def __contains__(self, name: Any) -> bool:
        return self._lookup(name) is not _MISSING

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self._data_store == other._data_store

    __hash__: Any = None

    def __reduce__(self) -> tuple[Any, ...]:
        return (_restore, (type(self), dict(self._data_store), self._mode))

    def to_str(self) -> str:
        """The text that `repr`, `str` and `pprint` show."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return self.to_str()


_new = object.__new__
_set_store: Callable[[OpenApiModel, Any], None] = OpenApiModel.__dict__["_data_store"].__set__
_set_mode: Callable[[OpenApiModel, int], None] = OpenApiModel.__dict__["_mode"].__set__


def _mode(special: Mapping[str, Any]) -> int:
    if special.get("_check_type", True) is False:
        return UNCHECKED
    return STRICT if special.get("_configuration") is None else CONVERTS


def _restore(cls: type[OpenApiModel], store: dict[str, Any], mode: int) -> OpenApiModel:
    model = _new(cls)
    _set_store(model, store)
    _set_mode(model, mode)
    return model


class ModelSimple(OpenApiModel):
    """A model around one ``value``: an enum, or a list."""

    __slots__ = ()

    additional_properties_type = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        path = kwargs.get("_path_to_item", ())
        positional: Sequence[Any] = args
        if "value" in kwargs:
            value = kwargs["value"]
        elif args:
            value, positional = args[0], list(args[1:])
        else:
            raise ApiTypeError(
                "value is required, but not passed in args or kwargs and doesn't have default", path, (type(self),)
            )
        if positional:
            raise _too_many(type(self), positional, path)
        _set_store(self, {})
        _set_mode(self, _mode(kwargs))
        self._put("value", value, path, kwargs.get("_configuration"))
        if unknown := {name: kwargs[name] for name in kwargs if name != "value" and name not in _SPECIAL}:
            raise ApiTypeError(
                f"Invalid named arguments={unknown} passed to {type(self).__name__}. Remove those invalid named arguments.",
                path,
                (type(self),),
            )

    def to_str(self) -> str:
        return str(self.value)


class Enum(ModelSimple):
    """One of a set of strings. Open: what the server sends is kept whether this library knows it or not.

    Equal to another of its class and to the bare string, with the same hash.
    """

    __slots__ = ()

    openapi_types = {"value": (str,)}
    #: Values that descriptions after 5.6.0 added.
    later_values: ClassVar[frozenset[str]] = frozenset()
    _known: ClassVar[frozenset[str]] = frozenset()

    value: str

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._known = frozenset(cls.allowed_values[("value",)].values())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not kwargs and len(args) == 1 and type(args[0]) is str and args[0] in self._known:  # what nearly all calls are
            _set_store(self, {"value": args[0]})
            _set_mode(self, STRICT)
        else:
            super().__init__(*args, **kwargs)

    def _check_allowed(self, name: str, value: Any) -> Any:
        check_allowed_values(self.allowed_values, (name,), value, lambda: self.later_values)
        return value

    @classmethod
    def _received(cls, value: Any) -> Any:
        return cls._wrap({"value": value}) if isinstance(value, str) else value

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return bool(self._data_store["value"] == other)
        return super().__eq__(other)

    def __hash__(self) -> int:
        return hash(self._data_store["value"])


class ListResponse(ModelSimple):
    """An answer that is a list. ``value`` is that list; the answer itself has a length, items and an iterator as well.

    It is true even when it is empty, as it was.
    """

    __slots__ = ()

    value: list[Any]

    @classmethod
    def _answer(cls, value: Any, *, check: bool) -> Any:
        if not isinstance(value, list):
            raise type_error(value, ["received_data"], (cls,))
        return cls._wrap({"value": cls._items(value) if check else value})

    @classmethod
    def _items(cls, items: list[Any]) -> list[Any]:
        return items

    def __len__(self) -> int:
        return len(self._data_store["value"])

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Any]:
        return iter(self._data_store["value"])

    def __getitem__(self, name: Any) -> Any:
        return self._data_store["value"][name] if isinstance(name, int | slice) else super().__getitem__(name)


class ModelNormal(OpenApiModel):
    """A model with fields."""

    __slots__ = ()

    def __init__(self, /, *args: Any, **kwargs: Any) -> None:
        if args:
            raise _too_many(type(self), args, kwargs.get("_path_to_item", ()))
        self._fill(kwargs)

    def to_dict(self) -> dict[str, Any]:
        """The fields that are set, as plain values: models become dicts, enums their string."""
        return model_to_dict(self, serialize=False)

    def to_str(self) -> str:
        import pprint  # dataclasses and inspect come with it: not for scripts that show nothing

        return pprint.pformat(self.to_dict())


class ModelComposed(ModelNormal):
    """A `ModelNormal`; the name is kept for code that asks what a model is."""

    __slots__ = ()


def _too_many(cls: type, args: Sequence[Any], path: Sequence[Any]) -> ApiTypeError:
    return ApiTypeError(
        f"Invalid positional arguments={args} passed to {cls.__name__}. Remove those invalid positional arguments.",
        path,
        (cls,),
    )


def model_to_dict(model_instance: OpenApiModel, serialize: bool = True) -> dict[str, Any]:
    """The fields of a model as plain values. ``serialize`` would rename fields, if any had another name on the wire."""
    return {name: _plain_value(value) for name, value in model_instance._data_store.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, ModelSimple):
        return _plain_value(value._data_store["value"])
    if isinstance(value, OpenApiModel):
        return model_to_dict(value)
    if isinstance(value, list):
        return [_plain_value(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain_value(item) for name, item in value.items()}
    return value


# ---------------------------------------------------------------------------------------------- the answers


def answer(value: Any, response_type: tuple[Any, ...], check: bool) -> Any:
    """Make of a parsed answer what ``response_type`` promises.

    All generations of shapes are taken: a batch bare or as ``{"items": [...]}``, an entity bare or as the only item.

    Raises:
        ApiTypeError: it is of another shape.
        ApiValueError: an entity was asked for, and there are only reasons why there is none.
    """
    kind = response_type[0]
    if isinstance(kind, list) and isinstance(kind[0], type) and issubclass(kind[0], OpenApiModel):
        items = batch_items(value)
        if not isinstance(items, list):
            raise type_error(value, ["received_data"], (kind,))
        make = kind[0]._received if check else kind[0]._wrap
        return [make(item) if isinstance(item, dict) else item for item in items]
    if isinstance(kind, type) and issubclass(kind, OpenApiModel):
        return kind._answer(value, check=check)
    return check_type(value, response_type, ["received_data"], CONVERTS if check else UNCHECKED)


def nothing(response_type: tuple[Any, ...]) -> Any:
    """What an answer 204 stands for: no items, or None."""
    kind = response_type[0]
    if isinstance(kind, list):
        return []
    return kind._answer([], check=True) if isinstance(kind, type) and issubclass(kind, ListResponse) else None


def batch_items(value: Any) -> Any:
    """The entries of a batch answer of any generation; what is none comes back as it is."""
    if isinstance(value, dict):
        if isinstance(value.get("items"), list):
            return value["items"]
        if "data" in value:
            return [value]
    return value


def __getattr__(name: str) -> Any:
    # A module of the old client that was left behind by an installation over it asks here for what it is made of.
    from pinterest.generated.client.not_shipped import missing_attribute

    return missing_attribute(__name__, name)
