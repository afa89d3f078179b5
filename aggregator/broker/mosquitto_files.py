"""Password and ACL files of a mosquitto, as text.

The ACL is the same for every set of nodes: it speaks of them by pattern, so adding one is a line of the
password file. Pure: the salt is part of the account, so that rendering twice gives the same bytes.
"""

import base64
import hashlib
from typing import Final

from aggregator.broker.accounts import AGGREGATOR_USER, TAP_USER, Account, AccountList, permissions_of
from fleet.wire import topics

ITERATIONS: Final = 101
"""mosquitto_passwd's own number. Passwords are 192 random bits, so more would only slow reconnecting."""
_SOME_NODE: Final = "node-id"


def render_passwords(accounts: AccountList) -> str:
    """Return the password file: ``user:$7$iterations$salt$hash`` a line."""
    return "".join(f"{account.user}:{password_hash(account)}\n" for account in accounts.in_order())


def password_hash(account: Account) -> str:
    """Return mosquitto's ``$7$`` form: PBKDF2 with SHA-512, 64 bytes, salt and hash in base64."""
    salt = bytes.fromhex(account.salt)
    digest = hashlib.pbkdf2_hmac("sha512", account.password.encode(), salt, ITERATIONS)
    return f"$7${ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def render_acl() -> str:
    """Return the ACL file.

    Patterns hold for every user, the server's own too, hence the ``deny`` lines: else `_tap` could write
    under a node named like it.
    """
    node = permissions_of(_SOME_NODE)
    lines = ["# Written by the aggregator. A node is its user name (%u)."]
    lines += [f"pattern write {_by_user(each)}" for each in node.publish]
    lines += [f"pattern read {_by_user(each)}" for each in node.subscribe]
    for user in (AGGREGATOR_USER, TAP_USER):
        rights = permissions_of(user)
        lines += ["", f"user {user}"]
        lines += [f"topic write {each}" for each in rights.publish]
        lines += [f"topic read {each}" for each in rights.subscribe]
        lines += [f"topic deny {_by_user(topics.up_filter(_SOME_NODE)).replace('%u', user)}"]
    return "\n".join(lines) + "\n"


def _by_user(node_filter: str) -> str:
    return node_filter.replace(_SOME_NODE, "%u")
