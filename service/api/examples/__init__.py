"""One example for each shape that a call takes or gives, by the shape's name."""

from typing import Any

from service.api.examples.jobs import JOBS
from service.api.examples.people import PEOPLE
from service.api.examples.reviews import REVIEWS
from service.api.examples.submissions import SUBMISSIONS

EXAMPLES: dict[str, Any] = {**JOBS, **SUBMISSIONS, **REVIEWS, **PEOPLE}
