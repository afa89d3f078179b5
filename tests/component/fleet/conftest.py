"""One real aggregator for the fleet's tools."""

from collections.abc import Iterator

import pytest
from chaos.server import AggregatorServer


@pytest.fixture(scope="module")
def aggregator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AggregatorServer]:
    with AggregatorServer(tmp_path_factory.mktemp("aggregator")) as server:
        yield server
