"""The inbox for everybody's eyes and hands: names, focus, contrast, small screens."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, ViewportSize

from tests.browser.conftest import DESKTOP, PHONE, TABLET, Helpline, PageMaker

pytestmark = pytest.mark.browser

PATHS = ("/", "/inbox/tickets/1", "/inbox/tickets/2", "/inbox/new", "/hc")

# Controls that are shown and have nothing that a screen reader could say.
NAMELESS = """() => {
  const shown = (each) => each.checkVisibility() && each.type !== "hidden";
  const name = (each) => [
    each.getAttribute("aria-label"),
    document.getElementById(each.getAttribute("aria-labelledby"))?.textContent,
    ...[...(each.labels ?? [])].map((label) => label.textContent),
    each.matches("input, select, textarea, [contenteditable]") ? "" : each.textContent,
  ].join("").trim();
  return [...document.querySelectorAll("a, button, input, select, textarea, summary, [role]")]
    .filter((each) => shown(each) && !each.matches("[role=status], [role=alert]"))
    .filter((each) => !name(each) && !each.matches("form[role=search]"))
    .map((each) => each.outerHTML.slice(0, 90));
}"""

# Text whose contrast with what is behind it is below WCAG's AA: 4.5, or 3 where it is large.
FAINT = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const rgba = (colour) => {
    if (known.has(colour)) return known.get(colour);
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    known.set(colour, [...canvas.getImageData(0, 0, 1, 1).data]);
    return known.get(colour);
  };
  const light = (colour) => {
    const [r, g, b] = rgba(colour).slice(0, 3).map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (each) => {
    for (let at = each; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (rgba(colour)[3] > 250) return colour;
    }
    return "white";
  };
  const faint = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const each = texts.currentNode.parentElement;
    const text = texts.currentNode.data.trim();
    if (!text || !each.checkVisibility() || each.closest("option, .hidden, .skip")) continue;
    const style = getComputedStyle(each);
    const [high, low] = [light(style.color), light(behind(each))].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < (large ? 3 : 4.5)) faint.push(`${ratio.toFixed(2)} ${text}`);
  }
  return faint;
}"""

# What has the focus, and whether one sees that.
FOCUSED = """() => {
  const each = document.activeElement;
  const style = getComputedStyle(each);
  const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return [each.id || (each === document.body ? "" : each.textContent.trim().slice(0, 30)), seen];
}"""


def everything_open(page: Page) -> None:
    for summary in page.locator("details:not([open]) > summary").all():
        if summary.is_visible():
            summary.click()


@pytest.mark.parametrize("path", PATHS)
def test_every_control_has_a_name(helpline: Helpline, page: Page, path: str) -> None:
    page.goto(helpline.url + path)
    everything_open(page)
    assert page.evaluate(NAMELESS) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_what_is_behind_it(
    helpline: Helpline, make_page: PageMaker, scheme: str
) -> None:
    page = make_page(color_scheme=scheme)
    helpline.desk.say(1, helpline.desk.agent, "<p>Hi <code>x</code></p>", fields={"status": "hold"})
    helpline.desk.say(3, helpline.desk.bot, "<p>Sent</p>", fields={"status": "solved"})
    for path in (*PATHS, "/inbox/tickets/3", "/inbox/tickets/2?filter=needs"):
        page.goto(helpline.url + path)
        everything_open(page)
        assert page.evaluate(FAINT) == [], path
    page.keyboard.press("n")
    page.keyboard.type("typed")
    helpline.customer_says(2, "Hello?")
    page.locator("#meanwhile").wait_for()
    assert page.evaluate(FAINT) == []


def test_faint_text_would_be_noticed(helpline: Helpline, page: Page) -> None:
    page.goto(helpline.url)
    page.locator("#rows .subject").first.evaluate("part => (part.style.color = '#999')")
    assert len(page.evaluate(FAINT)) == 1


def test_tab_reaches_everything_and_one_sees_where_one_is(helpline: Helpline, page: Page) -> None:
    page.goto(f"{helpline.url}/inbox/tickets/1")
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        name, seen = page.evaluate(FOCUSED)
        if not name:
            break
        assert seen, name
        reached.append(name)
    assert reached[0] == "Skip to the content"
    wanted = {
        *("search", "filter-needs", "open-1", "open-3", "field-priority", "add", "thread"),
        *("kind-reply", "text", "use-draft", "status-along", "send", "show-keys"),
    }
    assert wanted <= set(reached)


@pytest.mark.parametrize("size", [PHONE, TABLET, DESKTOP], ids=["phone", "tablet", "desktop"])
def test_nothing_is_wider_than_the_screen(
    helpline: Helpline, make_page: PageMaker, size: ViewportSize
) -> None:
    helpline.customer_says(1, "https://example.com/" + "a-very-long-address" * 20)
    page = make_page(viewport=size)
    for path in PATHS:
        page.goto(helpline.url + path)
        everything_open(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path


def test_nothing_moves_by_itself(helpline: Helpline, page: Page) -> None:
    moving = (
        "() => [...document.querySelectorAll('*')].filter((each) => "
        "getComputedStyle(each).transitionDuration !== '0s' || each.getAnimations().length).length"
    )
    page.goto(f"{helpline.url}/inbox/tickets/1")
    assert page.evaluate(moving) == 0
