"""What the README says each helpdesk can do is what the code goes by."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from connectors import KINDS, connect, matrix
from connectors.types import Feature
from tests.gates.source import ROOT


def test_the_readme_has_the_table_as_the_connectors_tell_it() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert matrix.placed(readme) == readme, "run: python -m connectors.matrix --write README.md"


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_says_of_each_feature_whether_and_how(kind: str) -> None:
    found = matrix.capabilities(kind)
    assert set(found) == set(Feature)
    # Where it cannot, what is done instead must be said.
    assert [feature for feature, each in found.items() if not each.able and not each.how] == []
    assert [each.how for each in found.values() if "|" in each.how or "\n" in each.how] == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_connector_supports_is_what_its_table_says(kind: str) -> None:
    facade = import_module(f"{KINDS[kind]}.sandbox")
    connector = connect(kind, facade.sandbox_environ(kind, "http://127.0.0.1:1"))
    able = {feature for feature, each in matrix.capabilities(kind).items() if each.able}
    assert connector.supports == able


def test_every_feature_has_a_title() -> None:
    assert set(matrix.TITLES) == set(Feature)


def test_the_table_is_put_between_its_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"Above\n{matrix.BEGIN}\nyesterday\n{matrix.END}\nbelow\n", encoding="utf-8")
    assert matrix.main(["--write", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"Above\n{matrix.BEGIN}\n| | Zendesk |")
    assert text.endswith(f"|\n{matrix.END}\nbelow\n")
    assert "yesterday" not in text


def test_a_file_without_a_place_for_it_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("No marks", encoding="utf-8")
    assert matrix.main(["--write", str(page)]) == 2
    assert "There must be a line" in capsys.readouterr().err
    assert page.read_text(encoding="utf-8") == "No marks"
