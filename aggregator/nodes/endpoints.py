"""`/api/v1/nodes`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response, status

from aggregator.identity.guard import Guard
from aggregator.nodes.schemas import NodeAccounts, NodePage, NodeView, Registration
from aggregator.nodes.service import NodesService
from aggregator.web.cursors import MAX_CURSOR, decode_cursor, encode_cursor
from aggregator.web.responses import problems

Node = Annotated[str, Path(description="id of a node", max_length=64)]


def nodes_router(service: NodesService, guard: Guard) -> APIRouter:
    """Endpoints over `service`."""
    router = APIRouter(prefix="/api/v1/nodes", tags=["nodes"])

    @router.post(
        "",
        status_code=status.HTTP_201_CREATED,
        dependencies=[Depends(guard.nodes_writer)],
        responses=problems(401, 403, 409, 422, 503),
        summary="Register nodes",
        response_description="Accounts on the broker; the passwords are shown this once",
    )
    def register(wanted: Registration) -> NodeAccounts:
        """Give each id an account on the broker, which may write under its own topics alone.

        An id that is registered gives 409 for the whole request, unless `rotate` is true.
        """
        return NodeAccounts(items=service.register(wanted.ids, rotate=wanted.rotate))

    @router.get(
        "", dependencies=[Depends(guard.reader)], responses=problems(401, 403, 422), summary="List nodes"
    )
    def page(
        cursor: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> NodePage:
        """Nodes by id, with their presence at the time of the request."""
        after = "" if cursor is None else decode_cursor(cursor, tuple[str])[0]
        found = service.page(after=after, limit=limit + 1)
        more = len(found) > limit
        items = found[:limit]
        return NodePage(items=items, next_cursor=encode_cursor((items[-1].node,)) if more else None)

    @router.get(
        "/{node}",
        dependencies=[Depends(guard.reader)],
        responses=problems(401, 403, 404),
        summary="Show one node",
    )
    def show(node: Node) -> NodeView:
        """Presence, cameras, outbox, versions and watermark of one node."""
        return service.get(node)

    @router.delete(
        "/{node}",
        status_code=status.HTTP_204_NO_CONTENT,
        dependencies=[Depends(guard.nodes_writer)],
        responses=problems(401, 403, 404, 503),
        summary="Revoke a node",
    )
    def revoke(node: Node) -> Response:
        """Take the node's account away; its session is cut at once. What it sent stays."""
        service.revoke(node)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    return router
