"""The façade of GeoReport v2 over reports: services, requests, updates, discovery.

Invariants: what is shown is the public face of a report and nothing else; whoever posts shows a key that may
send reports.
"""

import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import Row, select

from aggregator.errors import CallerError, ConflictError, ForbiddenError, NotFoundError, UnauthenticatedError
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.reports.around import Around
from aggregator.reports.categories import Category
from aggregator.reports.intake import Intake
from aggregator.reports.masking import masked
from aggregator.reports.open311_queries import MOST, asked_requests, new_request, span
from aggregator.reports.open311_text import Many, Node, instant
from aggregator.reports.public import PublicFace, face_of
from aggregator.reports.repository import ReportsRepository
from aggregator.reports.states import ANSWERED, State
from aggregator.reports.working import DONE
from aggregator.storage.instants import to_ms
from aggregator.storage.relational.engine import reading
from aggregator.storage.relational.reports_tables import report_history, reports

_TOKEN_BYTES: Final = 24
_SPECIFICATION: Final = "http://wiki.open311.org/GeoReport_v2"
_CHANGESET: Final = "2026-11-22T00:00:00+07:00"
_SHOWN: Final = tuple(sorted(set(DONE.values()) - {"noted", "rated", "answered", "asked"} | {"received"}))


class Open311:
    """The façade; `principal_of_key` raises UnauthenticatedError, `jurisdiction` is ours or empty for any."""

    def __init__(
        self,
        around: Around,
        intake: Intake,
        principal_of_key: Callable[[str], Principal],
        *,
        jurisdiction: str = "",
        contact: str = "",
    ) -> None:
        self._engine = around.engine
        self._rules = around.rules
        self._clock = around.clock
        self._agency_name = around.agency_name
        self._repository = ReportsRepository(around.engine)
        self._intake = intake
        self._principal_of_key = principal_of_key
        self._jurisdiction = jurisdiction
        self._contact = contact

    def discovery(self, base: str) -> Node:
        """Where the service is and what it speaks."""
        endpoint: Node = {
            "specification": _SPECIFICATION,
            "url": f"{base}/open311/v2",
            "changeset": _CHANGESET,
            "type": "production",
            "formats": Many("format", ["text/xml", "application/json"]),
        }
        return {
            "changeset": _CHANGESET,
            "contact": self._contact,
            "key_service": f"{base}/",
            "endpoints": Many("endpoint", [endpoint]),
        }

    def services(self, given: Mapping[str, str]) -> Many:
        """What requests may be about."""
        self._check(given)
        known = self._rules.current().categories
        taken = [known[each] for each in sorted(known) if known[each].active]
        return Many("service", [_service(each) for each in taken])

    def service(self, given: Mapping[str, str], code: str) -> Node:
        """What a service asks beside the usual: nothing."""
        self._check(given)
        return {"service_code": self._category(code).id, "attributes": Many("attribute", [])}

    def requests(self, given: Mapping[str, str]) -> Many:
        """Requests by ids, or by service, time and status."""
        self._check(given)
        asked = asked_requests(given, self._clock())
        found = self._repository.public_page(
            asked.wanted, limit=asked.page_size, offset=(asked.page - 1) * asked.page_size
        )
        faces = [face for each in found if (face := face_of(each))]
        return Many("request", [self._request(face, extensions=asked.extensions) for face in faces])

    def request(self, given: Mapping[str, str], request_id: str) -> Many:
        """One request."""
        self._check(given)
        extensions = given.get("extensions", "").lower() == "true"
        return Many("request", [self._request(self._face(request_id), extensions=extensions)])

    def token(self, given: Mapping[str, str], token: str) -> Many:
        """The request of a token; requests are made at once, so a token is the request's own id."""
        self._check(given)
        face = self._face(token)
        return Many("request", [{"service_request_id": face.id, "token": face.id}])

    def post(self, given: Mapping[str, str]) -> Many:
        """Make a request; the same by the same client on one day is one."""
        self._check(given)
        who = self._sender(given.get("api_key", ""))
        wanted = new_request(given, who.id, self._clock())
        self._category(wanted.category)
        try:
            report, _is_new = self._intake.receive(wanted, secrets.token_urlsafe(_TOKEN_BYTES))
            report_id = report.id
        except ConflictError:
            report_id = wanted.id  # sent again: the id is made of its content and its sender
        answer: Node = {"service_request_id": report_id, "service_notice": None, "account_id": None}
        return Many("request", [answer])

    def updates(self, given: Mapping[str, str]) -> Many:
        """What happened to requests in a time, the newest first."""
        self._check(given)
        since, until = span(given, self._clock())
        query = (
            select(report_history, reports.c.sensitive)
            .join(reports, reports.c.id == report_history.c.report)
            .where(
                reports.c.restricted.is_(False),
                report_history.c.at_ms.between(to_ms(since), to_ms(until)),
                report_history.c.action.in_(_SHOWN),
            )
            .order_by(report_history.c.id.desc())
            .limit(MOST)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return Many("request_update", [_update(row) for row in rows])

    def _check(self, given: Mapping[str, str]) -> None:
        asked = given.get("jurisdiction_id", "")
        if asked and self._jurisdiction and asked != self._jurisdiction:
            raise NotFoundError("jurisdiction_id was not found")

    def _sender(self, key: str) -> Principal:
        try:
            who = self._principal_of_key(key)
        except UnauthenticatedError as error:
            raise ForbiddenError("api_key is missing or not known") from error
        if not who.may(Permission.REPORTS_SEND):
            raise ForbiddenError("api_key may not send requests: it takes the scope reports.send")
        return who

    def _category(self, code: str) -> Category:
        found = self._rules.current().categories.get(code)
        if found is None or not found.active:
            raise NotFoundError("service_code was not found")
        return found

    def _face(self, request_id: str) -> PublicFace:
        report = self._repository.get(request_id.lower()) if "\x00" not in request_id else None
        face = None if report is None else face_of(report)
        if face is None:
            raise NotFoundError("service_request_id was not found")
        return face

    def _request(self, face: PublicFace, *, extensions: bool) -> Node:
        category = self._rules.current().category(face.category)
        found: dict[str, Any] = {
            "service_request_id": face.id,
            "status": "closed" if face.is_closed else "open",
            "status_notes": _notes(face),
            "service_name": category.vi,
            "service_code": face.category,
            "description": face.text,
            "agency_responsible": (self._agency_name(face.agency) or "") if face.agency else "",
            "service_notice": None,
            "requested_datetime": instant(face.received_ms),
            "updated_datetime": instant(face.updated_ms),
            "expected_datetime": instant(face.due_ms),
            "address": face.address,
            "address_id": face.area,
            "zipcode": None,
            "lat": face.lat,
            "long": face.lon,
            "media_url": None,
        }
        if extensions:
            found["extended_attributes"] = {
                "code": face.code,
                "detailed_status": face.state.value,
                "location_is_exact": face.is_exact,
                "closed_datetime": instant(face.answered_ms),
                "rating": face.rating,
                "duplicate_of": face.original,
            }
        return found


def code_of(error: CallerError) -> int:
    """The status that the specification gives an error: 404, 403 or 400."""
    return error.status if error.status in {403, 404} else 400


def _service(category: Category) -> Node:
    return {
        "service_code": category.id,
        "service_name": category.vi,
        "description": category.en,
        "metadata": False,
        "type": "realtime",
        "keywords": category.field.value,
        "group": category.field.value,
    }


def _notes(face: PublicFace) -> str:
    if face.state is State.MERGED:
        return f"Duplicate of {face.original}"
    return face.result


def _update(row: Row[Any]) -> Node:
    told = row.action == "rejected" and not row.sensitive
    return {
        "update_id": row.id,
        "service_request_id": row.report,
        "status": "closed" if State(row.state) in ANSWERED else "open",
        "updated_datetime": instant(row.at_ms),
        "description": masked(row.text) if told else row.action,
        "media_url": None,
    }
