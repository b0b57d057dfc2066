"""The folders of files that are knowledge: are they there, and what lies in them?"""

from __future__ import annotations

from collections.abc import Iterator

from app.doctor.subject import Installation
from connectors.setup import Finding

CHECK = "files"


def findings(subject: Installation) -> Iterator[Finding]:
    """Look into every folder and glob that is configured; nothing where there is none."""
    settings = subject.services.settings
    if not settings.kb_files and not settings.kb_internal_files:
        return
    # They bring readers of PDF and Word files.
    from app.knowledge.documents import SourceFailed  # noqa: PLC0415
    from app.knowledge.files.places import MISSING  # noqa: PLC0415
    from app.knowledge.files.records import LIMITS  # noqa: PLC0415
    from app.knowledge.files.shelves import exposed, look_at, shelves_of  # noqa: PLC0415

    seen = []
    for shelf in shelves_of(settings.kb_files, settings.kb_internal_files):
        try:
            seen.append(look_at(shelf, LIMITS.files))
        except SourceFailed as error:
            yield _broken(f"{error}.", shelf.setting)
            continue
        if seen[-1].missing:
            yield _broken(f"{shelf.place.pattern} {MISSING}.", shelf.setting)
            continue
        files, told = seen[-1].files, seen[-1].told
        remedy = " ".join(f"{each.path} {each.fault.text}." for each in told[:3])
        count = "1 file" if len(files) == 1 else f"{len(files)} files"
        yield Finding(CHECK, ok=True, message=f"{shelf.place.pattern}: {count}.", remedy=remedy)
    if danger := exposed(seen):
        yield Finding(CHECK, ok=False, message=danger)


def _broken(message: str, setting: str) -> Finding:
    remedy = f"See to the folder or to {setting}; what was read from it is kept meanwhile."
    return Finding(CHECK, ok=False, message=message, remedy=remedy)
