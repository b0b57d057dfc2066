"""``understudy setup`` takes the figures of before, once, whole or not at all."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta

import pytest

from connectors.errors import AuthFailed, HelpdeskError, Unreachable
from tests.app.cli.setup.conftest import (
    SECRET,
    URL,
    VARIABLE,
    SetUpDesk,
    Terminal,
    done_of,
    past,
    unfolded,
)


def test_figures_are_taken_once_and_shown(setup: Terminal) -> None:
    result = setup("zendesk", "--url", URL)
    assert "  tickets       5; 0.1 a day" in result.stdout
    (kept,) = setup.kept
    assert (kept.until - kept.since, kept.figures.tickets) == (timedelta(days=90), 5)
    found = setup.json("zendesk", "--url", URL)["baseline"]
    assert (found["figures"]["tickets"], found["left_out"]) == (5, 0)
    assert datetime.fromisoformat(found["until"]) == kept.until


def test_new_figures_stand_beside_the_old_ones(setup: Terminal, helpdesk: SetUpDesk) -> None:
    setup("zendesk", "--url", URL)
    helpdesk.past = past(9)
    helpdesk.called.clear()
    found = setup.json("zendesk", "--baseline-only")
    assert helpdesk.called == ["history"]
    assert found["url"] == ""
    assert found["baseline"]["figures"]["tickets"] == 9
    assert [each.figures.tickets for each in setup.kept] == [5, 9]


def test_figures_can_be_left_out(setup: Terminal, helpdesk: SetUpDesk) -> None:
    shutil.rmtree(setup.data)
    found = setup.json("zendesk", "--url", URL, "--no-baseline")
    assert (found["baseline"], "history" in helpdesk.called) == (None, False)
    assert not setup.data.exists()


@pytest.mark.parametrize(
    "error", [Unreachable("It went away."), AuthFailed("It may not read that")]
)
def test_a_history_that_breaks_off_leaves_no_half_figures(
    setup: Terminal, helpdesk: SetUpDesk, error: HelpdeskError
) -> None:
    helpdesk.half_way = error
    result = setup("zendesk", "--url", URL, "--save")
    assert result.exit_code == 1
    why = str(error).rstrip(".")
    assert f"FAILED baseline: No figures were kept, for they are not whole: {why}. Try" in unfolded(
        result.stdout
    )
    assert "understudy setup zendesk --baseline-only" in unfolded(result.stdout)
    assert setup.kept == []
    assert setup.settings[VARIABLE] == SECRET  # what was learned before is kept
    found = setup.json("zendesk", "--url", URL)
    assert (found["baseline"], found["failed"]) == (None, 1)


def test_a_new_helpdesk_has_no_figures_yet(setup: Terminal, helpdesk: SetUpDesk) -> None:
    helpdesk.past = ()
    found = setup.json("zendesk", "--url", URL)
    assert (found["baseline"], done_of(found)["baseline"]) == (None, "by hand")
    assert setup.kept == []
