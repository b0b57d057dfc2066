"""A skipped test is a test that nobody ran: only reasons in this short list pass.

Under CI even those fail the run, but for what a CI machine truly cannot have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

# How a reason must begin -> whether a CI machine may do without, too.
ALLOWED: Mapping[str, bool] = {
    "no ../shared": False,  # laid beside the project in CI
    "no browser": False,  # deploy/test.sh installs one
    "no live account": True,  # the tier is opt-in, and says what is missing
    "not Postgres": True,  # an optional database server; SQLite is the default
}


def is_allowed(reason: str, *, ci: bool) -> bool:
    """Tell whether a test may be skipped for this reason."""
    return any(reason.startswith(start) and (late or not ci) for start, late in ALLOWED.items())


@dataclass(eq=False)  # pytest keeps its plugins in sets
class SkipPolicy:
    """A pytest plugin that fails a run in which something was skipped without leave."""

    ci: bool
    offences: list[str] = field(default_factory=list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Look at one test."""
        self._look(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Look at one file: it may be skipped whole."""
        self._look(report)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a run that would otherwise have passed."""
        if self.offences and session.exitstatus in {
            pytest.ExitCode.OK,
            pytest.ExitCode.NO_TESTS_COLLECTED,
        }:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name what was skipped, and what would be allowed."""
        if not self.offences:
            return
        terminalreporter.section("skipped without leave: the run fails", red=True)
        for offence in self.offences:
            terminalreporter.write_line(offence)
        allowed = [start for start, late in ALLOWED.items() if late or not self.ci]
        terminalreporter.write_line(f"Allowed{' in CI' * self.ci}: {', '.join(allowed)} ...")

    def _look(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if not report.skipped or hasattr(report, "wasxfail"):
            return  # an expected failure did run
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = reason.removeprefix("Skipped: ")
        if not is_allowed(reason, ci=self.ci):
            self.offences.append(f"{report.nodeid}: {reason}")
