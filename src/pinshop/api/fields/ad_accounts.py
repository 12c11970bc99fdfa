"""Fields of ad accounts.

Source: the schemas of Pinterest's descriptions 5.6.0 to 5.23.0; for 5.28 the models of clients generated from it.
"""

from __future__ import annotations

from pinshop.api.fields.table import Field, since
from pinshop.api.models import enums

AD_ACCOUNT: tuple[Field, ...] = (
    Field(name="id", kind="id", nullable=False, write=""),
    Field(name="name", kind="text", nullable=False, minimum=1, maximum=256),
    Field(name="owner_user_id", kind="foreign_id", null_in_bodies="", write="c", answered=False),
    Field(name="owner", kind="object", nullable=False, write=""),
    Field(name="country", kind="text", nullable=False, pattern="[A-Z]{2}"),
    Field(name="currency", kind="enum", nullable=False, values=since("5.0", *enums.choices(enums.Currency))),
    Field(name="time_zone", kind="text", since="5.28", nullable=False),
    Field(name="permissions", kind="array", nullable=False, write=""),
    Field(name="created_time", kind="integer", since="5.8", write=""),
    Field(name="updated_time", kind="integer", since="5.8", write=""),
)
