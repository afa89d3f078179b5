"""`/console/sign-on`: to the provider and back.

The session's cookie is `SameSite=Strict`, so a browser that comes from the provider does not send it with the
first request; the answer is therefore a page of ours that goes on by itself, and not a redirect.
"""

import base64
import binascii
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Cookie, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from aggregator.console.catalogue import Catalogue
from aggregator.console.endpoints import Language, language_of
from aggregator.console.pages import Pages
from aggregator.errors import AggregatorError
from aggregator.identity.cookies import set_session
from aggregator.identity.guard import Session, address_of
from aggregator.identity.oidc import Pending
from aggregator.identity.sign_on import SignOnService

PENDING_COOKIE: Final = "matthan_sign_on"
PATH: Final = "/console/sign-on"
_TEN_MINUTES_S: Final = 600
_LONGEST: Final = 1024


def sign_on_router(
    pages: Pages, catalogues: dict[str, Catalogue], service: SignOnService, *, secure_cookies: bool
) -> APIRouter:
    """The way there, the way back, and out."""
    router = APIRouter(include_in_schema=False)

    def failed(language: str, error: AggregatorError) -> Response:
        words = catalogues[language].sign_on
        said = words.get(error.code, words["sign_on_failed"])
        return HTMLResponse(pages.sign_in(language, error=said), status_code=error.status)

    @router.get(PATH)
    def begin(language: Language = None) -> Response:
        try:
            location, pending = service.begin()
        except AggregatorError as error:
            return failed(language_of(language), error)
        response = RedirectResponse(location, status_code=303)
        _keep(response, pending, secure=secure_cookies)
        return response

    @router.get(f"{PATH}/callback")
    async def callback(
        request: Request,
        pending: Annotated[str | None, Cookie(alias=PENDING_COOKIE)] = None,
        session: Session = None,
        language: Language = None,
    ) -> Response:
        shown = language_of(language)
        try:
            token = await run_in_threadpool(
                service.finish,
                dict(request.query_params),
                _read(pending),
                address=address_of(request),
                agent=request.headers.get("user-agent", ""),
                replaces=session,
            )
        except AggregatorError as error:
            response = failed(shown, error)
        else:
            response = HTMLResponse(pages.onward(shown, "/console", catalogues[shown].sign_on["onward"]))
            set_session(response, token, secure=secure_cookies)
        response.delete_cookie(PENDING_COOKIE, path=PATH)
        return response

    @router.get(f"{PATH}/out")
    def out(language: Language = None) -> Response:
        try:
            location = service.sign_out_url()
        except AggregatorError as error:
            return failed(language_of(language), error)
        return RedirectResponse(location or "/console/sign-in", status_code=303)

    return router


def _keep(response: Response, pending: Pending, *, secure: bool) -> None:
    response.set_cookie(
        PENDING_COOKIE,
        base64.urlsafe_b64encode(msgspec.json.encode(pending)).decode(),
        max_age=_TEN_MINUTES_S,
        path=PATH,
        httponly=True,
        samesite="lax",  # the way back is a navigation from the provider's site
        secure=secure,
    )


def _read(cookie: str | None) -> Pending | None:
    if cookie is None or len(cookie) > _LONGEST:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cookie), type=Pending)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        return None
