"""One event a line, JSON where nobody looks on, and on each line what the work belongs to."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any, Literal

import pytest
import structlog

from app.logs import bound, get_logger, set_up_logs


class Terminal(io.StringIO):
    """Standard error with somebody in front of it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _as_found() -> Iterator[None]:
    """Leave logging as it was found."""
    root = logging.getLogger()
    handlers, level, structured = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**structured)
    structlog.contextvars.clear_contextvars()


def listen(
    monkeypatch: pytest.MonkeyPatch,
    level: str = "info",
    style: Literal["auto", "json", "text"] = "auto",
    stream: io.StringIO | None = None,
) -> io.StringIO:
    stream = stream or io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    set_up_logs(level, style)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_its_time_and_level(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = listen(monkeypatch)
    get_logger().info("webhook kept", kind="created", text="two\nlines, “quoted”")
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "webhook kept",
        "level": "info",
        "kind": "created",
        "text": "two\nlines, “quoted”",
    }


@pytest.mark.parametrize(
    ("style", "stream", "as_json"),
    [
        ("auto", io.StringIO(), True),
        ("auto", Terminal(), False),
        ("json", Terminal(), True),
        ("text", io.StringIO(), False),
    ],
)
def test_people_get_text_and_machines_json(
    monkeypatch: pytest.MonkeyPatch,
    style: Literal["auto", "json", "text"],
    stream: io.StringIO,
    as_json: bool,
) -> None:
    listen(monkeypatch, style=style, stream=stream)
    get_logger().info("webhook kept")
    assert stream.getvalue().startswith("{") is as_json
    assert "webhook kept" in stream.getvalue()


def test_what_the_work_belongs_to_stands_on_every_line(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = listen(monkeypatch)
    with bound(helpdesk="zendesk", ticket="4812"):
        get_logger().info("one")
        with bound(run="aa01"):
            get_logger().warning("two")
            logging.getLogger("rq.worker").warning("three, from a library")
        get_logger().info("four")
    get_logger().info("five")
    named = [(line.get("helpdesk"), line.get("ticket"), line.get("run")) for line in lines(stream)]
    inside, deeper = ("zendesk", "4812", None), ("zendesk", "4812", "aa01")
    assert named == [inside, deeper, deeper, inside, (None, None, None)]


def test_it_ends_with_the_work_even_when_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = listen(monkeypatch)
    with pytest.raises(ZeroDivisionError), bound(run="aa01"):
        raise ZeroDivisionError
    get_logger().info("next")
    assert "run" not in lines(stream)[0]


def test_a_trace_stays_on_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = listen(monkeypatch)
    get_logger().error("run given up", exc_info=ZeroDivisionError("ours"))
    logging.getLogger("waitress").error("theirs", exc_info=ValueError("x"))
    ours, theirs = lines(stream)
    assert "ZeroDivisionError: ours" in ours["exception"]
    assert "ValueError: x" in theirs["exception"]


@pytest.mark.parametrize(
    ("level", "heard"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_the_level_is_ours_and_libraries_are_heard_from_warning_up(
    monkeypatch: pytest.MonkeyPatch, level: str, heard: list[str]
) -> None:
    stream = listen(monkeypatch, level=level)
    library = logging.getLogger("some.library")
    for name in ("debug", "info", "warning", "error"):
        getattr(get_logger(), name)(f"ours {name}")
        getattr(library, name)(f"theirs {name}")
    found = [line["event"] for line in lines(stream)]
    assert [event for event in found if event.startswith("ours")] == [f"ours {n}" for n in heard]
    assert [event for event in found if event.startswith("theirs")] == [
        "theirs warning",
        "theirs error",
    ]
