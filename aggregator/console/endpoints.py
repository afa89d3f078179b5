"""The console's addresses: sign-in, the live page, its data, its files.

Invariants: nothing but the sign-in page and the files is given without a session; changes are POSTs
of our own pages alone (the cookie is `SameSite=Strict`, the `Origin` is checked, and a form carries the
session's token).
"""

from typing import Annotated, Final

from fastapi import APIRouter, Cookie, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from aggregator.console.catalogue import LANGUAGES, Catalogue, load_catalogues
from aggregator.console.menu import Menu
from aggregator.console.pages import Pages, digest_of, load_assets
from aggregator.console.schemas import Overview, Summary
from aggregator.console.service import ConsoleService
from aggregator.errors import (
    DependencyError,
    NotFoundError,
    TooManyAttemptsError,
    UnauthenticatedError,
)
from aggregator.identity.cookies import clear_session, set_session
from aggregator.identity.guard import (
    SESSION_COOKIE,
    Guard,
    Posted,
    address_of,
    parse_form,
    refuse_other_sites,
)
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.identity.service import IdentityService, Visitor

LANGUAGE_COOKIE: Final = "matthan_language"
_YEAR_S: Final = 31_536_000
_MAX_NAME: Final = 64
Session = Annotated[str | None, Cookie(alias=SESSION_COOKIE, include_in_schema=False)]
Language = Annotated[str | None, Cookie(alias=LANGUAGE_COOKIE, include_in_schema=False)]


def console_router(
    service: ConsoleService,
    identity: IdentityService,
    guard: Guard,
    menu: Menu,
    pages: Pages,
    *,
    secure_cookies: bool,
) -> APIRouter:
    """Every page of the console; none of them is part of the API."""
    router = APIRouter(include_in_schema=False)
    catalogues = load_catalogues()
    _add_files(router)
    _add_data(router, service, guard)
    _add_sign_in(router, pages, catalogues, identity, secure_cookies=secure_cookies)
    _add_sign_out(router, pages, catalogues, identity, guard, secure_cookies=secure_cookies)

    @router.get("/")
    def root() -> Response:
        return RedirectResponse("/console", status_code=307)

    @router.get("/console")
    def live(
        visitor: Annotated[Visitor, Depends(guard.page(Permission.CONSOLE_USE))],
        language: Language = None,
        lang: Annotated[str | None, Query(max_length=8)] = None,
    ) -> Response:
        if lang in LANGUAGES:
            return language_chosen(lang, "/console", secure=secure_cookies)
        who = visitor.principal
        page = pages.live(
            language_of(language),
            visitor,
            menu.links(who),
            shows_stage=menu.has_alarms and who.may(Permission.ALARMS_READ),
        )
        return HTMLResponse(page)

    return router


def _add_sign_in(
    router: APIRouter,
    pages: Pages,
    catalogues: dict[str, Catalogue],
    identity: IdentityService,
    *,
    secure_cookies: bool,
) -> None:
    @router.get("/console/sign-in")
    def sign_in_page(
        language: Language = None, lang: Annotated[str | None, Query(max_length=8)] = None
    ) -> Response:
        if lang in LANGUAGES:
            return language_chosen(lang, "/console/sign-in", secure=secure_cookies)
        return HTMLResponse(pages.sign_in(language_of(language)))

    @router.post("/console/sign-in")
    async def sign_in(request: Request, language: Language = None, session: Session = None) -> Response:
        refuse_other_sites(request)
        form = parse_form(await request.body())
        name, password = form.get("name", "")[:_MAX_NAME], form.get("password", "")
        shown = language_of(language)
        try:
            token = await run_in_threadpool(
                identity.sign_in,
                name,
                password,
                address=address_of(request),
                agent=request.headers.get("user-agent", ""),
                replaces=session,
            )
        except (UnauthenticatedError, TooManyAttemptsError, DependencyError) as error:
            page = pages.sign_in(shown, error=_sentence(catalogues[shown], error), name=name)
            return HTMLResponse(page, status_code=error.status)
        response = RedirectResponse("/console", status_code=303)
        set_session(response, token, secure=secure_cookies)
        return response


def _add_sign_out(
    router: APIRouter,
    pages: Pages,
    catalogues: dict[str, Catalogue],
    identity: IdentityService,
    guard: Guard,
    *,
    secure_cookies: bool,
) -> None:
    @router.post("/console/sign-out")
    def sign_out(
        posted: Annotated[Posted, Depends(guard.posted(guard.password_page()))],
        session: Session = None,
        language: Language = None,
    ) -> Response:
        left = None if session is None else identity.sign_out(session, address=posted.principal.address)
        response: Response = RedirectResponse("/console/sign-in", status_code=303)
        if pages.has_sign_on and left is not None and not left.local:
            # Not a redirect: the policy lets a form lead to our own pages alone.
            shown = language_of(language)
            response = HTMLResponse(
                pages.onward(shown, "/console/sign-on/out", catalogues[shown].sign_on["onward"])
            )
        clear_session(response, secure=secure_cookies)
        return response


def _add_data(router: APIRouter, service: ConsoleService, guard: Guard) -> None:
    uses = Depends(guard.requires(Permission.CONSOLE_USE))

    def sites_of(who: Principal) -> frozenset[str] | None:
        return guard.sites_for(who, Permission.EVENTS_READ)

    @router.get("/console/overview")
    def overview(who: Annotated[Principal, uses]) -> Overview:
        return service.overview(sites_of(who))

    @router.get("/console/summary")
    def summary(who: Annotated[Principal, uses]) -> Summary:
        return service.summary(sites_of(who))


def _add_files(router: APIRouter) -> None:
    assets = load_assets()
    release = digest_of(assets)

    @router.get("/console/static/{digest}/{name}")
    async def file(digest: str, name: str) -> Response:
        asset = assets.get(name)
        if asset is None or digest != release:
            raise NotFoundError("there is no such file in this version: load the page again")
        return Response(
            asset.content,
            media_type=asset.media_type,
            headers={"Cache-Control": f"public, max-age={_YEAR_S}, immutable"},
        )

    @router.get("/favicon.ico")
    async def favicon() -> Response:
        asset = assets["eye.svg"]
        return Response(
            asset.content, media_type=asset.media_type, headers={"Cache-Control": "max-age=86400"}
        )


def language_of(cookie: str | None) -> str:
    """The language to show."""
    return cookie if cookie in LANGUAGES else LANGUAGES[0]


def language_chosen(language: str, path: str, *, secure: bool) -> Response:
    """Back to the page, which shows this language from now on."""
    response = RedirectResponse(path, status_code=303)
    response.set_cookie(
        LANGUAGE_COOKIE, language, max_age=_YEAR_S, samesite="lax", httponly=True, secure=secure
    )
    return response


def _sentence(
    catalogue: Catalogue, error: UnauthenticatedError | TooManyAttemptsError | DependencyError
) -> str:
    if isinstance(error, TooManyAttemptsError):
        return catalogue.sign_in["too_many"].format(seconds=max(1, round(error.retry_after_s)))
    if isinstance(error, DependencyError):
        return catalogue.sign_in["unavailable"]
    return catalogue.sign_in["wrong"]
