"""`/api/v1/nodes`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response, status

from aggregator.identity.guard import Guard
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.nodes.schemas import NodeAccounts, NodePage, NodeView, Registration
from aggregator.nodes.service import NodesService
from aggregator.web.cursors import MAX_CURSOR, decode_cursor, encode_cursor
from aggregator.web.responses import problems

Node = Annotated[str, Path(description="id of a node", max_length=64)]


def nodes_router(service: NodesService, guard: Guard) -> APIRouter:
    """Endpoints over `service`."""
    router = APIRouter(prefix="/api/v1/nodes", tags=["nodes"])
    reads = Depends(guard.requires(Permission.NODES_READ))
    writes = Depends(guard.requires(Permission.NODES_WRITE))

    @router.post(
        "",
        status_code=status.HTTP_201_CREATED,
        dependencies=[Depends(guard.requires(Permission.NODES_WRITE, everywhere=True))],
        responses=problems(400, 401, 403, 409, 413, 422, 429, 503),
        summary="Register nodes",
        response_description="Accounts on the broker; the passwords are shown this once",
    )
    def register(wanted: Registration) -> NodeAccounts:
        """Give each id an account on the broker, which may write under its own topics alone.

        An id that is registered gives 409 for the whole request, unless `rotate` is true.
        """
        return NodeAccounts(items=service.register(wanted.ids, rotate=wanted.rotate))

    @router.get("", responses=problems(400, 401, 403, 422, 429, 503), summary="List nodes")
    def page(
        who: Annotated[Principal, reads],
        cursor: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> NodePage:
        """Nodes by id, with their presence at the time of the request."""
        after = "" if cursor is None else decode_cursor(cursor, tuple[str])[0]
        sites = guard.sites_for(who, Permission.NODES_READ)
        found = service.page(after=after, limit=limit + 1, sites=sites)
        more = len(found) > limit
        items = found[:limit]
        return NodePage(items=items, next_cursor=encode_cursor((items[-1].node,)) if more else None)

    @router.get("/{node}", responses=problems(401, 403, 404, 422, 429, 503), summary="Show one node")
    def show(node: Node, who: Annotated[Principal, reads]) -> NodeView:
        """Presence, cameras, outbox, versions and watermark of one node."""
        return service.get(node, guard.sites_for(who, Permission.NODES_READ))

    @router.delete(
        "/{node}",
        status_code=status.HTTP_204_NO_CONTENT,
        responses=problems(401, 403, 404, 422, 429, 503),
        summary="Revoke a node",
    )
    def revoke(node: Node, who: Annotated[Principal, writes]) -> Response:
        """Take the node's account away; its session is cut at once. What it sent stays."""
        service.revoke(node, guard.sites_for(who, Permission.NODES_WRITE))
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    return router
