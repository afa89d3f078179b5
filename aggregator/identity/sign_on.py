"""Single sign-on: from the provider's answer to a session here.

Invariants: a person is known by issuer and subject, never by name or address, so nobody takes over a local
account by choosing its name elsewhere; the provider's groups say at each sign-on what somebody may; who is
disabled here stays out whatever the provider says.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from aggregator.audit.entry import AuditEntry
from aggregator.errors import AggregatorError, ConflictError
from aggregator.identity.accounts import described
from aggregator.identity.oidc import (
    Claims,
    Pending,
    SignOnDisabledError,
    SignOnSettings,
    SignOnTokenError,
    authorization_url,
    check_answer,
    check_claims,
    grants_of,
    groups_in,
    sign_out_url,
    subject_of,
    user_name,
)
from aggregator.identity.oidc_client import OidcClient, Tokens, Told, read_claims
from aggregator.identity.people_repository import NewPerson, PeopleRepository, Person
from aggregator.identity.principal import Grant
from aggregator.identity.service import IdentityService

_SECRET_BYTES: Final = 32


class SignOnService:
    """The use cases. `clock` gives aware UTC."""

    def __init__(
        self,
        settings: SignOnSettings,
        client: OidcClient,
        people: PeopleRepository,
        identity: IdentityService,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._client = client
        self._people = people
        self._identity = identity
        self._clock = clock

    @property
    def label(self) -> str:
        """What the button says; empty for the words of the catalogue."""
        return self._settings.label

    def begin(self) -> tuple[str, Pending]:
        """Where to send the browser, and what it keeps meanwhile; raises ProviderAwayError."""
        pending = Pending(*(secrets.token_urlsafe(_SECRET_BYTES) for _ in range(3)))
        return authorization_url(self._settings, self._client.provider(), pending), pending

    def finish(
        self,
        answer: Mapping[str, str],
        pending: Pending | None,
        *,
        address: str,
        agent: str,
        replaces: str | None,
    ) -> str:
        """Session token of whoever the provider's answer is about; raises SignOnError, ProviderAwayError."""
        try:
            person = self._person(answer, pending)
        except AggregatorError:
            self._identity.sign_ins.refused()
            raise
        return self._identity.open_session(
            person.id, person.name, address=address, agent=agent, replaces=replaces, how="single sign-on"
        )

    def sign_out_url(self) -> str:
        """Where to send the browser to sign out at the provider too; empty when it has no such page."""
        return sign_out_url(self._settings, self._client.provider())

    def _person(self, answer: Mapping[str, str], pending: Pending | None) -> Person:
        code = check_answer(self._settings, self._client.provider(), answer, pending)
        if pending is None:
            raise SignOnTokenError("the provider's token does not hold: it belongs to no sign-on")
        tokens = self._client.exchange(code, pending)
        told = self._client.read_token(tokens.id_token)
        now = self._clock()
        check_claims(self._settings, told.claims, pending, tokens.access_token, now.timestamp())
        told = self._whole(told, tokens)
        grants = grants_of(self._settings, groups_in(told.everything, self._settings.groups_claim) or ())
        return self._known(told.claims, grants, now)

    def _whole(self, told: Told, tokens: Tokens) -> Told:
        """With the user info, when the token does not tell of groups and names itself."""
        named = told.claims.preferred_username or told.claims.name
        if named and groups_in(told.everything, self._settings.groups_claim) is not None:
            return told
        if not self._client.provider().userinfo_endpoint:
            return told
        more = self._client.user_info(tokens)
        if more.claims.sub != told.claims.sub:
            raise SignOnTokenError("the provider's user info is about somebody else")
        return read_claims({**more.everything, **told.everything})

    def _known(self, claims: Claims, grants: tuple[Grant, ...], now: datetime) -> Person:
        subject = subject_of(claims)
        person = self._people.of_subject(subject)
        if person is None:
            return self._new(claims, subject, grants, now)
        if person.disabled:
            raise SignOnDisabledError("your account was disabled here: ask your administrator")
        if set(person.grants) == set(grants):
            return person
        detail = {"before": described(person.grants), "after": described(grants), "by": "groups of sign-on"}
        entry = _by_provider("user.grants_changed", f"user:{person.id}", now, detail)
        return self._people.change(person.id, {}, grants, [entry]) or person

    def _new(self, claims: Claims, subject: str, grants: tuple[Grant, ...], now: datetime) -> Person:
        name = user_name(claims)
        wanted = NewPerson(
            name=name,
            display_name=claims.name[:64],
            email=claims.email[:254],
            language="en" if claims.locale.lower().startswith("en") else "vi",
            subject=subject,
            grants=grants,
        )
        detail = {"name": name, "grants": described(grants), "by": "single sign-on"}

        def entry(user_id: str) -> AuditEntry:
            return _by_provider("user.created", f"user:{user_id}", now, detail)

        try:
            return self._people.add(wanted, now, entry)
        except ConflictError:  # the name is taken, and stays whose it is
            again = self._people.of_subject(subject)
            if again is not None:
                return again
            digest = hashlib.sha256(subject.encode()).hexdigest()[:8]
            return self._people.add(_renamed(wanted, f"{name}-{digest}"), now, entry)


def _renamed(person: NewPerson, name: str) -> NewPerson:
    return NewPerson(
        name=name,
        display_name=person.display_name,
        email=person.email,
        language=person.language,
        subject=person.subject,
        grants=person.grants,
    )


def _by_provider(action: str, subject: str, at: datetime, detail: dict[str, str]) -> AuditEntry:
    return AuditEntry("system", "", "single sign-on", action, subject, at, detail=detail)
