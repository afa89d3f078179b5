"""Whether the broker's name is known and there is a way to it."""

import ipaddress
import socket

from edge_agent.doctor.finding import Finding


def dns(host: str) -> Finding:
    """Look the host up; a literal address needs no DNS."""
    if _is_address(host):
        return Finding("DNS", "address", values={"host": host})
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        return Finding("DNS", "unknown", values={"host": host, "detail": error.strerror or str(error)})
    return Finding("DNS", "ok", values={"host": host, "address": str(found[0][4][0])})


def route(host: str, port: int) -> Finding:
    """Ask the kernel which way a packet would take; none is sent."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except socket.gaierror:
        return Finding("ROUTE", "no_name", values={"host": host})
    for family, kind, protocol, _, address in found:
        try:
            with socket.socket(family, kind, protocol) as prober:
                prober.connect(address)  # a datagram socket only chooses its route
                own = str(prober.getsockname()[0])
        except OSError:
            continue
        return Finding("ROUTE", "ok", values={"host": host, "own_address": own})
    return Finding("ROUTE", "none", values={"host": host})


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
