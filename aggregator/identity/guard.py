"""FastAPI dependencies that let a request pass.

A program shows a key (`Authorization: Bearer` or `X-API-Key`); a console shows its session cookie,
and for changes the session's token beside it, so that no other site's page can change anything through it.

Invariants: who passed is noted in the request's scope (`PRINCIPAL`), for the limits on how fast they may ask;
what has no place, such as the accounts of people, takes a grant that holds everywhere.
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Final, Protocol
from urllib.parse import parse_qs, urlsplit

from fastapi import Cookie, Header, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool

from aggregator.errors import (
    CallerError,
    ElsewhereError,
    ForbiddenError,
    PasswordExpiredError,
    UnauthenticatedError,
)
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.identity.service import IdentityService, Visitor
from aggregator.web.rates import PRINCIPAL

SESSION_COOKIE: Final = "matthan_session"
CSRF_HEADER: Final = "X-CSRF-Token"
CSRF_FIELD: Final = "csrf"
SIGN_IN: Final = "/console/sign-in"
CHANGE_PASSWORD: Final = "/console/password"  # noqa: S105  a page's address
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_MAX_FORM: Final = 65_536
_MAX_FIELDS: Final = 200
_bearer = HTTPBearer(auto_error=False, description="An API key")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="An API key")

Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
HeaderKey = Annotated[str | None, Security(_header)]
Session = Annotated[str | None, Cookie(alias=SESSION_COOKIE, include_in_schema=False)]
Token = Annotated[str | None, Header(alias=CSRF_HEADER, include_in_schema=False)]
SitesWithin = Callable[[frozenset[str] | None], frozenset[str] | None]
"""Gives the sites that stand in areas, or in any area below them, today; None gives None, everywhere."""


class Asks(Protocol):
    """Whatever finds out who asks."""

    def __call__(self, request: Request, key: str | None, session: str | None, csrf: str | None) -> Principal:
        """Who asks; raises UnauthenticatedError or ForbiddenError."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A form that somebody sent who may; `form` has the first value of each field."""

    principal: Principal
    csrf: str
    form: Mapping[str, str]


class Requires:
    """Dependency of an endpoint; the table of authorisation reads `permission` and `everywhere`.

    `permission` None lets everybody pass who is signed in or has a key.
    """

    def __init__(self, permission: Permission | None, who: Asks, *, everywhere: bool = False) -> None:
        self.permission = permission
        self.everywhere = everywhere
        self._who = who

    def __call__(
        self,
        request: Request,
        bearer: Bearer,
        header: HeaderKey,
        session: Session = None,
        csrf: Token = None,
    ) -> Principal:
        """Who asks, if they may."""
        key = bearer.credentials if bearer is not None else header
        return self.checked(self._who(request, key, session, csrf))

    def checked(self, who: Principal) -> Principal:
        """Who asks, if they may; raises ForbiddenError."""
        if self.permission is None:
            return who
        if not who.may(self.permission):
            raise ForbiddenError(
                f"{who.name!r} may not do this: it takes the permission {self.permission.value!r}, "
                "which an administrator can give"
            )
        if self.everywhere and (who.areas_for(self.permission) is not None or who.sites is not None):
            raise ForbiddenError(
                f"{who.name!r} may do this in some areas alone, and it has no area: it takes the permission "
                f"{self.permission.value!r} everywhere, which an administrator can give"
            )
        return who


class RequiresVisitor:
    """Dependency of a page: who looks at it. Strangers are sent to the sign-in page, not given a 401."""

    def __init__(
        self, permission: Permission | None, guard: "Guard", *, everywhere: bool, changing: bool = False
    ) -> None:
        self.permission = permission
        self.everywhere = everywhere
        self._requires = Requires(permission, guard.who, everywhere=everywhere)
        self._guard = guard
        self._changing = changing

    def __call__(self, request: Request, session: Session = None) -> Visitor:
        """Who looks, with the token that their changes must carry."""
        visitor = self._guard.visitor(request, session)
        if visitor is None:
            raise ElsewhereError(SIGN_IN)
        if visitor.must_change and not self._changing:
            raise ElsewhereError(CHANGE_PASSWORD)
        self._requires.checked(visitor.principal)
        return visitor


class RequiresForm:
    """Dependency of a form's address: whoever sent it may, and sent it from a page of ours."""

    def __init__(self, of_page: RequiresVisitor) -> None:
        self.permission = of_page.permission
        self.everywhere = of_page.everywhere
        self._of_page = of_page

    async def __call__(self, request: Request, session: Session = None, csrf: Token = None) -> Posted:
        """The form and who sent it."""
        visitor = await run_in_threadpool(self._of_page, request, session)
        refuse_other_sites(request)
        form = parse_form(await request.body())
        if not hmac.compare_digest((csrf or form.get(CSRF_FIELD, "")).encode(), visitor.csrf.encode()):
            raise ForbiddenError("this form is not of your session: load the page again, then send it")
        return Posted(visitor.principal, visitor.csrf, form)


