"""Free loopback ports for servers that are killed and started again on the same port.

Ports are taken below the kernel's ephemeral range (32768 upwards by default). A client that keeps
reconnecting to a dead loopback port inside that range can be given the very same port as its source, connect
to itself, and keep the restarted server from binding.
"""

import random
import socket
import time

LOWEST = 20_000
HIGHEST = 31_999
LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Return a loopback TCP port that nothing listens on now."""
    for _ in range(200):
        port = random.randint(LOWEST, HIGHEST)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"no free loopback port between {LOWEST} and {HIGHEST}: stop leftover test servers")


def accepts(port: int, *, host: str = LOOPBACK) -> bool:
    """Tell whether something accepts TCP connections on the port."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def wait_until_accepts(port: int, *, timeout_s: float = 20) -> None:
    """Block until the port accepts connections; ``TimeoutError`` after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while not accepts(port):
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing accepts connections on {LOOPBACK}:{port} after {timeout_s} s")
        time.sleep(0.02)
