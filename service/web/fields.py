"""Which fields a form has for itself, beside what is typed, and how the names of others begin."""

from service.doors.forms import KEY_FIELD
from service.doors.submission_intake import HONEYPOT

KEPT, MISSED, WITHOUT = "kept", "missed", "without"
OURS = (KEY_FIELD, HONEYPOT, "draft", "version", "invited", "do", "drop", KEPT, MISSED, WITHOUT)
ANSWER, UNASKED = "answer-", "unasked-"
