"""Load what admins decide: the rules that ship with Understudy, and an own file on top of them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.domain import EscalationRule, Policy
from connectors.types import Priority

DEFAULT = Path(__file__).with_name("rules.toml")

_TEXTS = ("code", "text", "priority", "group", "next_step")
_LISTS = ("patterns", "unless")
_FIELDS = frozenset((*_TEXTS, *_LISTS, "off"))
_LIMITS = ("max_replies_per_ticket", "max_replies_per_requester_a_day")


class PolicyError(ValueError):
    """The policy file cannot be used; the message is one sentence for the admin."""


def load_policy(path: Path | None = None) -> Policy:
    """Load the default policy, with the file of an admin on top where there is one.

    In that file a rule with a known code changes only the fields it names, ``off = true`` drops
    it, and a new code adds a rule. Raises ``PolicyError``.
    """
    limits, rules = _read(DEFAULT)
    if path is not None:
        own_limits, own_rules = _read(path)
        limits |= own_limits
        for code, rule in own_rules.items():
            rules[code] = {**rules.get(code, {}), **rule}
    source = path or DEFAULT
    kept = [rule for rule in rules.values() if not rule.get("off")]
    return Policy(rules=tuple(_rule(source, rule) for rule in kept), **limits)


def _read(path: Path) -> tuple[dict[str, int], dict[str, dict[str, Any]]]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise PolicyError(f"{path}: is not UTF-8 text.") from error
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{path}: is not valid TOML: {error}.") from error
    _no_others(path, "the file", data, ("limits", "rules"))
    return _read_limits(path, data.get("limits", {})), _read_rules(path, data.get("rules", []))


def _no_others(path: Path, where: str, given: Mapping[str, Any], known: Any) -> None:
    for name in given:
        if name not in known:
            raise PolicyError(f"{path}: {where} has an unknown field {name!r}.")


def _read_limits(path: Path, limits: Any) -> dict[str, int]:
    if not isinstance(limits, dict):
        raise PolicyError(f"{path}: [limits] must be a table.")
    _no_others(path, "[limits]", limits, _LIMITS)
    for name, value in limits.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise PolicyError(f"{path}: {name} must be a whole number, 0 or more, not {value!r}.")
    return limits


def _read_rules(path: Path, rules: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise PolicyError(f"{path}: rules must be given as [[rules]] tables.")
    found: dict[str, dict[str, Any]] = {}
    for number, rule in enumerate(rules, 1):
        code = rule.get("code")
        if not isinstance(code, str) or not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", code):
            raise PolicyError(
                f"{path}: rule {number} needs a code of small letters, digits and _, not {code!r}."
            )
        if code in found:
            raise PolicyError(f"{path}: rule {code!r} stands there twice.")
        _check_fields(path, code, rule)
        found[code] = rule
    return found


def _check_fields(path: Path, code: str, rule: Mapping[str, Any]) -> None:
    _no_others(path, f"rule {code!r}", rule, _FIELDS)
    for name in _TEXTS:
        if not isinstance(rule.get(name, ""), str):
            raise PolicyError(f"{path}: rule {code!r}: {name} must be text.")
    if not isinstance(rule.get("off", False), bool):
        raise PolicyError(f"{path}: rule {code!r}: off must be true or false.")
    for name in _LISTS:
        value = rule.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise PolicyError(f"{path}: rule {code!r}: {name} must be a list of texts.")
        for pattern in value:
            _check_pattern(path, code, pattern)


def _check_pattern(path: Path, code: str, pattern: str) -> None:
    try:
        found = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise PolicyError(f"{path}: rule {code!r}: {pattern!r} is no pattern: {error}.") from error
    if found.search(""):
        raise PolicyError(f"{path}: rule {code!r}: {pattern!r} matches every message.")


def _rule(path: Path, rule: Mapping[str, Any]) -> EscalationRule:
    code = rule["code"]
    if not rule.get("text"):
        raise PolicyError(f"{path}: rule {code!r} needs a text: the reason as an agent reads it.")
    if not rule.get("patterns") and code != "attachment_only":
        raise PolicyError(f"{path}: rule {code!r} needs patterns, or off = true.")
    priority = rule.get("priority") or None
    if priority is not None and priority not in list(Priority):
        known = ", ".join(Priority)
        raise PolicyError(f"{path}: rule {code!r}: priority is one of {known}, not {priority!r}.")
    return EscalationRule(
        code=code,
        text=rule["text"],
        patterns=_fold(rule.get("patterns", []), rule.get("unless", [])),
        priority=Priority(priority) if priority else None,
        group=rule.get("group") or None,
        next_step=rule.get("next_step", ""),
    )


def _fold(patterns: list[str], unless: list[str]) -> tuple[str, ...]:
    """Write the exceptions into one pattern, so that a stored policy says everything itself."""
    if not patterns or not unless:
        return tuple(patterns)
    barred = "|".join(f"(?:{pattern})" for pattern in unless)
    wanted = "|".join(f"(?:{pattern})" for pattern in patterns)
    return (rf"\A(?!.*?(?:{barred})).*?(?:{wanted})",)
