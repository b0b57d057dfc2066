"""The folders of files that are knowledge: are they there, and what lies in them?"""

from __future__ import annotations

from collections.abc import Iterator

from app.doctor.subject import Installation
from connectors.setup import Finding

CHECK = "files"


def findings(subject: Installation) -> Iterator[Finding]:
    """Look into every folder and glob that is configured; nothing where there is none."""
    settings = subject.services.settings
    for variable, patterns in (
        ("KB_FILES", settings.kb_files),
        ("KB_INTERNAL_FILES", settings.kb_internal_files),
    ):
        yield from (_looked_into(variable, pattern) for pattern in patterns)


def _looked_into(variable: str, pattern: str) -> Finding:
    # They bring readers of PDF and Word files.
    from app.knowledge.documents import SourceFailed  # noqa: PLC0415
    from app.knowledge.files.places import files_of, place_of  # noqa: PLC0415
    from app.knowledge.files.records import LIMITS  # noqa: PLC0415

    try:
        found, told = files_of(place_of(pattern), LIMITS.files)
    except SourceFailed as error:
        remedy = f"See to the folder or to {variable}; what was read from it is kept meanwhile."
        return Finding(CHECK, ok=False, message=f"{error}.", remedy=remedy)
    remedy = " ".join(f"{each.path} {each.fault.text}." for each in told[:3])
    files = "1 file" if len(found) == 1 else f"{len(found)} files"
    return Finding(CHECK, ok=True, message=f"{pattern}: {files}.", remedy=remedy)
