"""A person works in the inbox: with the keyboard, while others write."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import DRAFT, PHONE, Helpline, PageMaker, at

pytestmark = pytest.mark.browser


def expect_rows(page: Page, *subjects: str) -> None:
    """Wait for the list to show these; what was asked for before may still stand there."""
    expect(page.locator("#rows .subject")).to_have_text(list(subjects))


def test_the_keyboard_alone_leads_from_the_list_to_a_sent_answer(
    helpline: Helpline, page: Page
) -> None:
    page.goto(helpline.url)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("#open-1")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("#1 Export everything")
    expect(page.locator("h1")).to_be_focused()
    page.keyboard.press("d")
    message = page.get_by_label("Message", exact=True)
    expect(message).to_be_focused()
    expect(message.locator("ol > li")).to_have_count(2)
    page.keyboard.press("Control+End")
    page.keyboard.type(" today")
    page.keyboard.press("Control+Enter")
    sent = page.locator(".message.agent")
    expect(sent.locator("ol > li").last).to_have_text("Choose Export today")
    expect(message).to_have_text("")
    expect(page.locator("#t1 .note-draft")).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#open-1")).to_be_focused()
    page.keyboard.press("n")
    page.keyboard.type("ask d j k n first?")
    page.get_by_role("button", name="Add note").press("Enter")
    expect(page.locator(".message.internal").last).to_contain_text("ask d j k n first?")
    assert helpline.ticket(1).messages[-1].public is False


def test_keys_are_told_and_can_be_turned_off(helpline: Helpline, page: Page) -> None:
    page.goto(helpline.url)
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_contain_text("use the draft")
    keys.get_by_label("Single keys act").uncheck()
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.keyboard.press("/")
    expect(page.get_by_label("Search the tickets")).not_to_be_focused()
    page.get_by_role("button", name="Keys").click()
    keys.get_by_label("Single keys act").check()
    keys.get_by_role("button", name="Close").click()
    page.keyboard.press("/")
    expect(page.get_by_label("Search the tickets")).to_be_focused()


def test_filters_and_the_search_change_the_list_and_leave_the_ticket_open(
    helpline: Helpline, page: Page
) -> None:
    page.goto(at(helpline, 3))
    filters = page.get_by_role("navigation", name="Filters")
    expect(filters.get_by_role("link", name="Needs answer")).to_have_text("Needs answer 3")
    filters.get_by_role("link", name="Draft ready").click()
    expect_rows(page, "Export everything")
    expect(page.locator("h1")).to_have_text("#3 Where is my invoice?")
    # Who types on before the other list has come searches in that one.
    held: list[Route] = []
    of_all = re.compile(r"/inbox/tickets/3(\?(?!.*\bq=)(?!.*\bfilter=draft).*)?$")
    page.route(of_all, lambda route: held.append(route))  # noqa: PLW0108 - it takes no built-in
    filters.get_by_role("link", name="All").click()
    search = page.get_by_label("Search the tickets")
    search.fill("priority:urgent")
    expect_rows(page, "Please cancel")
    assert held, "the list of all has not come"
    page.unroute_all(behavior="ignoreErrors")
    expect(search).to_be_focused()
    page.locator("#open-2").click()
    expect(page.locator("h1")).to_have_text("#2 Please cancel")
    assert page.url.endswith("q=priority%3Aurgent")
    page.go_back()
    expect(page.locator("h1")).to_have_text("#3 Where is my invoice?")


def test_what_happens_meanwhile_appears_and_disturbs_no_typing(
    helpline: Helpline, page: Page
) -> None:
    page.goto(at(helpline, 3))
    assert page.title().startswith("(3) ")
    message = page.get_by_label("Message", exact=True)
    message.click()
    page.keyboard.type("Dear Noor, ")
    helpline.writes_in("A new one", "Zoe Martin")
    expect(page.locator("#t4 .subject")).to_have_text("A new one")
    expect(page.locator("#t4")).to_have_class(re.compile("unread"))
    expect(page).to_have_title(re.compile(r"^\(4\) "))
    page.keyboard.type("your invoice ")
    helpline.bot_notes(3, DRAFT)
    expect(page.get_by_role("button", name="Use draft")).to_be_visible()
    bar = page.locator("#meanwhile")
    expect(bar).to_be_hidden()
    helpline.customer_says(3, "I have found it, thank you")
    expect(bar).to_contain_text("Noor Haddad wrote meanwhile.")
    expect(page.locator(".message.customer").last).to_contain_text("I have found it")
    expect(message).to_be_focused()
    page.keyboard.type("is here")
    expect(message).to_have_text("Dear Noor, your invoice is here")
    bar.get_by_role("button", name="Show it").click()
    expect(bar).to_be_hidden()
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator(".message.agent")).to_have_text(re.compile("your invoice is here"))


def test_a_filter_chosen_meanwhile_outlasts_what_is_sent(helpline: Helpline, page: Page) -> None:
    page.goto(at(helpline, 3))
    page.locator("#filter-handoff").click()
    expect(page.locator("#rows .row")).to_have_count(1)
    page.get_by_label("Message", exact=True).fill("Here it is")
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator(".message.agent")).to_contain_text("Here it is")
    expect_rows(page, "Please cancel")
    assert page.url == at(helpline, 3, "?filter=handoff")


def test_fields_and_tags_are_edited_in_place(helpline: Helpline, page: Page) -> None:
    page.goto(at(helpline, 3))
    page.get_by_label("Priority").select_option("high")
    expect(page.locator("#t3 .urgent")).to_have_text("high")
    page.get_by_label("Assignee").select_option(label="Ada Okafor")
    expect(page.locator("#head .status-open")).to_be_visible()
    expect(page.get_by_label("Status", exact=True)).to_have_value("open")
    page.get_by_label("Group").select_option(label="Billing")
    tags = page.get_by_label("Tag to add")
    tags.fill("invoice understudy_bad")
    tags.press("Enter")
    page.get_by_role("button", name="Remove the tag understudy_bad").press("Enter")
    expect(tags).to_be_focused()
    expect(page.locator("#t3 .tag")).to_have_text(["invoice"])
    expect(page.locator("#tag-chips")).to_have_text(re.compile("^invoice"))
    ticket = helpline.ticket(3)
    assert (ticket.priority, ticket.status, ticket.tags) == ("high", "open", ("invoice",))
    assert helpline.desk.people()[ticket.assignee_id or 0].name == "Ada Okafor"


def test_one_plays_the_customer_apart_from_the_agent(helpline: Helpline, page: Page) -> None:
    page.goto(at(helpline, 3))
    page.get_by_text("Play Noor Haddad").click()
    page.get_by_label("Reply as this customer").fill("Here is what I see")
    page.get_by_label("Name of a file").fill("shot.png")
    page.get_by_role("button", name="Send as Noor Haddad").click()
    expect(page.locator(".message.customer").last).to_contain_text("Here is what I see")
    expect(page.locator("#files")).to_contain_text("shot.png")
    expect(page.get_by_label("Reply as this customer")).to_be_empty()
    page.get_by_role("link", name="New ticket").click()
    page.get_by_label("Name", exact=True).fill("Noor Haddad")
    page.get_by_label("E-mail").fill("noor@example.com")
    page.get_by_label("Customer since").fill("2022-02-01")
    page.get_by_label("Company").fill("Nordlicht")
    page.get_by_label("Subject").fill("One more")
    page.get_by_label("Message").fill("Thing")
    page.get_by_role("button", name="Send to support").click()
    expect(page.locator("h1")).to_have_text("#4 One more")
    expect(page.locator("#customer")).to_contain_text("2022-02-01")
    expect(page.locator("#earlier")).to_contain_text("#3 Where is my invoice?")


def test_everything_needed_works_without_a_script(helpline: Helpline, make_page: PageMaker) -> None:
    page = make_page(java_script_enabled=False)
    page.goto(helpline.url)
    page.get_by_label("Search the tickets").fill("export")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Export everything").click()
    page.get_by_label("Priority").select_option("low")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Use draft").click()
    message = page.get_by_label("Message", exact=True)
    expect(message).to_have_value(re.compile("^Hi Maya,"))
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".message.agent ol > li")).to_have_count(2)
    assert helpline.ticket(1).priority == "low"
    expect(page.get_by_role("button", name="Keys")).to_be_hidden()


def test_a_long_list_stays_where_it_is(helpline: Helpline, page: Page) -> None:
    with helpline.desk.store.transaction():
        for number in range(220):
            helpline.writes_in(f"Question {number}")
    page.goto(helpline.url)
    expect(page.locator("#rows .row")).to_have_count(50)
    page.get_by_role("link", name="Show more").click()
    expect(page.locator("#rows .row")).to_have_count(100)
    page.locator("#rows .row").nth(80).click()
    expect(page.locator("h1")).to_contain_text("Question 139")
    scroll = page.locator("#scroll")
    before = scroll.evaluate("part => part.scrollTop")
    assert before > 1000
    page.locator("#t1, #rows .row").nth(80).evaluate("row => (row.marked = true)")
    helpline.customer_says(1, "Still there?")
    expect(page.locator("#rows > li").first).to_have_id("t1")
    assert abs(scroll.evaluate("part => part.scrollTop") - before) < 200
    kept = "() => [...document.querySelectorAll('#rows .row')].filter(row => row.marked).length"
    assert page.evaluate(kept) == 1


def test_a_phone_shows_the_list_or_a_ticket(helpline: Helpline, make_page: PageMaker) -> None:
    page = make_page(viewport=PHONE, has_touch=True)
    page.goto(helpline.url)
    page.locator("#open-1").tap()
    expect(page.locator("h1")).to_be_in_viewport()
    expect(page.locator("#rows")).to_be_hidden()
    expect(page.get_by_label("Priority")).to_be_hidden()
    page.locator(".about > summary").tap()
    expect(page.get_by_label("Priority")).to_be_visible()
    page.get_by_role("link", name="All tickets").tap()
    expect(page.locator("#open-1")).to_be_visible()
