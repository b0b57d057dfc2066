from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.as_json import from_json, to_json
from app.domain import Policy
from app.pipeline.policy import PolicyError, load_policy
from connectors.types import Priority

RULE = '[[rules]]\ncode = "outage"\ntext = "An outage."\npatterns = ["down"]\n'


def own(folder: Path, text: str) -> Path:
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_default_policy_holds_every_rule() -> None:
    policy = load_policy()
    assert [rule.code for rule in policy.rules] == [
        *("asks_for_human", "billing_dispute", "refund", "account_security", "legal", "anger"),
        *("vip_at_risk", "unresolved", "attachment_only"),
    ]
    for rule in policy.rules:
        assert rule.text.endswith(".")
        assert rule.next_step.endswith(".")
        assert rule.group is None
    assert (policy.max_replies_per_ticket, policy.max_replies_per_requester_a_day) == (3, 10)
    assert from_json(Policy, to_json(policy)) == policy


def test_own_file_lies_on_top(tmp_path: Path) -> None:
    path = own(
        tmp_path,
        '[limits]\nmax_replies_per_ticket = 1\n[[rules]]\ncode = "refund"\ngroup = "Billing"\n'
        '[[rules]]\ncode = "anger"\noff = true\n'
        + RULE
        + 'priority = "high"\nunless = ["pillow"]\n',
    )
    default, policy = load_policy(), load_policy(path)
    rules = {rule.code: rule for rule in policy.rules}
    assert policy.max_replies_per_ticket == 1
    assert policy.max_replies_per_requester_a_day == 10
    assert rules["refund"].group == "Billing"
    assert rules["refund"].patterns == default.rules[2].patterns
    assert "anger" not in rules
    assert rules["outage"].priority is Priority.HIGH
    (pattern,) = rules["outage"].patterns
    assert re.search(pattern, "it is down")
    assert not re.search(pattern, "a down pillow")


def test_empty_file_changes_nothing(tmp_path: Path) -> None:
    assert load_policy(own(tmp_path, "")) == load_policy()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rules = ", "is not valid TOML"),
        ("rule = 1", "the file has an unknown field 'rule'"),
        ("rules = 1", "rules must be given as [[rules]] tables"),
        ("limits = 1", "[limits] must be a table"),
        ("[limits]\nmax = 1", "[limits] has an unknown field 'max'"),
        ("[limits]\nmax_replies_per_ticket = -1", "max_replies_per_ticket must be a whole number"),
        ("[limits]\nmax_replies_per_ticket = true", "must be a whole number, 0 or more, not True"),
        ('[[rules]]\ntext = "x"', "rule 1 needs a code"),
        ('[[rules]]\ncode = "Out age"', "rule 1 needs a code of small letters"),
        (RULE + RULE, "rule 'outage' stands there twice"),
        (RULE + "colour = 1", "rule 'outage' has an unknown field 'colour'"),
        (RULE + "group = 1", "rule 'outage': group must be text"),
        (RULE + 'off = "yes"', "rule 'outage': off must be true or false"),
        (RULE + 'unless = "x"', "rule 'outage': unless must be a list of texts"),
        (RULE + 'unless = ["("]', "rule 'outage': '(' is no pattern"),
        (RULE + 'unless = ["x*"]', "rule 'outage': 'x*' matches every message"),
        (RULE + 'priority = "asap"', "priority is one of low, normal, high, urgent, not 'asap'"),
        ('[[rules]]\ncode = "outage"\npatterns = ["x"]', "rule 'outage' needs a text"),
        ('[[rules]]\ncode = "outage"\ntext = "x"', "rule 'outage' needs patterns, or off = true"),
    ],
)
def test_every_fault_is_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    path = own(tmp_path, text)
    with pytest.raises(PolicyError) as fault:
        load_policy(path)
    assert str(fault.value).startswith(f"{path}: ")
    assert message in str(fault.value)
    assert str(fault.value).endswith(".")


def test_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read: No such file"):
        load_policy(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"# \xff")
    with pytest.raises(PolicyError, match="is not UTF-8"):
        load_policy(tmp_path / "latin.toml")
