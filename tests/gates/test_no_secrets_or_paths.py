"""What is published names no machine: no home folder, package index, private host or key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.gates.source import ROOT, project_files

PASSWORD = "a password in an address"
# Written so that this file does not find itself.
RULES: Mapping[str, re.Pattern[str]] = {
    "a path of one machine": re.compile(
        r"(?<![\w.])/(?:home|Users|root|work|workspace)/[\w.-]+|[A-Z]:\\Users\\"
    ),
    "a package index": re.compile(
        r"(?i)--(?:extra-)?index-url|--find-links|--trusted[-]host|\bindex-url *=|find-links *=|"
        r"\[\[tool\.uv\.index\]\]|https?://[\w.-]*(?:pypi|artifactory|nexus|devpi)[\w.-]*|"
        r"registry\.npmjs"
    ),
    "an address in a private network": re.compile(
        r"\b(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}|"
        r"169\.254(?:\.\d{1,3}){2})\b|https?://[\w.-]+\.(?:internal|corp|lan|intranet|local)\b"
    ),
    "a key": re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY|\bsk-[A-Za-z0-9_-]{20,}|\bghp_[A-Za-z0-9]{30,}|"
        r"\bAKIA[0-9A-Z]{16}\b|\bxox[abprs]-[\w-]{10,}"
    ),
    PASSWORD: re.compile(r"https?://[^/\s:@\"'{}<>]+:[^/\s:@\"'{}<>]+@"),
}
# "path: text found" -> why it may stay.
EXCEPTIONS: Mapping[str, str] = {
    "tests/app/pipeline/test_guard.py: AKIAABCDEFGHIJKLMNOP": "invented: the guard has to find it",
}


def findings(path: str, text: str) -> Iterator[str]:
    for what, rule in RULES.items():
        if what == PASSWORD and path.startswith("tests/"):
            continue  # tests invent them, to see that they are kept out of logs
        for match in rule.finditer(text):
            if f"{path}: {match[0]}" not in EXCEPTIONS:
                number = text.count("\n", 0, match.start()) + 1
                yield f"{path}:{number}: {what}: {match[0]}"


def readable(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""  # a picture


def test_no_published_file_names_a_machine_or_a_key() -> None:
    me = Path(__file__)
    found = [
        finding
        for path in project_files()
        if path != me
        for finding in findings(path.relative_to(ROOT).as_posix(), readable(path))
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "open('/home/maya/x')",
        "cd /home/maya/project",
        "--extra-" + "index-url x",
        "https://mirror.pypi.acme.example/simple",
        "host = '10.1.2.3'",
        "http://172.20.0.4:80",
        "http://git.acme.internal/x",
        "-----BEGIN RSA PRIVATE KEY-----",
        "https://maya:secret@acme.example",
    ],
)
def test_the_rules_find(line: str) -> None:
    assert len(list(findings("x", line))) == 1


@pytest.mark.parametrize(
    "line",
    [
        "http://127.0.0.1:8000/webhooks/zendesk",
        "version 10.1.2",
        "https://acme.zendesk.com/api/v2/users/me",
        "/api/v2/work_items/home/x",
        "#!/bin/sh /dev/null /tmp /var/lib/understudy",
        "https://understudy.example/home/of/it",
    ],
)
def test_the_rules_let_pass(line: str) -> None:
    assert list(findings("x", line)) == []
