"""Imports every table, so that the metadata is whole. For Alembic and the tests."""

from service.core import chain, idempotency, outbox, rates
from service.domain.accounts import tables as accounts
from service.domain.candidates import tables as candidates
from service.domain.jobs import tables as jobs
from service.domain.messages import tables as messages
from service.domain.outcomes import tables as outcomes
from service.domain.pipeline import tables as pipeline
from service.domain.reviews import tables as reviews
from service.domain.submissions import tables as submissions
