"""The frames of the pages on which people work: alarms, map, places, people, keys, the audit log.

Invariant: a frame holds words and who looks, never data; its script reads that from the API with the
session, so that a page can show nothing that the API would refuse.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import HTMLResponse, Response

from aggregator.console.catalogue import LANGUAGES
from aggregator.console.endpoints import Language, language_chosen, language_of
from aggregator.console.menu import ALARM_PAGE, Menu, MenuPage
from aggregator.console.pages import Pages
from aggregator.identity.guard import Guard
from aggregator.identity.service import Visitor

Asked = Annotated[str | None, Query(max_length=8)]


def work_router(menu: Menu, pages: Pages, guard: Guard, *, secure_cookies: bool) -> APIRouter:
    """A page for each entry of the menu that has a script."""
    router = APIRouter(include_in_schema=False)
    for page in menu.pages:
        if page.module:
            _add_page(router, page, menu, pages, guard, secure_cookies=secure_cookies)
    if menu.has_alarms:
        _add_alarm(router, menu, pages, guard, secure_cookies=secure_cookies)
    return router


def _add_page(
    router: APIRouter, page: MenuPage, menu: Menu, pages: Pages, guard: Guard, *, secure_cookies: bool
) -> None:
    sees = Depends(guard.page(page.permission, everywhere=page.everywhere))

    @router.get(page.path, name=f"console_{page.name}")
    def show(visitor: Annotated[Visitor, sees], language: Language = None, lang: Asked = None) -> Response:
        if lang in LANGUAGES:
            return language_chosen(lang, page.path, secure=secure_cookies)
        return HTMLResponse(pages.work(language_of(language), page, visitor, menu.links(visitor.principal)))


def _add_alarm(router: APIRouter, menu: Menu, pages: Pages, guard: Guard, *, secure_cookies: bool) -> None:
    sees = Depends(guard.page(ALARM_PAGE.permission))

    @router.get(ALARM_PAGE.path)
    def alarm(
        alarm_id: str, visitor: Annotated[Visitor, sees], language: Language = None, lang: Asked = None
    ) -> Response:
        path = f"/console/alarms/{alarm_id}"
        if lang in LANGUAGES:
            return language_chosen(lang, path, secure=secure_cookies)
        links = menu.links(visitor.principal)
        shown = pages.work(language_of(language), ALARM_PAGE, visitor, links, subject=alarm_id, path=path)
        return HTMLResponse(shown)
