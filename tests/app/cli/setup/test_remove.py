"""``understudy setup --remove`` takes down what was set up, asks first, and nothing else."""

from __future__ import annotations

import pytest

from tests.app.cli.setup.conftest import HOOK, URL, SetUpDesk, Terminal, done_of


@pytest.fixture
def standing(setup: Terminal, helpdesk: SetUpDesk) -> Terminal:
    setup("zendesk", "--url", URL, "--save")
    helpdesk.called.clear()
    return setup


def test_removing_asks_first(standing: Terminal, helpdesk: SetUpDesk) -> None:
    before = standing.env_file.read_bytes()
    result = standing("zendesk", "--remove", answer="n\n")
    assert (result.exit_code, helpdesk.there) == (1, {"webhook"})
    assert "would remove  webhook" in result.stdout
    assert "Nothing was removed." in result.stdout
    result = standing("zendesk", "--remove", answer="y\n")
    assert (result.exit_code, helpdesk.there) == (0, set())
    assert standing.env_file.read_bytes() == before
    assert len(standing.kept) == 1


def test_where_nobody_can_answer_nothing_is_removed(
    standing: Terminal, helpdesk: SetUpDesk
) -> None:
    result = standing("zendesk", "--remove")
    assert (result.exit_code, helpdesk.there) == (2, {"webhook"})
    assert "say --yes" in result.stderr


def test_removing_without_being_asked(standing: Terminal, helpdesk: SetUpDesk) -> None:
    found = standing.json("zendesk", "--remove", "--yes")
    assert (done_of(found), found["baseline"]) == ({"webhook": "removed"}, None)
    assert helpdesk.called == [f"take_down {HOOK}"]
    assert done_of(standing.json("zendesk", "--remove", "--yes")) == {"webhook": "absent"}


def test_what_would_be_removed_can_be_seen_first(standing: Terminal, helpdesk: SetUpDesk) -> None:
    assert "would remove  webhook" in standing("zendesk", "--remove", "--dry-run").stdout
    assert helpdesk.called == [f"take_down {HOOK} dry"]


def test_where_nothing_is_there_nothing_is_asked(standing: Terminal, helpdesk: SetUpDesk) -> None:
    helpdesk.there.clear()
    result = standing("zendesk", "--remove")
    assert result.exit_code == 0, result.output
    assert helpdesk.called == [f"take_down {HOOK} dry"]  # what it says need not be said twice
