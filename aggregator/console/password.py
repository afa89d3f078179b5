"""`/console/password`: where people choose a password of their own; nothing else is shown before that."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from aggregator.console.catalogue import Catalogue
from aggregator.console.endpoints import Language, language_of
from aggregator.console.pages import Pages
from aggregator.errors import AggregatorError, CallerError
from aggregator.identity.accounts import AccountsService
from aggregator.identity.cookies import set_session
from aggregator.identity.guard import Guard, Posted
from aggregator.identity.passwords import SHORTEST
from aggregator.identity.service import LOCK, Visitor


def password_router(
    pages: Pages,
    catalogues: dict[str, Catalogue],
    accounts: AccountsService,
    guard: Guard,
    *,
    secure_cookies: bool,
) -> APIRouter:
    """The page and its form."""
    router = APIRouter(include_in_schema=False)
    page = guard.password_page()

    @router.get("/console/password")
    def show(visitor: Annotated[Visitor, Depends(page)], language: Language = None) -> Response:
        return HTMLResponse(
            pages.password(language_of(language), csrf=visitor.csrf, forced=visitor.must_change)
        )

    @router.post("/console/password")
    async def change(
        request: Request,
        posted: Annotated[Posted, Depends(guard.posted(page))],
        language: Language = None,
    ) -> Response:
        shown = language_of(language)
        words = catalogues[shown].password
        form = posted.form
        wanted = form.get("wanted", "")
        if wanted != form.get("again", ""):
            text = pages.password(shown, csrf=posted.csrf, forced=False, error=words["differ"])
            return HTMLResponse(text, status_code=422)
        try:
            token = await run_in_threadpool(
                accounts.choose_password,
                posted.principal,
                current=form.get("current", ""),
                wanted=wanted,
                agent=request.headers.get("user-agent", ""),
            )
        except CallerError as error:
            text = pages.password(shown, csrf=posted.csrf, forced=False, error=sentence(words, error))
            return HTMLResponse(text, status_code=error.status)
        response = RedirectResponse("/console", status_code=303)
        set_session(response, token, secure=secure_cookies)
        return response

    return router


def sentence(words: dict[str, str], error: AggregatorError) -> str:
    """What people are told; errors that have no words of their own are shown as they are."""
    said = words.get(error.code)
    if said is None:
        return error.shown
    return said.format(shortest=SHORTEST, minutes=round(LOCK.total_seconds() / 60))
