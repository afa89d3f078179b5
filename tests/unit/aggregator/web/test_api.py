"""The application and its document."""

from fastapi import APIRouter

from aggregator.web.api import Api


def test_what_is_served_is_what_the_document_tells_of() -> None:
    app, shown, hidden = (
        Api(title="t", version="1"),
        APIRouter(prefix="/api"),
        APIRouter(include_in_schema=False),
    )

    @shown.get("/things/{thing}")
    def thing(thing: str) -> str:
        return thing

    @shown.post("/things")
    def add() -> str:
        return "added"

    @hidden.get("/page")
    def page() -> str:
        return "page"

    app.add_slice(shown)
    app.add_slice(hidden)
    assert app.served == {"/api/things", "/api/things/{thing}"} == set(app.openapi()["paths"])


def test_every_operation_says_that_it_may_be_refused_for_haste_or_for_want_of_a_store() -> None:
    app, router = Api(title="t", version="1"), APIRouter()

    @router.get("/things")
    def things(cursor: str = "") -> str:
        return cursor

    app.add_slice(router)
    assert set(app.openapi()["paths"]["/things"]["get"]["responses"]) == {"200", "400", "422", "429", "503"}
