"""The arrows of the design: who may import whom, no cycles, and nothing happens at import."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.gates.source import EXECUTED, PACKAGES, ROOT, graph, modules

FOUNDATION = tuple(
    f"connectors.{name}"
    for name in (
        *(
            "base",
            "config",
            "setup",
            "shared",
            "marks",
            "types",
            "articles",
            "errors",
            "http",
            "bodies",
            "records",
        ),
        *("payload", "probing", "signing", "budget", "text", "writing", "files"),
    )
)
KINDS = tuple(
    path.name
    for path in sorted((ROOT / "connectors").iterdir())
    if path.name != "sandbox" and (path / "__init__.py").is_file()
)
AUDIT = tuple(
    f"app.audit.{path.stem}"
    for path in sorted((ROOT / "app" / "audit").glob("*.py"))
    if path.stem not in {"__init__", "take"}  # the one that reads, embeds and asks addresses
)
PURE = ("app.domain", "app.pipeline", "app.learning", "app.insight", *AUDIT)
PURE += ("app.evaluation.measures", "app.knowledge.metadata")
UPPER = tuple(f"app.{n}" for n in ("web", "jobs", "cli", "supervisor", "services", "worker"))
LOWER = (*PURE, "app.settings", "app.ledger", "app.knowledge", "app.llm", "app.extractive")
# Clock, chance and the world outside are handed in.
EFFECTS = (
    *("chromadb", "flask", "httpx", "redis", "requests", "rq", "sqlalchemy", "zenpy"),
    *("os", "random", "secrets", "shutil", "socket", "subprocess", "tempfile", "threading", "time"),
)
HEAVY = ("chromadb", "langchain", "onnxruntime")


@dataclass(frozen=True)
class Arrow:
    """Modules below ``start`` may import, of our own, only what is below ``ends``.

    ``exactly`` names packages of which only the ``__init__`` may be imported.
    """

    start: str
    ends: tuple[str, ...]
    exactly: tuple[str, ...] = ()


ARROWS = (
    *(Arrow(name, FOUNDATION) for name in FOUNDATION),
    *(Arrow(f"connectors.{kind}", (*FOUNDATION, f"connectors.{kind}")) for kind in KINDS),
    *(
        Arrow(
            f"connectors.{kind}.sandbox", (*FOUNDATION, f"connectors.{kind}", "connectors.sandbox")
        )
        for kind in KINDS
    ),
    # The sandbox finds each kind's façade through the registry.
    Arrow("connectors.sandbox", (*FOUNDATION, "connectors.sandbox"), exactly=("connectors",)),
    Arrow("connectors", ("connectors",)),
    Arrow("app.domain", ("app.domain", "connectors.types", "connectors.articles")),
    Arrow(
        "app.pipeline", ("app.domain", "connectors.types", "connectors.articles", "app.pipeline")
    ),
    Arrow("app.learning", ("app.domain", "connectors.types", "app.learning")),
    Arrow("app.insight", ("app.domain", "connectors.types", "app.insight")),
)


def below(name: str, tops: tuple[str, ...] | list[str]) -> bool:
    return any(name == top or name.startswith(f"{top}.") for top in tops)


def arrow_of(name: str) -> Arrow | None:
    """Find the most particular arrow that speaks of a module."""
    fitting = [arrow for arrow in ARROWS if below(name, [arrow.start])]
    return max(fitting, key=lambda arrow: len(arrow.start), default=None)


def breaches(imports: Mapping[str, set[str]]) -> Iterator[str]:
    for name, ends in imports.items():
        arrow = arrow_of(name)
        for end in sorted(ends):
            if arrow is None or not below(end, PACKAGES) or end in arrow.exactly:
                continue
            if not below(end, arrow.ends):
                yield f"{name} imports {end}"


def test_every_import_follows_the_arrows() -> None:
    assert list(breaches(graph())) == []


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("connectors.zendesk.client", "app.domain"),
        ("connectors.zendesk.client", "connectors.sandbox.store"),
        ("connectors.zendesk.client", "connectors"),
        ("connectors.base", "connectors.zendesk"),
        ("connectors.sandbox.store", "connectors.zendesk"),
        ("connectors", "app.settings"),
        ("app.domain", "connectors.base"),
        ("app.pipeline.compose", "app.ledger.runs"),
        ("app.learning.pair", "app.pipeline.clean"),
    ],
)
def test_the_fence_stops_what_it_should(start: str, end: str) -> None:
    assert list(breaches({start: {end}})) == [f"{start} imports {end}"]


def test_a_facade_may_use_the_sandbox() -> None:
    assert not list(breaches({"connectors.zendesk.sandbox.api": {"connectors.sandbox.store"}}))


def test_nothing_low_imports_what_is_above_it() -> None:
    wrong = [
        f"{name} imports {end}"
        for name, ends in graph().items()
        for end in sorted(ends)
        if below(name, LOWER) and below(end, UPPER)
    ]
    assert wrong == []


def test_nothing_in_the_app_knows_a_kind_of_helpdesk() -> None:
    """So that a further one costs nothing there: ``connectors.connect`` finds it."""
    kinds = [f"connectors.{kind}" for kind in KINDS]
    wrong = [
        f"{name} imports {end}"
        for name, ends in graph().items()
        for end in sorted(ends)
        if below(name, ["app"]) and below(end, kinds)
    ]
    assert wrong == []


def test_what_is_pure_imports_nothing_that_has_effects() -> None:
    wrong = [
        f"{name} imports {end}"
        for name, ends in graph().items()
        for end in sorted(ends)
        if below(name, PURE) and below(end, EFFECTS)
    ]
    assert wrong == []


def test_there_are_no_import_cycles() -> None:
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def run_python(source: str, *arguments: str) -> str:
    """Run a script in a fresh interpreter and give what it prints."""
    result = subprocess.run(
        [sys.executable, "-B", "-c", source, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return result.stdout.strip()


IMPORT_AND_LIST = """
import importlib, sys
for name in sys.argv[2:]:
    importlib.import_module(name)
