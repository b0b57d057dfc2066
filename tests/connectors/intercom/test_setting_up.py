"""Setting a workspace up and taking that down: what is made, what is kept, what is said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import responses

import connectors.intercom as intercom_package
from connectors.intercom import setup_plan as plan
from connectors.intercom.settings import IntercomConfig
from connectors.intercom.webhook import TOPICS
from connectors.setup import Done, Step
from tests.connectors.intercom.support import BASE, Clock, fixture, intercom, sent

HOOK = "https://bot.example.com/webhooks/intercom"
REFUSED: dict[str, Any] = {
    "status": 403,
    "json": {"errors": [{"code": "forbidden", "message": "You do not have access"}]},
}
ATTRIBUTES = f"{BASE}/data_attributes"


@pytest.fixture(autouse=True)
def workspace(mock: responses.RequestsMock) -> None:
    mock.get(f"{BASE}/me", json=fixture("me"))
    mock.get(f"{BASE}/tags", json=fixture("tags"))
    mock.post(f"{BASE}/tags", json={"type": "tag", "id": "320", "name": "any"})
    mock.get(ATTRIBUTES, json={"type": "list", "data": []})
    mock.get(f"{BASE}/conversations/attributes", json={"type": "list", "data": []})
    mock.post(ATTRIBUTES, json={"type": "data_attribute", "id": 7})
    mock.get(f"{BASE}/macros", json={"type": "list", "data": []})


def by_name(steps: Iterable[Step]) -> dict[str, Step]:
    return {step.what: step for step in steps}


def set_up(dry_run: bool = False, **environ: str) -> dict[str, Step]:
    return by_name(intercom(Clock(), **environ).set_up(HOOK, dry_run=dry_run))


def take_down(dry_run: bool = False, **environ: str) -> dict[str, Step]:
    return by_name(intercom(Clock(), **environ).take_down(HOOK, dry_run=dry_run))


def tagged(mock: responses.RequestsMock, *names: str, used: int = 0) -> None:
    """Let the workspace have some of our tags, on so many conversations."""
    tags = [{"type": "tag", "id": str(330 + n), "name": name} for n, name in enumerate(names)]
    mock.replace("GET", f"{BASE}/tags", json={"type": "list", "data": tags})
    listed = [{"id": "1"}] if used else []
    found = {"conversations": listed, "total_count": used, "pages": None}
    mock.post(f"{BASE}/conversations/search", json=found)


class TestSetUp:
    def test_the_tags_that_agents_put_on_are_made(self, mock: responses.RequestsMock) -> None:
        steps = set_up()
        assert {steps[f"tag {name}"].done for name in plan.TAGS} == {Done.CREATED}
        assert [(path, body) for _, path, body in sent(mock)] == [
            ("tags", {"name": "understudy_send"}),
            ("tags", {"name": "understudy_bad"}),
        ]

    def test_those_that_are_there_are_kept(self, mock: responses.RequestsMock) -> None:
        tagged(mock, "Understudy_Send", "understudy_bad")
        steps = set_up()
        assert {steps[f"tag {name}"].done for name in plan.TAGS} == {Done.KEPT}
        assert sent(mock) == []

    def test_what_fails_is_a_step_that_says_so_and_the_rest_goes_on(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.replace("POST", f"{BASE}/tags", **REFUSED)
        steps = set_up()
        assert steps["tag understudy_send"].done is Done.FAILED
        assert "You do not have access" in steps["tag understudy_send"].text
        assert steps["webhook"].done is Done.BY_HAND

    def test_the_page_gets_an_attribute_that_the_messenger_may_fill_in(
        self, mock: responses.RequestsMock
    ) -> None:
        steps = set_up(INTERCOM_PAGE_FIELD="page")
        assert steps["attribute page"].done is Done.CREATED
        assert sent(mock)[-1] == (
            "POST",
            "data_attributes",
            {
                "name": "page",
                "model": "contact",
                "data_type": "string",
                "description": plan.ABOUT,
                "messenger_writable": True,
            },
        )
        assert "Write data attributes" in steps["permissions"].paste

    def test_without_such_a_setting_there_is_no_attribute(self) -> None:
        steps = set_up()
        assert not any(what.startswith("attribute") for what in steps)
        assert "data attributes" not in steps["permissions"].paste

    def test_one_that_a_team_has_is_kept(self, mock: responses.RequestsMock) -> None:
        found = {"id": 5, "name": "Page", "label": "Page", "archived": False}
        mock.replace("GET", ATTRIBUTES, json={"type": "list", "data": [found]})
        assert set_up(INTERCOM_PAGE_FIELD="page")["attribute page"].done is Done.KEPT

    @pytest.mark.parametrize("dry_run", [True, False])
    def test_one_of_ours_comes_back_from_the_archive(
        self, mock: responses.RequestsMock, dry_run: bool
    ) -> None:
        ours = {"id": 5, "name": "page", "archived": True, "description": plan.ABOUT}
        mock.replace("GET", ATTRIBUTES, json={"type": "list", "data": [ours]})
        mock.put(f"{ATTRIBUTES}/5", json={"id": 5})
        step = set_up(dry_run, INTERCOM_PAGE_FIELD="page")["attribute page"]
        assert step.done is (Done.WOULD_CHANGE if dry_run else Done.CHANGED)
        puts = [body for method, _, body in sent(mock) if method == "PUT"]
        assert puts == ([] if dry_run else [{"archived": False}])

    def test_a_dry_run_only_looks(self, mock: responses.RequestsMock) -> None:
        steps = set_up(dry_run=True, INTERCOM_PAGE_FIELD="page")
        assert steps["tag understudy_send"].done is Done.WOULD_CREATE
        assert steps["attribute page"].done is Done.WOULD_CREATE
        assert sent(mock) == []

    def test_macros_are_looked_for_in_the_version_that_has_them(
        self, mock: responses.RequestsMock
    ) -> None:
        names = [{"id": "1", "name": "Understudy: Send the draft"}, {"id": "2", "name": None}]
        mock.replace("GET", f"{BASE}/macros", json={"type": "list", "data": names})
        steps = set_up()
        assert steps["macro Understudy: send the draft"].done is Done.KEPT
        wrong = steps["macro Understudy: the draft is wrong"]
        assert (wrong.done, wrong.paste) == (Done.BY_HAND, "Understudy: the draft is wrong")
        assert "understudy_bad" in wrong.text
        asked = {call.request.url: call.request.headers["Intercom-Version"] for call in mock.calls}
        assert asked[f"{BASE}/macros?per_page=150"] == "2.16"
        assert asked[f"{BASE}/tags"] == "2.15"

    def test_macros_that_cannot_be_read_are_left_to_people(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.replace("GET", f"{BASE}/macros", **REFUSED)
        assert set_up()["macro Understudy: send the draft"].done is Done.BY_HAND

    def test_the_developer_hub_is_told_in_numbered_lines_with_every_topic(self) -> None:
        steps = set_up()
        hook = steps["webhook"]
        assert (hook.done, hook.paste) == (Done.BY_HAND, HOOK)
        assert [f"{n}." in hook.text for n in range(1, 7)] == [True] * 6
        assert all(f"- {topic}\n" in hook.text for topic in TOPICS)
        assert "CLIENT_SECRET" in hook.text
        rights = steps["permissions"]
        assert all(f"- {name}" in rights.text for name, _ in plan.PERMISSIONS)
        for step in (hook, rights):
            assert f"https://app.intercom.com{plan.HUB}" in step.text

    def test_each_region_has_its_own_developer_hub(self, mock: responses.RequestsMock) -> None:
        here = "https://api.eu.intercom.io"
        mock.get(re.compile(f"{here}/.*"), json={"data": []})
        mock.post(f"{here}/tags", json={"id": "1"})
        steps = set_up(INTERCOM_URL=here)
        for what in ("permissions", "webhook", "macro Understudy: send the draft"):
            assert "https://app.eu.intercom.com/a/apps/_/" in steps[what].text

    def test_a_refused_token_is_told_first_and_what_people_do_all_the_same(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.replace("GET", f"{BASE}/me", status=401, json=REFUSED["json"])
        mock.replace("GET", f"{BASE}/tags", status=401, json=REFUSED["json"])
        steps = set_up()
        first = next(iter(steps.values()))
        assert first.done is Done.FAILED
        assert "INTERCOM_ACCESS_TOKEN" in first.text
        assert steps["webhook"].done is Done.BY_HAND


class TestTakeDown:
    def test_tags_that_nothing_bears_are_deleted(self, mock: responses.RequestsMock) -> None:
        tagged(mock, *plan.TAGS)
        for number in (330, 331):
            mock.delete(f"{BASE}/tags/{number}", json={})
        steps = take_down()
        assert {steps[f"tag {name}"].done for name in plan.TAGS} == {Done.REMOVED}

    def test_a_tag_that_conversations_bear_stays_and_why_is_said(
        self, mock: responses.RequestsMock
    ) -> None:
        tagged(mock, *plan.TAGS, used=7)
        step = take_down()["tag understudy_bad"]
        assert step.done is Done.KEPT
        assert step.text.startswith("7 conversations bear it")
        assert "for good" in step.text

    def test_a_single_conversation_is_not_called_several(
        self, mock: responses.RequestsMock
    ) -> None:
        tagged(mock, *plan.TAGS, used=1)
        assert take_down()["tag understudy_bad"].text.startswith("1 conversation bears it, ")

    def test_what_is_gone_is_absent_and_a_dry_run_deletes_nothing(
        self, mock: responses.RequestsMock
    ) -> None:
        tagged(mock, "understudy_send")
        steps = take_down(dry_run=True)
        assert steps["tag understudy_send"].done is Done.WOULD_REMOVE
        assert steps["tag understudy_bad"].done is Done.ABSENT
        assert all(path.endswith("/search") for _, path, _ in sent(mock))

    def test_a_tag_that_intercom_does_not_delete_is_told(
        self, mock: responses.RequestsMock
    ) -> None:
        tagged(mock, "understudy_send")
        held = {"errors": [{"code": "tag_has_dependent_objects", "message": "Segments: VIPs"}]}
        mock.delete(f"{BASE}/tags/330", status=400, json=held)
        step = take_down()["tag understudy_send"]
        assert step.done is Done.FAILED
        assert "Segments: VIPs" in step.text

    @pytest.mark.parametrize(
        ("description", "done"), [(plan.ABOUT, Done.REMOVED), ("Our own", Done.KEPT)]
    )
    def test_an_attribute_is_archived_if_we_made_it(
        self, mock: responses.RequestsMock, description: str, done: Done
    ) -> None:
        found = {"id": 5, "name": "page", "description": description}
        mock.replace("GET", ATTRIBUTES, json={"type": "list", "data": [found]})
        mock.put(f"{ATTRIBUTES}/5", json={"id": 5})
        assert take_down(INTERCOM_PAGE_FIELD="page")["attribute page"].done is done
        puts = [body for method, _, body in sent(mock) if method == "PUT"]
        assert puts == ([{"archived": True}] if done is Done.REMOVED else [])

    def test_what_is_left_to_people_is_said(self, mock: responses.RequestsMock) -> None:
        steps = take_down()
        assert steps["webhook"].done is Done.BY_HAND
        assert HOOK in steps["webhook"].text
        assert steps["macro Understudy: send the draft"].done is Done.ABSENT
        mock.replace("GET", f"{BASE}/macros", **REFUSED)
        assert take_down()["macro Understudy: send the draft"].done is Done.BY_HAND


def test_the_guide_says_what_a_set_up_says() -> None:
    guide = (Path(intercom_package.__file__).parent / "README.md").read_text(encoding="utf-8")
    names = [*TOPICS, *plan.TAGS, *(macro.name for macro in plan.MACROS), plan.HUB]
    names += [name for name, _ in plan.PERMISSIONS]
    names += [f"INTERCOM_{name.upper()}" for name in IntercomConfig.model_fields]
    assert [name for name in names if name not in guide] == []
