"""What the records of all helpdesks have in common as they come off the wire."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from connectors.errors import NotFound, VendorBroken

Model = TypeVar("Model", bound=BaseModel)


_NUMBER = re.compile(r"[1-9]\d{0,19}", re.ASCII)


class Record(BaseModel):
    """Base of all records: frozen, tolerant of fields that we do not know; ids become strings."""

    model_config = ConfigDict(
        extra="ignore", coerce_numbers_to_str=True, frozen=True, hide_input_in_errors=True
    )


def read_record(model: type[Model], body: Any, vendor: str) -> Model:
    """Validate an answer; raises ``VendorBroken``, naming the field and never its content."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise VendorBroken(f"{vendor} answered with nonsense: {where(error)} is wrong") from None


def where(error: ValidationError) -> str:
    """Name the first field that is wrong."""
    return ".".join(str(part) for part in error.errors()[0]["loc"]) or "the answer"


def utc(moment: datetime) -> datetime:
    """Bring a time to UTC; helpdesks mean UTC, even where they do not say so."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def iso_time(value: Any) -> datetime | None:
    """Read a time as ISO text, however many decimals it has; what is none is no time."""
    try:
        return utc(value if isinstance(value, datetime) else datetime.fromisoformat(value))
    except (ValueError, TypeError, OverflowError):
        return None


def path_number(text: str, vendor: str) -> str:
    """Let an id into an address: nothing but digits may stand there. Raises ``NotFound``."""
    if not _NUMBER.fullmatch(text):
        raise NotFound(f"{text[:40]!r} is no {vendor} id")
    return text
