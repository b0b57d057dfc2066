"""Every command explains itself, with an example that names a command there is."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from app.cli import main

EXAMPLE = re.compile(r"^\s*(?:\$ )?understudy(?P<words>(?: [a-z][a-z-]*)*)", re.MULTILINE)


def commands(command: click.Command, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Give every command and group, with the words that call it."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None, f"{name} is listed, but not there"
            yield from commands(inner, *path, name)


ALL = dict(commands(main))


def test_the_program_is_a_group_of_commands() -> None:
    assert isinstance(main, click.Group)
    assert len(ALL) > 1


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_has_help_with_an_example(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(main, [*path, "--help"], prog_name="understudy")
    assert result.exit_code == 0, result.output
    usage, _, rest = result.output.partition("\n\n")
    assert usage.startswith(f"Usage: {' '.join(['understudy', *path])}")
    assert len(rest.split()) > 5, "it says nothing"
    examples = [match["words"].split() for match in EXAMPLE.finditer(rest)]
    assert [words for words in examples if words[: len(path)] == list(path)], "it has no example"


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_option_and_argument_is_explained(path: tuple[str, ...]) -> None:
    silent = [
        parameter.name
        for parameter in ALL[path].params
        if isinstance(parameter, click.Option) and not parameter.help and not parameter.hidden
    ]
    assert silent == []
