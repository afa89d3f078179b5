"""The tokens of Zalo's Official Account, kept in one file of the data directory.

Zalo gives a new refresh token with every access token and takes none twice, so the pair is on disk, whole,
before it is used. Threads: any; a lock makes one refresh of many.
Source: https://developers.zalo.me/docs/official-account/bat-dau/xac-thuc-va-uy-quyen-cho-ung-dung-new
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import httpx
import msgspec

from aggregator.errors import DependencyError, OperatorError
from aggregator.storage.instants import to_ms

TOKEN_FILE: Final = "zalo_tokens.json"  # noqa: S105  a file's name
_EARLY_MS: Final = 300_000
_TIMEOUT_S: Final = 15.0


class ZaloAwayError(DependencyError):
    """Zalo does not answer, or not as it should."""

    code = "zalo_unavailable"


class ZaloSetUpError(OperatorError):
    """Zalo does not accept us: somebody must authorise the application again."""

    code = "zalo_set_up"


@dataclass(frozen=True, slots=True)
class ZaloApp:
    """The application at Zalo: its id, its secret key, and where Zalo is."""

    app_id: str
    secret_key: str
    api_url: str = "https://openapi.zalo.me"
    oauth_url: str = "https://oauth.zaloapp.com"


class Tokens(msgspec.Struct, frozen=True):
    """What the file holds; the administrator puts in the refresh token of the first authorisation."""

    refresh_token: str
    access_token: str = ""
    expires_ms: int = 0


class _Granted(msgspec.Struct, frozen=True):
    access_token: str = ""
    refresh_token: str = ""
    expires_in: str | int = 0
    error: int = 0
    error_name: str = ""


class ZaloTokens:
    """Gives an access token that is good; `clock` gives aware UTC."""

    def __init__(self, app: ZaloApp, path: Path, client: httpx.Client, clock: Callable[[], datetime]) -> None:
        self._app = app
        self._path = path
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()

    def access_token(self, *, refused: str = "") -> str:
        """An access token other than the one that was refused.

        Raises:
            ZaloAwayError: ask again later.
            ZaloSetUpError: there is no refresh token, or Zalo does not take it.
        """
        with self._lock:
            tokens = self._read()
            fresh = tokens.expires_ms - _EARLY_MS > to_ms(self._clock())
            if tokens.access_token and fresh and tokens.access_token != refused:
                return tokens.access_token
            tokens = self._refreshed(tokens.refresh_token)
            self._write(tokens)
            return tokens.access_token

    def _refreshed(self, refresh_token: str) -> Tokens:
        form = {
            "refresh_token": refresh_token,
            "app_id": self._app.app_id,
            "grant_type": "refresh_token",
        }
        try:
            answer = self._client.post(
                f"{self._app.oauth_url}/v4/oa/access_token",
                data=form,
                headers={"secret_key": self._app.secret_key},
                timeout=_TIMEOUT_S,
            )
            granted = msgspec.json.decode(answer.content, type=_Granted)
            expires_s = int(granted.expires_in)
        except (httpx.HTTPError, msgspec.MsgspecError, ValueError) as error:
            raise ZaloAwayError(f"Zalo gives no token ({type(error).__name__}): it is tried again") from error
        if granted.access_token and granted.refresh_token:
            expires_ms = to_ms(self._clock()) + expires_s * 1000
            return Tokens(granted.refresh_token, granted.access_token, expires_ms)
        raise ZaloSetUpError(
            f"Zalo does not take the refresh token (error {granted.error} {granted.error_name[:80]}): "
            f"authorise the application again and put the new refresh token into {self._path.name}"
        )

    def _read(self) -> Tokens:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Tokens)
        except (OSError, msgspec.MsgspecError) as error:
            raise ZaloSetUpError(
                f'{self._path.name} is not there or is no JSON: write {{"refresh_token": "…"}} into it'
            ) from error

    def _write(self, tokens: Tokens) -> None:
        partial = self._path.with_suffix(".partial")
        try:
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(tokens))
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._path)
            directory = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        except OSError as error:
            raise ZaloAwayError(f"the tokens of Zalo cannot be kept: {error.strerror}") from error