heavy = tuple(sys.argv[1].split(","))
print(*sorted({name.partition(".")[0] for name in sys.modules if name.startswith(heavy)}))
"""


@pytest.mark.journey
def test_the_web_process_imports_nothing_heavy() -> None:
    names = [m.name for m in modules("app") if below(m.name, ["app.web"])]
    assert "app.web" in names
    assert run_python(IMPORT_AND_LIST, ",".join(HEAVY), *names) == ""


# An event is ours when our code is on the stack above the innermost import: what a library does
# while it is imported is its own affair.
IMPORT_AND_WATCH = """
import importlib, os, sys
ours = tuple(os.path.join(os.getcwd(), name) + os.sep for name in ("app", "connectors"))
happened = set()

def is_effect(event, args):
    if event == "open":
        mode, flags = args[1], args[2]
        return bool(set(mode or "") & set("wax+")) or bool((flags or 0) & (os.O_WRONLY | os.O_RDWR))
    return event in {
        "socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.fork",
        "os.mkdir", "os.remove", "os.rename", "os.putenv", "_thread.start_new_thread",
        "_thread.start_joinable_thread", "signal.signal", "sqlite3.connect",
    }

def watch(event, args):
    if not is_effect(event, args):
        return
    frame = sys._getframe(1)
    while frame and "importlib._bootstrap" not in frame.f_code.co_filename:
        if frame.f_code.co_filename.startswith(ours):
            happened.add(f"{frame.f_code.co_filename}:{frame.f_lineno} {event}")
        frame = frame.f_back

sys.addaudithook(watch)
for name in sys.argv[1:]:
    importlib.import_module(name)
print(*sorted(happened), sep="\\n")
"""


@pytest.mark.journey
def test_nothing_happens_at_import() -> None:
    names = [
        module.name
        for module in modules(*PACKAGES)
        if not module.name.startswith(EXECUTED) and not module.name.endswith("__main__")
    ]
    assert run_python(IMPORT_AND_WATCH, *names) == ""
