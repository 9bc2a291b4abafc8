"""What can be done with accounts, passwords, sign-ins and API tokens."""

from service.domain.accounts.actions.passwords import (
    RESET_WITHIN,
    change_password,
    open_password_reset,
    request_password_reset,
    reset_password,
    set_password,
)
from service.domain.accounts.actions.sign_ins import (
    sign_in,
    sign_out,
    touch_sign_in,
)
from service.domain.accounts.actions.tokens import (
    ExpiryLate,
    ExpiryPast,
    TooManyTokens,
    UserDeactivated,
    issue_token,
    revoke_token,
    revoke_tokens,
    touch_token,
)
from service.domain.accounts.actions.users import (
    EmailTaken,
    LastAdmin,
    change_user,
    create_user,
    deactivate_user,
    reactivate_user,
)

__all__ = [
    "RESET_WITHIN",
    "EmailTaken",
    "ExpiryLate",
    "ExpiryPast",
    "LastAdmin",
    "TooManyTokens",
    "UserDeactivated",
    "change_password",
    "change_user",
    "create_user",
    "deactivate_user",
    "issue_token",
    "open_password_reset",
    "reactivate_user",
    "request_password_reset",
    "reset_password",
    "revoke_token",
    "revoke_tokens",
    "set_password",
    "sign_in",
    "sign_out",
    "touch_sign_in",
    "touch_token",
]
