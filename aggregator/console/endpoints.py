"""The console's addresses: sign-in, the live page, its data, its files.

Invariants: nothing but the sign-in page and the files is given without a session; changes are POSTs
of our own pages alone (the cookie is `SameSite=Strict`, and the `Origin` is checked).
"""

from collections.abc import Callable
from typing import Annotated, Final
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Cookie, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from aggregator.console.catalogue import LANGUAGES, Catalogue, load_catalogues
from aggregator.console.pages import Pages, digest_of, load_assets
from aggregator.console.schemas import Overview, Summary
from aggregator.console.service import ConsoleService
from aggregator.errors import (
    CallerError,
    DependencyError,
    ForbiddenError,
    NotFoundError,
    TooManyAttemptsError,
    UnauthenticatedError,
)
from aggregator.identity.guard import SESSION_COOKIE
from aggregator.identity.service import SESSION_LIFE, IdentityService

LANGUAGE_COOKIE: Final = "matthan_language"
_YEAR_S: Final = 31_536_000
_MAX_NAME: Final = 64
_MAX_FORM: Final = 4096
Session = Annotated[str | None, Cookie(alias=SESSION_COOKIE, include_in_schema=False)]
Language = Annotated[str | None, Cookie(alias=LANGUAGE_COOKIE, include_in_schema=False)]


def console_router(service: ConsoleService, identity: IdentityService, *, secure_cookies: bool) -> APIRouter:
    """Every page of the console; none of them is part of the API."""
    router = APIRouter(include_in_schema=False)
    catalogues = load_catalogues()
    pages = Pages(catalogues, load_assets())
    _add_files(router)
    _add_data(router, service, identity)
    _add_sign_in(router, pages, catalogues, identity, secure_cookies=secure_cookies)

    @router.get("/")
    def root() -> Response:
        return RedirectResponse("/console", status_code=307)

    @router.get("/console")
    def live(
        session: Session = None,
        language: Language = None,
        lang: Annotated[str | None, Query(max_length=8)] = None,
    ) -> Response:
        signed_in = None if session is None else identity.session(session)
        if signed_in is None:
            return RedirectResponse("/console/sign-in", status_code=303)
        if lang in LANGUAGES:
            return _language_chosen(lang, "/console", secure=secure_cookies)
        return HTMLResponse(pages.live(_language(language), user=signed_in.user_name))

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
            return _language_chosen(lang, "/console/sign-in", secure=secure_cookies)
        return HTMLResponse(pages.sign_in(_language(language)))

    @router.post("/console/sign-in")
    async def sign_in(request: Request, language: Language = None) -> Response:
        _refuse_other_sites(request)
        form = _parse_form(await request.body())
        name, password = form.get("name", "")[:_MAX_NAME], form.get("password", "")
        address = request.client.host if request.client else ""
        shown = _language(language)
        try:
            token = await run_in_threadpool(identity.sign_in, name, password, address=address)
        except (UnauthenticatedError, TooManyAttemptsError, DependencyError) as error:
            page = pages.sign_in(shown, error=_sentence(catalogues[shown], error), name=name)
            return HTMLResponse(page, status_code=error.status)
        response = RedirectResponse("/console", status_code=303)
        response.set_cookie(
            SESSION_COOKIE,
            token,
            max_age=int(SESSION_LIFE.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=secure_cookies,
        )
        return response

    @router.post("/console/sign-out")
    def sign_out(request: Request, session: Session = None) -> Response:
        _refuse_other_sites(request)
        if session is not None:
            identity.sign_out(session)
        response = RedirectResponse("/console/sign-in", status_code=303)
        response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict", secure=secure_cookies)
        return response


def _add_data(router: APIRouter, service: ConsoleService, identity: IdentityService) -> None:
    signed_in = Depends(_signed_in(identity))

    @router.get("/console/overview", dependencies=[signed_in])
    def overview() -> Overview:
        return service.overview()

    @router.get("/console/summary", dependencies=[signed_in])
    def summary() -> Summary:
        return service.summary()


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


def _signed_in(identity: IdentityService) -> Callable[..., None]:
    def check(session: Session = None) -> None:
        if session is None or identity.session(session) is None:
            raise UnauthenticatedError("sign in at /console/sign-in")

    return check


def _language(cookie: str | None) -> str:
    return cookie if cookie in LANGUAGES else LANGUAGES[0]


def _language_chosen(language: str, path: str, *, secure: bool) -> Response:
    response = RedirectResponse(path, status_code=303)
    response.set_cookie(
        LANGUAGE_COOKIE, language, max_age=_YEAR_S, samesite="lax", httponly=True, secure=secure
    )
    return response


def _refuse_other_sites(request: Request) -> None:
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise ForbiddenError("this form was sent from another site: open the console and sign in there")


def _parse_form(body: bytes) -> dict[str, str]:
    if len(body) > _MAX_FORM:
        raise CallerError("the form is too long")
    try:
        fields = parse_qs(body.decode("utf-8"), max_num_fields=10, errors="strict")
    except ValueError as error:
        raise CallerError("the form is not valid UTF-8 text") from error
    return {name: values[0] for name, values in fields.items()}


def _sentence(
    catalogue: Catalogue, error: UnauthenticatedError | TooManyAttemptsError | DependencyError
) -> str:
    if isinstance(error, TooManyAttemptsError):
        return catalogue.sign_in["too_many"].format(seconds=max(1, round(error.retry_after_s)))
    if isinstance(error, DependencyError):
        return catalogue.sign_in["unavailable"]
    return catalogue.sign_in["wrong"]
