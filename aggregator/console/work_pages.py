"""The frames of the pages on which people work: alarms, a node, the map, notices, rules, administration.

Invariant: a frame holds words and who looks, never data; its script reads that from the API with the
session, so that a page can show nothing that the API would refuse.
"""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, Response

from aggregator.console.catalogue import LANGUAGES
from aggregator.console.endpoints import Language, language_chosen, language_of
from aggregator.console.menu import ALARM_PAGE, NODE_PAGE, Menu, MenuPage
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
        _add_one(router, ALARM_PAGE, menu, pages, guard, secure_cookies=secure_cookies)
    _add_one(router, NODE_PAGE, menu, pages, guard, secure_cookies=secure_cookies)
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


def _add_one(
    router: APIRouter, page: MenuPage, menu: Menu, pages: Pages, guard: Guard, *, secure_cookies: bool
) -> None:
    """A page about one thing, whose id is the last part of its address."""
    sees = Depends(guard.page(page.permission))
    folder, _, parameter = page.path.rpartition("/")

    @router.get(page.path, name=f"console_{page.name}")
    def show(
        request: Request,
        visitor: Annotated[Visitor, sees],
        language: Language = None,
        lang: Asked = None,
    ) -> Response:
        subject = request.path_params[parameter.strip("{}")]
        path = f"{folder}/{quote(subject, safe='')}"
        if lang in LANGUAGES:
            return language_chosen(lang, path, secure=secure_cookies)
        links = menu.links(visitor.principal)
        return HTMLResponse(
            pages.work(language_of(language), page, visitor, links, subject=subject, path=path)
        )
