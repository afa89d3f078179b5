"""Single sign-on by OpenID Connect, the deciding part: what is asked, and what an answer means. Pure.

Authorization code with PKCE (RFC 7636, S256), `state` against forged answers, `nonce` against replayed
tokens, and the answer's `iss` against mixed-up providers (RFC 9207). Neighbours: `oidc_client.py` talks to
the provider, `sign_on.py` joins both with the people of this server.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import msgspec

from aggregator.errors import CallerError
from aggregator.identity.principal import Grant

EVERYBODY: Final = "*"
"""The group that everybody is in who signs on."""
LEEWAY_S: Final = 60.0
_NOT_IN_NAMES: Final = re.compile(r"[^a-z0-9._@-]+")
_LONGEST_NAME: Final = 48


class SignOnError(CallerError):
    """Signing on did not succeed; `code` tells which words the page shows."""

    status = 403
    code = "sign_on_failed"
    title = "Not signed on"


class SignOnStateError(SignOnError):
    """The answer does not belong to a sign-on that this browser began, or it took too long."""

    code = "sign_on_state"


class SignOnRefusedError(SignOnError):
    """The provider refused, or the person broke off."""

    code = "sign_on_refused"


class SignOnTokenError(SignOnError):
    """What the provider gave does not hold."""

    code = "sign_on_token"


class SignOnGroupError(SignOnError):
    """The person is in none of the groups that may come in."""

    code = "sign_on_group"


class SignOnDisabledError(SignOnError):
    """The person was disabled here."""

    code = "sign_on_disabled"


@dataclass(frozen=True, slots=True)
class SignOnSettings:
    """How this server signs people on.

    Attributes:
        issuer: of the provider, as its tokens name it.
        client_id: of this server at the provider.
        client_secret: empty for a public client, whom PKCE alone protects.
        scopes: asked for.
        groups_claim: the claim that names groups.
        groups: grants of each group; `*` is everybody who signs on.
        redirect_uri: where the provider sends people back to.
        signed_out_uri: where it sends them after signing out.
        label: what the button says.
    """

    issuer: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...]
    groups_claim: str
    groups: Mapping[str, tuple[Grant, ...]]
    redirect_uri: str
    signed_out_uri: str
    label: str


class Discovered(msgspec.Struct, frozen=True):
    """The provider's own description (`/.well-known/openid-configuration`)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Pending(msgspec.Struct, frozen=True):
    """A sign-on that was begun; the browser keeps it in a cookie of its own until the answer comes."""

    state: str
    nonce: str
    verifier: str


class Claims(msgspec.Struct, frozen=True):
    """What of an ID token or of the user info is looked at."""

    sub: str
    iss: str = ""
    aud: str | tuple[str, ...] = ()
    azp: str = ""
    exp: float = 0.0
    iat: float = 0.0
    nonce: str = ""
    at_hash: str = ""
    name: str = ""
    preferred_username: str = ""
    email: str = ""
    locale: str = ""


def authorization_url(settings: SignOnSettings, provider: Discovered, pending: Pending) -> str:
    """Where the browser is sent to sign on."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(pending.verifier.encode()).digest()).rstrip(b"=")
    asked = {
        "response_type": "code",
        "client_id": settings.client_id,
        "redirect_uri": settings.redirect_uri,
        "scope": " ".join(settings.scopes),
        "state": pending.state,
        "nonce": pending.nonce,
        "code_challenge": challenge.decode(),
        "code_challenge_method": "S256",
    }
    return _with_query(provider.authorization_endpoint, asked)


def sign_out_url(settings: SignOnSettings, provider: Discovered) -> str:
    """Where the browser is sent to sign out at the provider too; empty when it has no such page."""
    if not provider.end_session_endpoint:
        return ""
    asked = {"client_id": settings.client_id, "post_logout_redirect_uri": settings.signed_out_uri}
    return _with_query(provider.end_session_endpoint, asked)


def check_answer(
    settings: SignOnSettings, provider: Discovered, answer: Mapping[str, str], pending: Pending | None
) -> str:
    """The code in the provider's answer; raises SignOnError."""
    state = answer.get("state", "")
    if pending is None or not hmac.compare_digest(pending.state.encode(), state.encode()):
        raise SignOnStateError("this answer belongs to no sign-on of this browser: sign in again")
    issuer = answer.get("iss", "")
    if issuer != settings.issuer and (issuer or provider.authorization_response_iss_parameter_supported):
        raise SignOnTokenError("the answer is another provider's: sign in again")
    if error := answer.get("error", ""):
        said = answer.get("error_description", "")[:200]
        raise SignOnRefusedError(f"the provider says {error[:64]!r}: {said}")
    if not answer.get("code"):
        raise SignOnStateError("the provider's answer has no code: sign in again")
    return answer["code"]


