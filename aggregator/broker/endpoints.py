"""`/api/v1/broker`: what tools need to listen to the broker."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from aggregator.broker.broker import Broker
from aggregator.identity.guard import Guard
from aggregator.identity.permissions import Permission
from aggregator.web.responses import problems


class TapAccount(BaseModel):
    """The account that reads all that nodes say and writes nothing."""

    model_config = ConfigDict(frozen=True)

    node: Annotated[str, Field(description="empty: the account is no node's")]
    broker_url: str
    user: str
    password: str
    client_id: str


class TapAccounts(BaseModel):
    """One item, in the shape of every other list of accounts."""

    items: list[TapAccount]


def broker_router(broker: Broker, guard: Guard) -> APIRouter:
    """Endpoints over `broker`."""
    router = APIRouter(prefix="/api/v1/broker", tags=["broker"])

    @router.get(
        "/tap",
        dependencies=[Depends(guard.requires(Permission.FLEET_ADMIN, everywhere=True))],
        responses=problems(401, 403, 429, 503),
        summary="Show the account of `fleet tap`",
    )
    def tap(response: Response) -> TapAccounts:
        """Give the broker account that may read all traffic; takes the permission fleet.admin."""
        response.headers["Cache-Control"] = "no-store"
        account = broker.tap_credentials
        return TapAccounts(
            items=[
                TapAccount(
                    node="",
                    broker_url=broker.url,
                    user=account.user,
                    password=account.password,
                    client_id=account.client_id,
                )
            ]
        )

    return router
