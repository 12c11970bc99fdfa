"""What is common to the models, and the shapes answers come in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

from msgspec import UNSET, Struct, structs

from pinshop.api.near import or_rather
from pinshop.errors import InvalidInput

T = TypeVar("T")


class Entity(Struct, kw_only=True, omit_defaults=True, repr_omit_defaults=True):
    """A thing Pinterest keeps. A field it did not send is `UNSET`, one it sent as null is `None`.

    The id of a thing and those of its parents always come, and are plain `str`; one that did not come is the empty text (and
    one that came as null is None, as everywhere: no value is made up).
    Nothing is required, not even what Pinterest's description requires: a missing field must not lose the rest.
    """

    def to_dict(self) -> dict[str, Any]:
        """The fields that Pinterest sent, by their names, as plain values: nested things as dicts, what is absent left out."""
        return {
            field.encode_name: _plain(value)
            for field in structs.fields(self)
            if (value := getattr(self, field.name)) is not UNSET and not (field.default == "" and value == "")
        }


class Writable(Entity):
    """A thing that an update can change."""

    #: Its name in `pinshop.api.fields.FIELDS`.
    entity_type: ClassVar[str] = ""

    def _changes(self, fields: Mapping[str, Any]) -> Any:
        from pinshop.api.fields import FIELDS

        if not (given := getattr(self, "id", "")):
            raise InvalidInput("id", given, "an entity that Pinterest answered, with its id")
        if not fields:
            raise InvalidInput("changed", {}, 'at least one field to change, such as status="PAUSED"')
        writable = {field.name for field in FIELDS[self.entity_type] if "u" in field.write} - {"id"}
        for name, value in fields.items():
            if name in self.__struct_fields__ and name not in writable:
                raise InvalidInput(name, value, "not this field: Pinterest sets it, a request does not")
            if name not in writable:
                raise InvalidInput(name, value, f"the fields {', '.join(sorted(writable))}{or_rather(name, writable)}")
        return {"id": given, **fields}


def _plain(value: Any) -> Any:
    if isinstance(value, Entity):
        return value.to_dict()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value


class ServerException(Struct, frozen=True):
    """Pinterest's ``Exception``: why one item of a batch was refused. ``{"code": 2, "message": "…"}``."""

    code: int | None = None
    message: str | None = None


class BatchItem(Struct):
    """One entry of a batch answer, whatever its generation: ``{data, exceptions}``."""

    data: Any = None
    exceptions: tuple[ServerException, ...] = ()


class Page(Struct, Generic[T]):
    """One page of a list: ``{items: […], bookmark: "…" | null}``."""

    items: list[T]
    bookmark: str | None = None
