"""The command line: ``understudy``.

Exit codes: 0 done, 1 it did not work out (said in one sentence), 2 wrong settings or arguments,
130 stopped by Ctrl-C.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import click

# command -> module of app.cli that defines it; loaded when it is asked for, so that --help is
# instant and a broken extra breaks one command only
COMMANDS = {
    "demo": "demo",
    "up": "up",
    "run": "run",
    "try": "try_",
    "setup": "setup.command",
    "doctor": "doctor",
    "kb": "kb",
    "evaluate": "evaluate",
    "runs": "runs",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"app.cli.{COMMANDS[cmd_name]}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:  # click would make it a 1
            click.echo("\nStopped.", err=True)
            raise SystemExit(130) from None


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  understudy demo                          see it work, on invented tickets
  understudy try "How do I export?"        what would it answer, and why?
  understudy setup zendesk                 create its webhook, take its figures
  understudy up                            run it for the helpdesks in .env
  understudy runs list                     what it did, and why

Start with "understudy demo". For your own helpdesk copy .env.example to .env, fill in HELPDESKS
and its block, then "understudy setup" for each of them, and "understudy up".""",
)
@click.version_option(package_name="understudy")
@click.option(
    "--env-file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path(".env"),
    envvar="UNDERSTUDY_ENV_FILE",  # how "up" tells its children
    show_default=True,
    help="File with the settings; what is set in the environment wins.",
)
@click.pass_context
def main(context: click.Context, env_file: Path) -> None:
    """Drafts, replies and handoffs inside the helpdesk you already have, learned from your team."""
    context.obj = env_file


def group(name: str, help_text: str, example: str) -> Callable[[Callable[..., Any]], click.Group]:
    """Make a group of commands with an example in its help."""
    return click.group(name=name, help=help_text, epilog=f"\b\nExample:\n  {example}")


def example(*lines: str) -> str:
    """Write the examples of a command for its help."""
    title = "Example" if len(lines) == 1 else "Examples"
    return "\n".join(["\b", f"{title}:", *(f"  {line}" for line in lines)])
