"""Who speaks in each document, told anew by today's rules from the texts that are kept."""

from sqlmodel import Session, col, select

from tracker.archive import unpack_text
from tracker.extraction.voice import who_speaks
from tracker.model import Document, Version


def retell_speakers(session: Session) -> int:
    """Set genre and voice of every document that was read; return how many are now told otherwise."""
    rows = session.exec(
        select(Document, Version)
        .join(Version, col(Version.document_id) == Document.id)
        .where(col(Version.current))
    )
    changed = 0
    for document, version in rows:
        before = document.genre, document.voice
        speaker = who_speaks(
            url=document.url,
            title=document.title,
            byline=document.byline,
            text=unpack_text(version.body),
        )
        document.genre, document.voice = speaker.genre, speaker.voice
        document.genre_because = speaker.genre_because
        document.voice_because = speaker.voice_because
        document.series, document.disclaimer = speaker.series, speaker.disclaimer
        changed += before != (document.genre, document.voice)
    return changed