def check_claims(
    settings: SignOnSettings, claims: Claims, pending: Pending, access_token: str, now_s: float
) -> None:
    """Return when an ID token, whose signature holds, is for us and for now; raises SignOnTokenError."""
    audience = (claims.aud,) if isinstance(claims.aud, str) else claims.aud
    problems = {
        "it is another issuer's": claims.iss != settings.issuer,
        "it is not for this server": settings.client_id not in audience,
        "it was given to another client": (
            (len(audience) > 1 or bool(claims.azp)) and claims.azp != settings.client_id
        ),
        "it has expired": claims.exp <= now_s - LEEWAY_S,
        "it is of the future: check the clocks": claims.iat > now_s + LEEWAY_S,
        "it belongs to another sign-on": not hmac.compare_digest(
            claims.nonce.encode(), pending.nonce.encode()
        ),
        "it names nobody": not claims.sub or len(claims.sub) > 255,  # noqa: PLR2004  OpenID Connect Core §2
        "it belongs to another access token": not _is_hash_of(claims.at_hash, access_token),
    }
    for problem, found in problems.items():
        if found:
            raise SignOnTokenError(f"the provider's token does not hold: {problem}")


def grants_of(settings: SignOnSettings, groups: Iterable[str]) -> tuple[Grant, ...]:
    """Grants of somebody in these groups; raises SignOnGroupError when none of them may come in."""
    named = dict.fromkeys((EVERYBODY, *groups))
    found = tuple(dict.fromkeys(grant for group in named for grant in settings.groups.get(group, ())))
    if not found:
        raise SignOnGroupError("you are in no group that may come in here: ask your administrator")
    return found


def groups_in(claims: Mapping[str, object], name: str) -> tuple[str, ...] | None:
    """The groups that claims tell of, None when they do not; a name with dots leads into objects."""
    found: object = claims
    for part in (name,) if name in claims else name.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    if isinstance(found, str):
        return (found,)
    return tuple(each for each in found if isinstance(each, str)) if isinstance(found, list | tuple) else None


def user_name(claims: Claims) -> str:
    """A name for somebody new; unique only when nobody else has it, which the caller finds out."""
    for wanted in (claims.preferred_username, claims.email, claims.sub):
        name = _NOT_IN_NAMES.sub("-", wanted.casefold()).strip("-._@")[:_LONGEST_NAME].strip("-._@")
        if len(name) >= 3:  # noqa: PLR2004  as NAME_PATTERN has it
            return name
    return "user-" + hashlib.sha256(claims.sub.encode()).hexdigest()[:12]


def subject_of(claims: Claims) -> str:
    """What a person is known by for ever: issuer and subject; a long one by its digest."""
    joined = f"{claims.iss} {claims.sub}"
    longest = 255
    return joined if len(joined) <= longest else hashlib.sha256(joined.encode()).hexdigest()


def _is_hash_of(at_hash: str, access_token: str) -> bool:
    if not at_hash:
        return True  # optional in the code flow
    halves = [
        made(access_token.encode()).digest()[: made().digest_size // 2]
        for made in (hashlib.sha256, hashlib.sha384, hashlib.sha512)
    ]
    return at_hash in {base64.urlsafe_b64encode(half).rstrip(b"=").decode() for half in halves}


def _with_query(address: str, asked: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"
