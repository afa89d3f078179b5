"""The uplink over TLS: the right authority, the wrong one, and a name that does not fit."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from servers.mosquitto import MosquittoServer
from servers.ports import free_port

from edge_agent.uplink.connection import Connection
from edge_agent.uplink.endpoint import Endpoint
from edge_agent.uplink.errors import BrokerRefusedError
from fleet.wire.topics import UpChannel, up

NODE = "cam-node"
# paho leaves a socket whose handshake failed to the garbage collector.
LEFT_OPEN = pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl.SSLSocket")
Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Authority:
    """A certificate authority of one test."""

    key: Key
    certificate: x509.Certificate

    def write(self, path: Path) -> Path:
        path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return path


def certificate(
    subject: str, key: Key, issuer: str, signer: Key, *, ca: bool, address: str = ""
) -> x509.Certificate:
    now = datetime.now(tz=UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if address:
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(signer, hashes.SHA256())


def authority(name: str) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    return Authority(key, certificate(name, key, name, key, ca=True))


@dataclass(frozen=True)
class TlsBroker:
    """A mosquitto with a TLS listener, and how a node reaches it."""

    endpoint: Endpoint
    folder: Path


@pytest.fixture(params=["127.0.0.1", "10.9.8.7"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TlsBroker]:
    """A broker whose certificate names the address of the parameter."""
    ours = authority("ours")
    key = ec.generate_private_key(ec.SECP256R1())
    server = certificate("broker", key, "ours", ours.key, ca=False, address=request.param)
    (tmp_path / "server.pem").write_bytes(server.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "server.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    port = free_port()
    listener = [
        f"listener {port} 127.0.0.1",
        f"certfile {tmp_path}/server.pem",
        f"keyfile {tmp_path}/server.key",
    ]
    with MosquittoServer(tmp_path / "mosquitto", extra=listener) as mosquitto:
        (account,) = mosquitto.add_nodes([NODE])
        ca = ours.write(tmp_path / "ca.pem")
        endpoint = Endpoint(
            "127.0.0.1", port, True, str(ca), account.user, account.password, account.client_id, ping_s=2
        )
        yield TlsBroker(endpoint, tmp_path)


def connection(endpoint: Endpoint) -> Connection:
    return Connection(endpoint, (up(NODE, UpChannel.STATE), b"gone"), lambda *_: None)


@pytest.mark.parametrize("broker", ["127.0.0.1"], indirect=True)
def test_the_expected_authority_is_trusted(broker: TlsBroker) -> None:
    made = connection(broker.endpoint)
    assert made.open(lambda: False) is False
    made.close(politely=True)


@LEFT_OPEN
@pytest.mark.parametrize("broker", ["127.0.0.1"], indirect=True)
def test_another_authority_is_refused_before_the_password_is_sent(broker: TlsBroker) -> None:
    other = authority("other").write(broker.folder / "other.pem")
    made = connection(replace(broker.endpoint, ca=str(other)))
    with pytest.raises(BrokerRefusedError, match=r"not the expected one.*check broker\.ca"):
        made.open(lambda: False)
    made.close(politely=False)


@LEFT_OPEN
@pytest.mark.parametrize("broker", ["10.9.8.7"], indirect=True)
def test_a_certificate_for_another_address_is_refused(broker: TlsBroker) -> None:
    made = connection(broker.endpoint)
    with pytest.raises(BrokerRefusedError, match="not the expected one"):
        made.open(lambda: False)
    made.close(politely=False)


@pytest.mark.parametrize("broker", ["127.0.0.1"], indirect=True)
def test_a_missing_authority_file_is_said_by_name(broker: TlsBroker) -> None:
    made = connection(replace(broker.endpoint, ca=str(broker.folder / "none.pem")))
    with pytest.raises(BrokerRefusedError, match=r"broker\.ca: .*none\.pem cannot be used"):
        made.open(lambda: False)
    made.close(politely=False)
