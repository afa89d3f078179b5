"""Talks to the OpenID provider: its description, its keys, the exchange of a code, the user info.

Invariants: only what the configured issuer describes is ever asked; an answer past a bound is refused; the
keys are fetched again for a signature by an unknown one, once a minute at most, so that forged tokens cost
little.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

import httpx
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from aggregator.errors import DependencyError
from aggregator.identity.oidc import Claims, Discovered, Pending, SignOnSettings, SignOnTokenError

_log = logging.getLogger(__name__)
_FRESH_S: Final = 3600.0
_KEYS_AGAIN_S: Final = 60.0
_TIMEOUT_S: Final = 10.0
_MOST_BYTES: Final = 1_000_000
ValueT = TypeVar("ValueT")
_ALGORITHMS: Final = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
]
"""Signatures that only the provider can make; `none` and those under a shared secret are refused."""


class ProviderAwayError(DependencyError):
    """The provider does not answer as it should."""

    code = "sign_on_unavailable"

    @property
    def shown(self) -> str:
        """Without its own words, which are for the log."""
        return "the sign-on service does not answer as it should: try again in a moment"


class Tokens(msgspec.Struct, frozen=True):
    """What a code was exchanged for."""

    id_token: str
    access_token: Annotated[str, msgspec.Meta(min_length=1)]


@dataclass(frozen=True, slots=True)
class Told:
    """What the provider says of somebody: the claims that are checked, and all of them as they came."""

    claims: Claims
    everything: dict[str, Any]


class OidcClient:
    """The provider as this server sees it; any thread."""

    def __init__(
        self, settings: SignOnSettings, monotonic: Callable[[], float], http: httpx.Client | None = None
    ) -> None:
        self._settings = settings
        self._monotonic = monotonic
        self._http = http or httpx.Client(timeout=_TIMEOUT_S, follow_redirects=False)
        self._lock = threading.Lock()
        self._described: tuple[float, Discovered] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def provider(self) -> Discovered:
        """The provider's description, an hour old at most; raises ProviderAwayError."""
        with self._lock:
            now_s = self._monotonic()
            if self._described is None or now_s - self._described[0] > _FRESH_S:
                address = self._settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
                found = _decoded(self._get(address), Discovered)
                if found.issuer != self._settings.issuer:
                    raise ProviderAwayError(f"{address} is of {found.issuer!r}: set oidc.issuer to that")
                self._described = (now_s, found)
            return self._described[1]

    def exchange(self, code: str, pending: Pending) -> Tokens:
        """Tokens for a code; raises ProviderAwayError, or SignOnTokenError when the provider refuses it."""
        provider = self.provider()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._settings.redirect_uri,
            "code_verifier": pending.verifier,
        }
        auth = None
        if not self._settings.client_secret:
            form["client_id"] = self._settings.client_id
        elif "client_secret_basic" in provider.token_endpoint_auth_methods_supported:
            auth = httpx.BasicAuth(self._settings.client_id, self._settings.client_secret)
        else:
            form |= {"client_id": self._settings.client_id, "client_secret": self._settings.client_secret}
        try:
            answer = self._http.post(
                provider.token_endpoint, data=form, auth=auth or httpx.USE_CLIENT_DEFAULT
            )
        except httpx.HTTPError as error:
            raise ProviderAwayError(f"the provider's token endpoint does not answer: {error}") from error
        if answer.status_code in {400, 401, 403}:
            _log.warning("the OpenID provider refused a code: %s", answer.text[:300])
            raise SignOnTokenError("the provider takes this code no more: sign in again")
        return _decoded(_body(answer), Tokens)

    def read_token(self, token: str) -> Told:
        """What a signed ID token says; raises SignOnTokenError or ProviderAwayError."""
        try:
            return self._read(token, self._key_set(again=False))
        except SignOnTokenError:
            return self._read(token, self._key_set(again=True))

    def user_info(self, tokens: Tokens) -> Told:
        """What the provider says of whom the access token is about; raises ProviderAwayError."""
        endpoint = self.provider().userinfo_endpoint
        everything = _decoded(self._get(endpoint, tokens.access_token), dict[str, Any])
        return read_claims(everything)

    def _read(self, token: str, keys: KeySet) -> Told:
        try:
            everything = jwt.decode(token, keys, algorithms=_ALGORITHMS).claims
        except (JoseError, ValueError) as error:
            raise SignOnTokenError(f"the provider's token does not hold: {error}") from error
        return read_claims(everything)

    def _key_set(self, *, again: bool) -> KeySet:
        with self._lock:
            now_s = self._monotonic()
            old_s = 0.0 if self._keys is None else now_s - self._keys[0]
            if self._keys is not None and old_s <= (_KEYS_AGAIN_S if again else _FRESH_S):
                return self._keys[1]
        found = self._get(self.provider().jwks_uri)
        try:
            keys = KeySet.import_key_set(msgspec.json.decode(found))
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise ProviderAwayError(f"the provider's keys cannot be read: {error}") from error
        with self._lock:
            self._keys = (now_s, keys)
        return keys

    def _get(self, address: str, access_token: str = "") -> bytes:
        headers = {"Authorization": f"Bearer {access_token}"} if access_token else {}
        try:
            return _body(self._http.get(address, headers=headers))
        except httpx.HTTPError as error:
            raise ProviderAwayError(f"{address} does not answer: {error}") from error


def _body(answer: httpx.Response) -> bytes:
    if answer.status_code != httpx.codes.OK or len(answer.content) > _MOST_BYTES:
        raise ProviderAwayError(f"{answer.url} answers {answer.status_code}, {len(answer.content)} bytes")
    return answer.content


def _decoded(body: bytes, expected: type[ValueT]) -> ValueT:
    try:
        return msgspec.json.decode(body, type=expected)
    except msgspec.DecodeError as error:
        raise ProviderAwayError(f"the provider's answer cannot be read: {error}") from error


def read_claims(everything: dict[str, Any]) -> Told:
    """The claims that are looked at, among all; raises SignOnTokenError."""
    try:
        return Told(msgspec.convert(everything, Claims), everything)
    except msgspec.ValidationError as error:
        raise SignOnTokenError(f"the provider's claims cannot be read: {error}") from error
