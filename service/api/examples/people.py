"""Examples of accounts and tokens. All examples tell of one invented company and one candidate."""

from typing import Any

ALMA = "01991c5e-8a00-7000-8000-0000000000a1"
NOOR = "01991c5e-8a00-7000-8000-0000000000a2"

COLLEAGUE = {
    "id": NOOR,
    "name": "Noor Haddad",
    "email": "noor@example.com",
    "roles": ["reviewer"],
}
USER = {
    **COLLEAGUE,
    "has_password": True,
    "active": True,
    "deactivated_at": None,
    "created_at": "2026-01-12T08:30:00Z",
    "updated_at": "2026-02-02T16:05:11Z",
    "version": 2,
}
TOKEN_SHOWN = {
    "id": "01991c5e-8a00-7000-8000-0000000000b1",
    "user_id": NOOR,
    "name": "Sync with the calendar",
    "prefix": "exh_7Kq2",
    "scopes": ["read", "write"],
    "is_console": False,
    "made_with": None,
    "created_at": "2026-03-01T09:00:00Z",
    "expires_at": "2026-09-01T00:00:00Z",
    "last_used_at": None,
    "revoked_at": None,
}
PEOPLE: dict[str, Any] = {
    "ColleagueOut": COLLEAGUE,
    "UserOut": USER,
    "MeOut": {**USER, "scopes": ["read", "write"]},
    "TokenOut": TOKEN_SHOWN,
    "IssuedOut": {**TOKEN_SHOWN, "token": "exh_7Kq2…"},
    "PasswordChange": {
        "old": "what it was until today",
        "new": "four quiet words and a river",
        "revoke_tokens": True,
    },
    "PasswordSetOut": {"tokens_left": 0},
    "NewUser": {"email": "noor@example.com", "name": "Noor Haddad", "roles": ["reviewer"]},
    "UserChange": {"roles": ["reviewer", "recruiter"]},
    "NewToken": {
        "name": "Sync with the calendar",
        "scopes": ["read", "write"],
        "expires_at": "2026-09-01T00:00:00Z",
    },
}
