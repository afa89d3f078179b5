import pytest

from aggregator.errors import OperatorError, PortTakenError
from aggregator.http_server import listen


def test_a_free_port_is_taken_and_a_taken_one_is_told() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"port {port} on 127.0.0.1 is in use"):
            listen("127.0.0.1", port)


def test_an_address_that_is_not_ours_is_told() -> None:
    with pytest.raises(OperatorError, match=r"server\.host"):
        listen("192.0.2.1", 0)
