"""What a set-up hands out: which variables belong into the settings file, and how they get there.

``sort_out`` decides; of the world it reads only the files that ``NAME_FILE`` variables name.
Nothing that a person wrote is ever lost: a webhook's new secret is put beside the old one, and any
other value is replaced only by somebody's leave.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import SecretStr

from app.env_file import EnvFileRefused, line_of, write_variables
from connectors.config import read_variable, several, variable_prefix
from connectors.setup import Done, Step

# Of these several are valid at once, separated by commas: a webhook may still use the old one.
SEVERAL = ("WEBHOOK_SECRET",)
# These are ours, and everybody may see them; what a step hands out may be secret.
PUBLIC = ("HELPDESKS", "PUBLIC_URL")
WHAT = "settings file"
# Shorter values would be found in the middle of words.
SHORTEST_SECRET = 6
_SECRET = re.compile(r"SECRET|TOKEN|KEY|PASSWORD")


class Place(StrEnum):
    """Where a variable stands, compared with what it should say."""

    THERE = "there"
    MISSING = "missing"
    DIFFERENT = "different"
    ELSEWHERE = "elsewhere"  # in a place that wins over the settings file


@dataclass(frozen=True, slots=True)
class Setting:
    """A variable, what it should say, and where it stands; ``why`` says what is in the way."""

    name: str
    value: str
    place: Place
    why: str = ""

    @property
    def line(self) -> str:
        """The line for the settings file, as one would paste it."""
        return line_of(self.name, self.value)


def sort_out(
    wanted: Mapping[str, str],
    in_file: Mapping[str, str],
    outside: Mapping[str, str],
    file_name: str,
) -> list[Setting]:
    """Compare variables with the settings file and with the environment outside, which wins."""
    return [_sorted(name, value, in_file, outside, file_name) for name, value in wanted.items()]


def _sorted(
    name: str, value: str, in_file: Mapping[str, str], outside: Mapping[str, str], file_name: str
) -> Setting:
    everywhere = {**in_file, **outside}
    file_variable = f"{name}_FILE"
    try:
        now = read_variable(name, everywhere)
    except OSError:
        now = ""  # the file that NAME_FILE names is not there yet
    if _holds(name, now, value):
        return Setting(name, now, Place.THERE)
    both = f"{value},{now}" if now and name.endswith(SEVERAL) else value
    if everywhere.get(file_variable):
        why = f"{file_variable} names the file that holds it: write it there."
        return Setting(name, both, Place.ELSEWHERE, why)
    if name in outside:
        why = f"{name} is set in the environment, which wins over {file_name}: change it there."
        return Setting(name, both, Place.ELSEWHERE, why)
    place = Place.DIFFERENT if now and both == value else Place.MISSING
    return Setting(name, both, place)


def _holds(name: str, now: str, value: str) -> bool:
    if name == "PUBLIC_URL":
        now = now.rstrip("/")  # as it is read
    return now == value or (name.endswith(SEVERAL) and value in several(SecretStr(now)))


def save(
    settings: Sequence[Setting], path: Path, may_replace: Callable[[str], bool]
) -> Iterable[Step]:
    """Write what is missing; ``may_replace`` is asked about each variable that says otherwise.

    It is asked when the rest is written: a person who breaks off at a question loses no secret.
    """
    yield from _write(
        {each.name: each.value for each in settings if each.place is Place.MISSING}, path
    )
    for each in settings:
        if each.place is not Place.DIFFERENT:
            continue
        if may_replace(each.name):
            yield from _write({each.name: each.value}, path)
        else:
            text = f"{path} has another {each.name}, which was left as it is; change it yourself."
            yield Step(each.name, Done.BY_HAND, text, each.line)


def _write(values: Mapping[str, str], path: Path) -> Iterable[Step]:
    if not values:
        return
    done = Done.CHANGED if path.exists() else Done.CREATED
    try:
        write_variables(path, values)
    except EnvFileRefused as error:
        lines = "\n".join(line_of(name, value) for name, value in values.items())
        yield Step(WHAT, Done.FAILED, f"{error}. Put these lines where your settings are.", lines)
    else:
        yield Step(WHAT, done, f"{', '.join(values)} written into {path}.")


def would_save(settings: Sequence[Setting], path: Path) -> Iterable[Step]:
    """Say what ``save`` would write, and what it would ask."""
    names = [each.name for each in settings if each.place is Place.MISSING]
    if names:
        done = Done.WOULD_CHANGE if path.exists() else Done.WOULD_CREATE
        yield Step(WHAT, done, f"{', '.join(names)} would be written into {path}.")
    for each in settings:
        if each.place is Place.DIFFERENT:
            text = f"{path} has another value: you would be asked, and --yes replaces it."
            yield Step(each.name, Done.WOULD_CHANGE, text)


def by_hand(settings: Sequence[Setting], path: Path) -> Iterable[Step]:
    """Say what belongs into the file, where nobody asked to have it written."""
    missing = [each for each in settings if each.place is Place.MISSING]
    if missing:
        text = f"Put this into {path}, or run the command again with --save, which does it."
        yield Step(WHAT, Done.BY_HAND, text, "\n".join(each.line for each in missing))
    for each in settings:
        if each.place is Place.DIFFERENT:
            yield Step(each.name, Done.BY_HAND, f"{path} has another value than this.", each.line)


def in_place(settings: Sequence[Setting], path: Path) -> Iterable[Step]:
    """Say what is there already, and what only a person can put in its place."""
    there = [each.name for each in settings if each.place is Place.THERE]
    if there:
        yield Step(WHAT, Done.KEPT, f"{path} has {', '.join(there)} already.")
    for each in settings:
        if each.place is Place.ELSEWHERE:
            yield Step(each.name, Done.BY_HAND, each.why, each.line)


def account_secrets(helpdesk: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Find the secrets that an account is configured with: value to variable."""
    prefix = variable_prefix(helpdesk)
    names = {name.removesuffix("_FILE") for name in environ if name.startswith(prefix)}
    found: dict[str, str] = {}
    for name in sorted(names):
        if not _SECRET.search(name):
            continue
        try:
            found |= secrets_in(name, read_variable(name, environ))
        except OSError:
            continue  # said where the settings are read
    return found


def secrets_in(name: str, value: str) -> dict[str, str]:
    """Tell which texts give a variable's value away: all of it, and each of several."""
    if name in PUBLIC:
        return {}
    parts = (value, *several(SecretStr(value)))
    return {part: name for part in parts if len(part) >= SHORTEST_SECRET}


def veiled(text: str, secrets: Mapping[str, str]) -> str:
    """Put the names of variables where a text says their values."""
    for value in sorted(secrets, key=len, reverse=True):
        text = text.replace(value, f"<{secrets[value]}>")
    return text
