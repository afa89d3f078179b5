"""Messages by Zalo's Official Account: Open API v3, consultation messages; an address is a Zalo user id.

Zalo answers 200 and says in the body's `error` what went wrong: 0 is success. A token that it does not take
(-216, -220) is refreshed once.
Sources: https://developers.zalo.me/docs/official-account/tin-nhan/tin-tu-van/gui-tin-tu-van-dang-van-ban
and …/phu-luc/ma-loi, the table of errors.
"""

from typing import Final

import httpx
import msgspec

from aggregator.notices.channel import Delivered, Message, Outcome, Refused, TryLater
from aggregator.notices.zalo_tokens import ZaloApp, ZaloAwayError, ZaloSetUpError, ZaloTokens

_TIMEOUT_S: Final = 15.0
_MOST_CHARACTERS: Final = 2000
_BAD_TOKEN: Final = frozenset({-216, -220})
_QUOTA: Final = frozenset({-32, -211, -218})
"""Calls a minute, messages of the account, and messages that one person may get."""
_QUOTA_WAIT_S: Final = 300.0
_NEVER: Final = {
    -201: "Zalo calls a value of the message wrong: check the user id",
    -204: "the Official Account was deleted: set up another one",
    -205: "there is no such Official Account: check the application at Zalo",
    -219: "the application was removed or switched off at Zalo: switch it on",
    -221: "Zalo wants the Official Account verified: apply for it",
    -223: "the Official Account has not allowed the application this: authorise it again",
    -224: "Zalo wants a larger package for the Official Account: buy it",
    -227: "the person's account is blocked, or was not used for 45 days",
    -232: "the person has not written to the Official Account, or too long ago: ask them to, Zalo wants it",
    -235: "Zalo does not let this type of Official Account send messages",
    -240: "Zalo has switched this version of its interface off: update the server",
    -213: "the person does not follow the Official Account: ask them to",
    -230: "the person has not written to the Official Account within 7 days: ask them to, Zalo wants it",
    -233: "Zalo does not take this kind of message",
}


class _Answer(msgspec.Struct, frozen=True):
    error: int
    message: str = ""


class ZaloChannel:
    """Sends as one Official Account."""

    def __init__(self, app: ZaloApp, tokens: ZaloTokens, client: httpx.Client) -> None:
        self._url = f"{app.api_url}/v3.0/oa/message/cs"
        self._tokens = tokens
        self._client = client

    def fault_of(self, address: str) -> str | None:
        """What is wrong with a user id."""
        if address.isascii() and address.isdigit() and len(address) <= 32:  # noqa: PLR2004  more than any id
            return None
        return "an address at Zalo is the user id that the Official Account sees: digits alone"

    def send(self, address: str, message: Message) -> Outcome:
        """Send a message."""
        try:
            token = self._tokens.access_token()
            answer = self._post(token, address, message)
            if answer.error in _BAD_TOKEN:
                token = self._tokens.access_token(refused=token)
                answer = self._post(token, address, message)
        except (ZaloAwayError, ZaloSetUpError) as error:
            return TryLater(str(error))
        except (httpx.HTTPError, msgspec.MsgspecError) as error:
            return TryLater(f"Zalo does not answer as it should ({type(error).__name__})")
        return _outcome(answer)

    def _post(self, token: str, address: str, message: Message) -> _Answer:
        text = f"{message.title}\n{message.text}"[:_MOST_CHARACTERS]
        answer = self._client.post(
            self._url,
            json={"recipient": {"user_id": address}, "message": {"text": text}},
            headers={"access_token": token},
            timeout=_TIMEOUT_S,
        )
        return msgspec.json.decode(answer.content, type=_Answer)


def _outcome(answer: _Answer) -> Outcome:
    if answer.error == 0:
        return Delivered()
    if answer.error in _QUOTA:
        return TryLater(f"Zalo's quota is used up (error {answer.error})", _QUOTA_WAIT_S)
    if answer.error in _NEVER:
        return Refused(f"{_NEVER[answer.error]} (error {answer.error})")
    return TryLater(f"Zalo says {answer.message[:100]!r} (error {answer.error})")
