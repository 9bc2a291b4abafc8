"""What can happen to candidates."""

from sqlmodel import Session, select

from service.core import outbox
from service.core.clock import utc_now
from service.core.upserts import insert_new
from service.core.words import email_key
from service.domain.accounts.actor import Actor
from service.domain.candidates.events import ConsentGiven
from service.domain.candidates.tables import Candidate, Consent


def take_consent(
    session: Session, actor: Actor, *, name: str, email: str, text: str, text_version: str
) -> Candidate:
    """Keep what a person agreed to, and find or make the candidate with this address.

    The statements are the same whether the address is known or not. A known candidate is never
    changed: whoever sends in an address has not proven that it is theirs.
    """
    key = email_key(email)
    insert_new(session, Candidate(name=name, email=email, email_key=key), ["email_key"])
    candidate = session.exec(select(Candidate).where(Candidate.email_key == key)).one()
    consent = Consent(
        candidate_id=candidate.id, text_version=text_version, text=text, given_at=utc_now()
    )
    session.add(consent)
    session.flush()
    given = ConsentGiven(candidate_id=candidate.id, consent_id=consent.id)
    outbox.record(session, actor, candidate.id, given)
    return candidate
