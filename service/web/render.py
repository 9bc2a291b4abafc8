"""Pages from templates: strict, always escaped, with the few words every page needs."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from http import HTTPStatus
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.core.db import new_id
from service.doors.tools import tools_of
from service.web.done import tell

FOLDER = Path(__file__).parent
KIB = 1024
AGAIN_IN = {429: "60", 503: "5"}  # seconds, where the refusal does not say it better


def page(request: Request, name: str, *, status: int = 200, **context: object) -> Response:
    """The template `name`, filled in."""
    settings = tools_of(request).settings
    done = tell(request) if status == HTTPStatus.OK else ""
    html = _templates.get_template(name).render(
        company=settings.company, limits=settings.limits, done=done, **context
    )
    headers = {"Retry-After": AGAIN_IN[status]} if status in AGAIN_IN else None
    return Response(html, status, headers, media_type="text/html")


def message(
    request: Request,
    title: str,
    *lines: str,
    status: int = 200,
    post: str = "",
    button: str = "",
    reason_label: str = "",
    reason: str = "",
    back: str = "/",
    back_words: str = "Open jobs",
) -> Response:
    """A page that says one thing, and may ask for one click."""
    return page(
        request,
        "message.html",
        status=status,
        title=title,
        lines=lines,
        post=post,
        button=button,
        reason_label=reason_label,
        reason=reason,
        back=back,
        back_words=back_words,
    )


def local_time(moment: datetime, zone: str) -> str:
    """`3 March 2027, 17:00 (Europe/Berlin)`."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%B %Y, %H:%M} ({zone})"


def place(job: object) -> str:
    """Where the work is done, in words."""
    location = getattr(job, "location", "")
    remote = "remote" if getattr(job, "remote", False) else ""
    return " · ".join(part for part in (location, remote) if part) or "Place to be agreed"


def size(count: int) -> str:
    """A number of bytes in words a person reads."""
    if count < KIB:
        return f"{count} bytes"
    if count < KIB * KIB:
        return f"{count / KIB:.0f} KiB"
    return f"{count / KIB / KIB:.1f} MiB".replace(".0 ", " ")


def pairs(options: Sequence[str]) -> list[tuple[str, str]]:
    """Options whose value is their text."""
    return [(option, option) for option in options]


SAID = {
    "yes_no": "Yes or no",
    "choice": "One of a list",
    "multi_choice": "Several of a list",
    "short": "One line",
    "long": "Several lines",
}


def words(value: object) -> str:
    """`open_source` → `Open source`; some have better words than their keys."""
    if str(value) in SAID:
        return SAID[str(value)]
    text = str(value).replace("_", " ")
    return f"{text[:1].upper()}{text[1:]}"


def period(started: str | None, ended: str | None) -> str:
    """From when until when, months as they were given; one that has no end goes on."""
    if not started:
        return f"until {_month(ended)}" if ended else ""
    return f"{_month(started)} – {_month(ended) if ended else 'today'}"


def _month(text: str) -> str:
    """`2021-03` → `March 2021`; a year stays one."""
    year, _, month = text.partition("-")
    return f"{date(int(year), int(month), 1):%B %Y}" if month else year


def day(moment: date) -> str:
    """`3 March 2027`; of a moment its day in UTC."""
    return f"{moment.day} {moment:%B %Y}"


def fresh() -> str:
    """An Idempotency-Key for a form."""
    return str(new_id())


def _environment() -> Environment:
    # Which file ends in what is no matter: everything is escaped unless it is Markup already.
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    tools: Mapping[str, object] = {
        "local_time": local_time,
        "place": place,
        "size": size,
        "pairs": pairs,
        "words": words,
        "day": day,
        "period": period,
        "fresh": fresh,
    }
    environment.globals.update(tools)
    return environment


_templates = _environment()
