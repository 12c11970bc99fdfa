"""Fields of the user account.

Source: the schemas of Pinterest's descriptions 5.6.0 to 5.23.0; for 5.28 the models of clients generated from it.
"""

from __future__ import annotations

from pinshop.api.fields.table import Field, since

USER: tuple[Field, ...] = (
    Field(name="account_type", kind="enum", nullable=False, values=since("5.0", "PINNER", "BUSINESS")),
    Field(name="id", kind="id", since="5.8", nullable=False),
    Field(name="username", kind="text", nullable=False),
    Field(name="profile_image", kind="text", nullable=False),
    Field(name="website_url", kind="text", nullable=False),
    Field(name="about", kind="text", since="5.14", nullable=False),
    Field(name="business_name", kind="text", since="5.8"),
    Field(name="board_count", kind="integer", since="5.8"),
    Field(name="pin_count", kind="integer", since="5.8"),
    Field(name="follower_count", kind="integer", since="5.8"),
    Field(name="following_count", kind="integer", since="5.8"),
    Field(name="monthly_views", kind="integer", since="5.8"),
)
