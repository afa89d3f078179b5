from collections.abc import Iterator

import pytest
from servers.mosquitto import MosquittoServer
from servers.nats import NatsServer


@pytest.fixture(scope="module", params=["nats", "mosquitto"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NatsServer | MosquittoServer]:
    """Each broker in turn, one for all tests of a file."""
    kind = NatsServer if request.param == "nats" else MosquittoServer
    with kind(tmp_path_factory.mktemp(request.param)) as server:
        yield server
