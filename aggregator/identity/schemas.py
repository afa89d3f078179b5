"""People, keys, sessions and the audit log as HTTP shows them."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from aggregator.identity.accounts import NAME_PATTERN
from aggregator.identity.permissions import Permission, Role
from aggregator.identity.principal import Grant

_PLAIN = r"^[^\x00-\x1f\x7f]*$"
Words = Annotated[str, Field(max_length=64, pattern=_PLAIN)]
Reason = Annotated[str, Field(max_length=500, pattern=_PLAIN, description="for the audit log")]
Email = Annotated[str, Field(max_length=254, pattern=r"^([^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+)?$")]
Password = Annotated[str, Field(max_length=256)]
PlaceId = Annotated[str, Field(min_length=1, max_length=64, pattern=_PLAIN)]
Language = Literal["vi", "en"]


class GrantView(BaseModel):
    """A role, and where it holds."""

    model_config = ConfigDict(extra="forbid")

    role: Role
    areas: Annotated[
        Annotated[list[PlaceId], Field(max_length=200)] | None,
        Field(description="ids, each with all below it; null is everywhere, and an empty list nowhere"),
    ] = None
    agencies: Annotated[
        Annotated[list[PlaceId], Field(max_length=200)] | None, Field(description="null is any agency")
    ] = None
    extra: Annotated[
        list[Permission], Field(max_length=40, description="permissions beyond the role's, by name")
    ] = []

    def to_grant(self) -> Grant:
        """The grant that this describes."""
        return Grant(
            self.role,
            None if self.areas is None else frozenset(self.areas),
            None if self.agencies is None else frozenset(self.agencies),
            frozenset(self.extra),
        )

    @classmethod
    def of(cls, grant: Grant) -> Self:
        """How a grant is shown."""
        return cls(
            role=grant.role,
            areas=None if grant.areas is None else sorted(grant.areas),
            agencies=None if grant.agencies is None else sorted(grant.agencies),
            extra=sorted(grant.extra),
        )


Grants = Annotated[list[GrantView], Field(max_length=50)]


class NewUser(BaseModel):
    """A local account to make."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(pattern=NAME_PATTERN, max_length=64)]
    display_name: Words = ""
    email: Email = ""
    language: Language = "vi"
    grants: Grants = []
    reason: Reason = ""


class UserChange(BaseModel):
    """What to change; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    display_name: Words | None = None
    email: Email | None = None
    language: Language | None = None
    disabled: bool | None = None
    grants: Grants | None = None
    reason: Reason = ""


class UserView(BaseModel):
    """A person."""

    id: str
    name: str
    display_name: str
    email: str
    language: str
    single_sign_on: Annotated[bool, Field(description="signs on elsewhere, and has no password here")]
    disabled: bool
    must_change: Annotated[bool, Field(description="must choose a password at the next sign-in")]
    locked_until: datetime | None
    created_at: datetime
    signed_in_at: datetime | None
    grants: list[GrantView]


class UserPage(BaseModel):
    """People by name."""

    items: list[UserView]
    next_cursor: str | None


class NewUserView(BaseModel):
    """A person that was made; the password is not shown again."""

    user: UserView
    password: str


class NewPassword(BaseModel):
    """A password that was given; it is not shown again."""

    password: str


class SessionView(BaseModel):
    """A signed-in console."""

    id: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    agent: str
    current: Annotated[bool, Field(description="it is the one that asks")]


class SessionList(BaseModel):
    """Sessions, the latest first."""

    items: list[SessionView]


class Ended(BaseModel):
    """How many sessions ended."""

    ended: int


class Me(BaseModel):
    """Who asks, and what they may; `areas` of a permission null is everywhere."""

    kind: str
    id: str
    name: str
    language: str
    must_change: bool
    single_sign_on: bool
    permissions: dict[str, list[str] | None]
    csrf: Annotated[str, Field(description="of the session, to send as X-CSRF-Token with changes; or empty")]


class PasswordChange(BaseModel):
    """Choose a password of one's own."""

    model_config = ConfigDict(extra="forbid")

    current: Password
    wanted: Password


class Preferences(BaseModel):
    """What people choose for themselves."""

    model_config = ConfigDict(extra="forbid")

    language: Language


class NewKeyRequest(BaseModel):
    """A key to make. Without `permissions` it may do all that an administrator may."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=64, pattern=_PLAIN)]
    permissions: Annotated[list[Permission], Field(min_length=1, max_length=40)] | None = None
    areas: Annotated[list[PlaceId], Field(min_length=1, max_length=200)] | None = None
    sites: Annotated[
        Annotated[list[PlaceId], Field(min_length=1, max_length=500)] | None,
        Field(description="for a dashboards' key: the sites whose time series it reads"),
    ] = None
    expires_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _sites_are_of_queries(self) -> Self:
        if self.sites is not None and self.permissions != [Permission.TIMESERIES_QUERY]:
            raise ValueError("sites go with permissions = ['timeseries.query'] alone")
        return self


class KeyView(BaseModel):
    """A key; the secret is not here."""

    id: str
    name: str
    permissions: Annotated[list[str] | None, Field(description="null: all that an administrator may")]
    areas: list[str] | None
    sites: list[str] | None
    created_at: datetime
    created_by: Annotated[str, Field(description="id of whoever made it; empty for a command on the server")]
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewKeyView(BaseModel):
    """A key that was made; `secret` is not shown again."""

    key: KeyView
    secret: str


class KeyPage(BaseModel):
    """Keys in the order of their making."""

    items: list[KeyView]
    next_cursor: str | None


class AuditRowView(BaseModel):
    """One line of the audit log."""

    id: int
    at: datetime
    actor_kind: str
    actor_id: str
    actor_name: str
    action: str
    subject: str
    area: str
    detail: dict[str, str]
    address: str
    hash: str


class AuditPage(BaseModel):
    """The audit log, newest first."""

    items: list[AuditRowView]
    next_cursor: str | None


class AuditHead(BaseModel):
    """The end of the audit log, to be noted elsewhere."""

    rows: int
    seal: str


class RoleView(BaseModel):
    """A role and what it may do."""

    role: Role
    permissions: list[Permission]


class RoleList(BaseModel):
    """Every role."""

    items: list[RoleView]
