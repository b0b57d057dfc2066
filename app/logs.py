"""Structured logs: one event a line, JSON when nobody watches a terminal.

What identifies the work (run, delivery, ticket) is bound once by ``bound`` and then stands on
every line below it, in the web process, in the queue's worker, everywhere.
"""

from __future__ import annotations

import logging
import sys
from typing import Literal

import structlog
from structlog.contextvars import bound_contextvars as bound
from structlog.typing import Processor

__all__ = ["bound", "get_logger", "set_up_logs"]

get_logger = structlog.get_logger

# At DEBUG these write whole answers and addresses: what customers wrote, and who they are.
TALKATIVE = ("zenpy", "urllib3")


def set_up_logs(level: str, style: Literal["auto", "json", "text"]) -> None:
    """Send our own logs, and what libraries log from WARNING up, to standard error."""
    as_text = style == "text" or (style == "auto" and sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = (
        [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
        if as_text
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(processors=[_drop_meta, *last])
    formatter.foreign_pre_chain = shared
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    handler.setLevel(logging.WARNING)  # some libraries set their own loggers to DEBUG
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in TALKATIVE:
        # A set level holds whatever somebody makes of the root's later on.
        logging.getLogger(name).setLevel(logging.INFO)


def _drop_meta(
    logger: object, name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    return structlog.stdlib.ProcessorFormatter.remove_processors_meta(logger, name, event)