class Guard:
    """Dependencies over the identity service; `sites_within` is what the registry of places knows."""

    def __init__(self, identity: IdentityService, sites_within: SitesWithin) -> None:
        self._identity = identity
        self._sites_within = sites_within

    def requires(self, permission: Permission, *, everywhere: bool = False) -> Requires:
        """Dependency that gives who asks, and lets nobody pass who may not do `permission` anywhere.

        `everywhere` is for what has no area: a grant within areas does not suffice.
        """
        return Requires(permission, self.who, everywhere=everywhere)

    def signed_in(self) -> Requires:
        """Dependency that gives whoever asks, for what everybody may do, such as reading who they are."""
        return Requires(None, self.who)

    def changing_password(self) -> Requires:
        """The same, also for who must choose a password before anything else."""
        return Requires(None, self._anybody)

    def page(self, permission: Permission, *, everywhere: bool = False) -> RequiresVisitor:
        """Dependency of a page; gives the `Visitor` with the token that the page's forms must carry."""
        return RequiresVisitor(permission, self, everywhere=everywhere)

    def password_page(self) -> RequiresVisitor:
        """Dependency of the page on which a password is changed."""
        return RequiresVisitor(None, self, everywhere=False, changing=True)

    def posted(self, page: RequiresVisitor) -> RequiresForm:
        """Dependency of a form that such a page sends; gives the `Posted` form."""
        return RequiresForm(page)

    def visitor(self, request: Request, session: str | None) -> Visitor | None:
        """Who looks at a page, or None; for pages that show themselves to strangers too."""
        found = None if session is None else self._identity.visitor(session)
        if found is None:
            return None
        return replace(found, principal=_noted(request, found.principal))

    def who(self, request: Request, key: str | None, session: str | None, csrf: str | None) -> Principal:
        """Who asks.

        Raises:
            UnauthenticatedError: nobody we know.
            ForbiddenError: a change without the session's token, which another site's page cannot read.
            PasswordExpiredError: a person who must choose a password first.
        """
        return self._find(request, key, session, csrf, changing=False)

    def sites_for(self, who: Principal, permission: Permission) -> frozenset[str] | None:
        """Sites where they may do it, None for everywhere."""
        areas = who.areas_for(permission)
        sites = None if areas is None else self._sites_within(areas)
        if sites is None or who.sites is None:
            return who.sites if sites is None else sites
        return sites & who.sites

    def _anybody(self, request: Request, key: str | None, session: str | None, csrf: str | None) -> Principal:
        return self._find(request, key, session, csrf, changing=True)

    def _find(
        self, request: Request, key: str | None, session: str | None, csrf: str | None, *, changing: bool
    ) -> Principal:
        if key is not None:
            return _noted(request, self._identity.principal_of_key(key))
        visitor = self.visitor(request, session)
        if visitor is None:
            raise UnauthenticatedError(
                "sign in, or send an API key as `Authorization: Bearer …` or `X-API-Key`; "
                "the first one stands in the server's data directory"
            )
        if request.method not in _SAFE and not hmac.compare_digest(
            (csrf or "").encode(), visitor.csrf.encode()
        ):
            raise ForbiddenError(f"send the session's token as {CSRF_HEADER}: load the page again")
        if visitor.must_change and not changing:
            raise PasswordExpiredError(
                f"choose a password of your own first, at {CHANGE_PASSWORD} or by POST /api/v1/me/password"
            )
        return visitor.principal


def refuse_other_sites(request: Request) -> None:
    """Raise ForbiddenError when a form was sent from another site's page."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise ForbiddenError("this form was sent from another site: open the console and send it there")


def parse_form(body: bytes) -> dict[str, str]:
    """First value of each field of an urlencoded form; raises CallerError."""
    if len(body) > _MAX_FORM:
        raise CallerError("the form is too long: shorten its texts")
    try:
        fields = parse_qs(
            body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict"
        )
    except ValueError as error:
        raise CallerError("the form is not valid UTF-8 text: send it from the page") from error
    return {name: values[0] for name, values in fields.items()}


def address_of(request: Request) -> str:
    """Where a request came from; empty when nobody can say."""
    return request.client.host if request.client else ""


def _noted(request: Request, who: Principal) -> Principal:
    request.scope[PRINCIPAL] = who.id
    return replace(who, address=address_of(request))
