"""What is typed in the inbox is never lost, whatever happens before it is sent."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Helpline, at

pytestmark = pytest.mark.browser


def test_a_draft_overwrites_nothing_without_asking(helpline: Helpline, page: Page) -> None:
    page.goto(at(helpline, 1))
    message = page.get_by_label("Message", exact=True)
    message.fill("My own words")
    use = page.get_by_role("button", name="Use draft")
    ask = page.get_by_role("dialog", name="You have written something already")
    use.click()
    ask.get_by_role("button", name="Keep mine").click()
    expect(message).to_have_text("My own words")
    use.click()
    page.keyboard.press("Escape")
    expect(message).to_have_text("My own words")
    use.click()
    ask.get_by_role("button", name="Put the draft below").click()
    expect(message).to_contain_text("My own words")
    expect(message.locator("ol > li")).to_have_count(2)
    message.fill("My own words")
    use.click()
    ask.get_by_role("button", name="Replace it").click()
    expect(message).not_to_contain_text("My own words")
    expect(message).to_contain_text("Hi Maya,")
    use.click()
    expect(ask).to_be_hidden()
    page.keyboard.press("Control+z")
    expect(message).to_have_text("My own words")


def test_an_unsent_text_waits_on_its_ticket(helpline: Helpline, page: Page) -> None:
    page.goto(at(helpline, 3))
    message = page.get_by_label("Message", exact=True)
    page.get_by_label("Internal note").check()
    message.fill("half a thought")
    page.locator("#open-2").click()
    expect(page.locator("h1")).to_contain_text("#2")
    expect(message).to_have_text("")
    expect(page.locator("#t3 .unsent")).to_be_visible()
    page.reload()
    page.locator("#open-3").click()
    expect(message).to_have_text("half a thought")
    expect(page.get_by_label("Internal note")).to_be_checked()
    page.get_by_role("button", name="Add note").click()
    expect(page.locator(".message.internal")).to_contain_text("half a thought")
    expect(page.locator("#t3 .unsent")).to_be_hidden()


def test_what_cannot_be_sent_is_said_and_kept(helpline: Helpline, page: Page) -> None:
    page.goto(at(helpline, 3))
    page.get_by_role("button", name="Send reply").click()
    alert = page.locator("#problem")
    expect(alert).to_have_text("Please write something first.")
    message = page.get_by_label("Message", exact=True)
    message.fill("important")
    page.route("**/inbox/tickets/3", lambda route: route.abort())
    page.get_by_role("button", name="Send reply").click()
    expect(alert).to_contain_text("Not sent")
    expect(message).to_have_text("important")
    page.unroute("**/inbox/tickets/3")
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator(".message.agent")).to_contain_text("important")
    expect(alert).to_be_empty()


def test_what_was_typed_for_a_ticket_that_ended_can_still_be_read(
    helpline: Helpline, page: Page
) -> None:
    page.goto(at(helpline, 3))
    message = page.get_by_label("Message", exact=True)
    message.fill("a long answer")
    page.get_by_label("Status", exact=True).select_option("closed")
    expect(message).to_have_count(0)
    left = page.get_by_role("region", name="What you had not sent")
    expect(left).to_contain_text("a long answer")
    page.reload()
    expect(left).to_contain_text("a long answer")
    left.get_by_role("button", name="Throw it away").click()
    expect(left).to_be_hidden()
    expect(page.locator("#t3 .unsent")).to_be_hidden()


def test_opening_another_ticket_while_one_is_sent_loses_nothing(
    helpline: Helpline, page: Page
) -> None:
    page.goto(at(helpline, 2))
    message = page.get_by_label("Message", exact=True)
    message.fill("for Li")
    page.goto(at(helpline, 3))
    held: list[Route] = []
    page.route("**/inbox/tickets/3", lambda route: held.append(route), times=1)  # noqa: PLW0108 - it is marked
    message.fill("for Noor")
    page.get_by_role("button", name="Send reply").click()
    page.locator("#open-2").click()
    expect(message).to_have_text("for Li")
    for route in held:
        route.continue_()
    expect(page.locator("#t3 .unsent")).to_be_hidden()
    assert helpline.ticket(3).messages[-1].text == "for Noor"
    expect(page.locator("h1")).to_contain_text("#2")
    expect(message).to_have_text("for Li")
    expect(page.locator("#t2 .unsent")).to_be_visible()


def test_an_answer_that_is_no_page_is_told(helpline: Helpline, page: Page) -> None:
    page.goto(at(helpline, 3))
    page.route("**/inbox/tickets/3", lambda route: route.fulfill(status=500, body="Oops"))
    message = page.get_by_label("Message", exact=True)
    message.fill("important")
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator("#problem")).to_contain_text("Not sent: the sandbox answered 500.")
    expect(message).to_have_text("important")
