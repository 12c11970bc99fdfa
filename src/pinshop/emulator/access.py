"""Who may do what: tokens, users, and roles on ad accounts; and the checks of a call against them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pinshop.api.operations import Operation, version
from pinshop.emulator import oauth
from pinshop.emulator.arguments import identifier, one_of, shown, some_of, text, truth, whole
from pinshop.emulator.journal import REAL_PREFIXES
from pinshop.emulator.refusals import Refusal
from pinshop.emulator.storage.seeding import ALL_SCOPES
from pinshop.emulator.storage.store import Entity
from pinshop.emulator.world import World
from pinshop.errors import ConfigurationError

#: Roles that may use a category of operations on an ad account that is not their own. Source: Pinterest's help on
#: Business Access; OWNER and ADMIN may do everything.
_ROLES_FOR: dict[str, frozenset[str]] = {
    "ads_read": frozenset({"ANALYST", "CAMPAIGN_MANAGER", "AUDIENCE_MANAGER", "FINANCE_MANAGER", "CATALOGS_MANAGER"}),
    "ads_analytics": frozenset({"ANALYST", "CAMPAIGN_MANAGER"}),
    "ads_write": frozenset({"CAMPAIGN_MANAGER"}),
    "catalogs_read": frozenset({"CATALOGS_MANAGER"}),
    "catalogs_write": frozenset({"CATALOGS_MANAGER"}),
    "org_read": frozenset({"ANALYST", "CAMPAIGN_MANAGER", "CATALOGS_MANAGER", "AUDIENCE_MANAGER", "FINANCE_MANAGER"}),
    "org_write": frozenset(),
}

_HUNDRED_YEARS = 100 * 366 * 86_400

ROLES: tuple[str, ...] = ("OWNER", "ADMIN", *sorted(frozenset().union(*_ROLES_FOR.values())))


def authenticate(world: World, operation: Operation, headers: Mapping[str, str], now: int) -> tuple[int, str]:
    """The user and the app of the call's token, or 401."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    token = token.strip()
    if token.startswith(REAL_PREFIXES):
        raise Refusal(
            401,
            2,
            "Authentication failed. This is the pinshop emulator, not Pinterest, and that looks like a real "
            "token: never send one here. Use the access_token the emulator printed.",
        )
    known = world.store.token(token) if scheme.lower() == "bearer" and token else None
    if known is None or known["kind"] not in ("access", "client") or known["revoked"] is not None:
        raise Refusal(401, 2, "Authentication failed.")
    if known["expires"] is not None and now >= known["expires"]:
        raise Refusal(401, 2, "Authentication failed.")
    scopes = known["scopes"].split()
    client_since = operation.client_credentials_since
    if known["kind"] == "client" and (client_since is None or version(world.api_version) < version(client_since)):
        raise Refusal(401, 3, "This operation does not take a client_credentials token.")
    if not all(scope in scopes for scope in operation.scopes):
        raise Refusal(
            401,
            3,
            "Your token does not have sufficient permissions to perform this operation. "
            "Please ensure your token is authorized with the correct set of scopes.",
        )
    return known["user_id"], known["app"]


def ad_account(world: World, operation: Operation, ad_account_id: int | None, user_id: int) -> Entity | None:
    """The ad account that is meant, if the user may use it."""
    if ad_account_id is None:
        return None
    account = world.store.get("ad_accounts", ad_account_id)
    if account is None and world.rules.unknown_ad_account == "not_found":
        raise Refusal(404, world.rules.code_not_found, "AdAccount not found.")
    if account is not None and account["owner_id"] == user_id:
        return account
    roles = set(world.store.roles(user_id, ad_account_id)) if account else set()
    if not roles & (_ROLES_FOR[operation.category] | {"OWNER", "ADMIN"}):
        raise Refusal(world.rules.forbidden_status, 29, "You are not permitted to access that resource.")
    return account


# ------------------------------------------------------------------------------------ who may do what from now on


def token(
    world: World,
    scopes: Iterable[str] = ALL_SCOPES,
    *,
    user_id: str | int | None = None,
    expires_in: int | None = None,
    client_credentials: bool = False,
) -> str:
    """A new access token, see `Emulator.token`."""
    wanted = some_of("scopes", scopes, oauth.SCOPES)
    truth("client_credentials", client_credentials)
    if expires_in is not None:
        whole("expires_in", expires_in, 0, _HUNDRED_YEARS)
    with world.change() as store:
        owner = int(world.seeded.user_id) if user_id is None else _known(world, "users", "user_id", user_id)
        made = store.new_token("given")
        expires = None if expires_in is None else world.now() + expires_in
        kind = "client" if client_credentials else "access"
        store.add_token(made, kind, owner, wanted, expires, oauth.APP_ID, f"given {made}")
    return made


def revoke(world: World, token: object) -> bool:
    """Revoke a token, access or refresh. False: there is no such token that works."""
    if not isinstance(token, str):
        raise ConfigurationError(f"token: got {shown(token)}, allowed: the text of a token")
    with world.change() as store:
        return bool(token) and token.isascii() and store.revoke(world.now(), token=token) > 0


def authorize(world: World, redirect_uri: str, scopes: Iterable[str] = ALL_SCOPES) -> str:
    """An authorization code, as if the seeded user had given consent."""
    wanted = some_of("scopes", scopes, oauth.SCOPES)
    text("redirect_uri", redirect_uri, 4096)
    if (problem := oauth.redirect_problem(redirect_uri)) is not None:
        raise ConfigurationError(problem)
    with world.change():
        return oauth.Endpoint(world, world.now()).code(redirect_uri, wanted, int(world.seeded.user_id))


def add_user(world: World, username: str, role: str | None = None, ad_account_id: str | int | None = None) -> str:
    """A new user, see `Emulator.add_user`. Returns its id."""
    text("username", username, 100)
    if role is not None:
        one_of("role", role, ROLES)
    with world.change() as store:
        account = ad_account_id if ad_account_id is not None else world.seeded.ad_account_id
        account_id = _known(world, "ad_accounts", "ad_account_id", account)
        user_id = store.next_id("users")
        about = {"account_type": "BUSINESS", "profile_image": "", "website_url": "", "about": ""}
        store.insert("users", {"id": user_id, "username": username, **about})
        if role is not None:
            store.add_role(user_id, account_id, role)
    return str(user_id)


def _known(world: World, kind: str, name: str, value: object) -> int:
    entity_id = identifier(name, value)
    if world.store.get(kind, entity_id) is None:
        raise ConfigurationError(f"{name}: got {shown(value)}, allowed: the id of one of the {kind.replace('_', ' ')}")
    return entity_id
