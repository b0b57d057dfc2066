"""What the demo's company promises: its help centre, its customers, its flaws, its lessons."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from app.demo.company import ARTICLES, FOLDER, DemoTicket, load_articles, load_gaps, load_tickets
from app.knowledge.text import readable

ARTICLE = {article.id: article for article in load_articles()}
TICKET = {ticket.id: ticket for ticket in load_tickets()}
README = (FOLDER / "README.md").read_text(encoding="utf-8")
LEARNERS = [one for one in TICKET.values() if one.expect and one.expect.learned_from]
KINDS = """
    how_to several_questions chat three_lines short one_word vague very_long typos
    quoted:gmail quoted:gmail_de quoted:outlook quoted:outlook_de quoted:apple_mail
    quoted:thunderbird quoted:iphone quoted:interleaved top_posted bottom_posted
    forwarded disclaimer signature
    german spanish foreign_words foreign_sentence
    screenshot:hardly_any_text screenshot:with_text screenshot:no_text
    out_of_scope sales_pitch feature_request bug_report account_data
    refund billing_dispute stolen_account phishing locked_out anger capitals mild_annoyance
    vip_leaving vip_not_leaving asks_for_human legal gdpr_deletion privacy_how_to
    thanks out_of_office bounce other_bot automatic prompt_injection
    duplicate_question near_duplicates outdated_only outdated_rival contradicting_articles
    page_decides gap gap_filled lesson:teaches lesson:learns lesson:near_miss
"""


def every_text(ticket: DemoTicket) -> Iterator[str]:
    yield from (ticket.subject, ticket.text, *ticket.then)
    if ticket.answer:
        yield ticket.answer.text


def test_the_company_is_as_large_as_it_says() -> None:
    assert (len(ARTICLE), len(TICKET), len(load_gaps())) == (53, 98, 6)
    for number, what in ((53, "articles"), (98, "tickets"), (6, "topics")):
        assert f"{number} {what}" in README
    assert {ticket.wave for ticket in TICKET.values()} == {1, 2}


def test_articles_are_of_every_form_and_length() -> None:
    assert {article.format for article in ARTICLE.values()} == {"html", "markdown", "text"}
    sizes = sorted(len(article.body) for article in ARTICLE.values() if article.body)
    assert sizes[0] < 100
    assert sizes[-1] > 2500
    for mark in ("<ol>", "<table>", "<em>Note:</em>", "<strong>", '<img src="', "\n1. ", "!["):
        assert any(mark in article.body for article in ARTICLE.values()), mark
    assert "a menu above each column" in readable(ARTICLE["kh-32"].body), "images have words"


def test_every_article_says_where_it_belongs() -> None:
    for article in ARTICLE.values():
        assert article.section
        assert article.updated
        assert not article.url, "the sandbox gives the addresses"
        kinds = {label.partition(":")[0] for label in article.labels}
        assert {"area", "audience"} <= kinds <= {"area", "audience", "plan", "page"}, article.id
    labels = {label for article in ARTICLE.values() for label in article.labels}
    assert labels >= {"audience:admin", "audience:teacher", "audience:client", "plan:atelier"}
    assert sum(label.startswith("page:/") for label in labels) > 20


def test_flaws_name_their_partner_and_stand_in_the_list() -> None:
    flaws = [(article.id, flaw) for article in ARTICLE.values() for flaw in article.flaws]
    assert {flaw.kind for _, flaw in flaws} == {
        *("outdated", "contradicts", "duplicate", "thin", "empty"),
    }
    for name, flaw in flaws:
        line = re.search(rf"^\| {name} \| {flaw.kind}.*$", README, re.MULTILINE)
        assert line, f"{name} is not in the list"
        assert (flaw.other or "") in line[0]
        assert bool(flaw.other) or flaw.kind in ("thin", "empty", "outdated")
        if flaw.other:
            assert flaw.other in ARTICLE
            assert flaw.other != name
    listed = re.findall(r"^\| (kh-\d\d) \|", README, re.MULTILINE)
    assert sorted(listed) == sorted(name for name, _ in flaws)


def test_flaws_are_true() -> None:
    for article in ARTICLE.values():
        kinds = {flaw.kind for flaw in article.flaws}
        assert ("empty" in kinds) == (not article.body)
        for flaw in article.flaws:
            other = ARTICLE[flaw.other] if flaw.other else None
            if flaw.kind == "outdated" and other:
                assert article.updated
                assert other.updated
                assert article.updated < other.updated
            if flaw.kind == "contradicts":
                assert other
                assert article.id in {each.other for each in other.flaws}, "both say so"


def test_gaps_are_asked_about_and_listed() -> None:
    for gap in load_gaps():
        assert f"| {gap.id} | {gap.topic} |" in README
        asked = [TICKET[each] for each in gap.tickets]
        assert any({"gap", "outdated_only"} & set(each.kinds) for each in asked)
    named = {each for gap in load_gaps() for each in gap.tickets}
    assert {one.id for one in TICKET.values() if "gap" in one.kinds} <= named


def test_every_kind_of_ticket_is_there() -> None:
    there = {kind for ticket in TICKET.values() for kind in ticket.kinds}
    assert there == set(KINDS.split())
    assert all(ticket.kinds for ticket in TICKET.values())


def test_every_outcome_and_every_reason_is_expected() -> None:
    expected = [one.expect for one in TICKET.values() if one.expect]
    assert len(expected) == len(TICKET)
    counted = Counter(one.outcome for one in expected)
    assert counted["draft"] > 40
    assert min(counted.values()) >= 2
    assert set(counted) == {"draft", "handoff", "clarified", "skipped", "silent"}
    reasons = {one.reason for one in expected if one.outcome == "handoff"}
    assert reasons == {
        *("anger", "refund", "asks_for_human", "account_security", "vip_at_risk", "language"),
        *("billing_dispute", "legal", "attachment_only"),
    }
    skips = {one.reason for one in expected if one.outcome == "skipped"}
    assert skips == {"thanks", "auto_reply", "bounce", "bot"}


@pytest.mark.parametrize("ticket", TICKET.values(), ids=lambda one: one.id)
def test_an_expectation_is_whole(ticket: DemoTicket) -> None:
    expect = ticket.expect
    assert expect
    assert set(expect.article) <= set(ARTICLE)
    assert bool(expect.article or expect.learned_from) == (expect.outcome == "draft")
    assert bool(expect.reason) == (expect.outcome in ("handoff", "skipped", "clarified"))
    if expect.outcome == "skipped":
        assert ticket.answer is None, "nobody is answered"
    if ticket.answer:
        assert bool(ticket.answer.text) == (ticket.answer.uses != "kept")
        assert ticket.answer.uses != "kept" or expect.outcome == "draft"


def test_where_it_falls_short_is_rare_and_said() -> None:
    short = [one for one in TICKET.values() if one.expect and one.expect.falls_short]
    assert len(short) <= 6
    assert not any(one in LEARNERS for one in short)


def test_mails_look_as_the_mail_clients_write_them() -> None:
    marks = {
        "quoted:gmail": r"\nOn .* wrote:\n\n> ",
        "quoted:gmail_de": r"\nAm .* schrieb .*:\n\n> ",
        "quoted:outlook": r"\nFrom: .*\nSent: .*\nTo: .*\nSubject: ",
        "quoted:outlook_de": r"\nVon: .*\nGesendet: .*\nAn: .*\nBetreff: ",
        "quoted:apple_mail": r"\n> On .* at .* wrote:\n> \n> ",
        "quoted:thunderbird": r"^On \d\d\.\d\d\.\d\d .* wrote:\n> ",
        "quoted:iphone": r"Sent from my iPhone\n\n> On ",
        "quoted:interleaved": r"\n> .*\n\n[^>\n].*\n\n> ",
        "forwarded": r"---------- Forwarded message ---------\nFrom: ",
        "disclaimer": r"This e-mail and any attachments are confidential",
    }
    for kind, mark in marks.items():
        tickets = [one for one in TICKET.values() if kind in one.kinds]
        assert tickets
        for one in tickets:
            assert re.search(mark, one.text), f"{one.id}: {kind}"


def test_what_a_helpdesk_tells_besides_the_text_is_there() -> None:
    tickets = list(TICKET.values())
    assert {one.channel for one in tickets} == {"email", "web", "chat"}
    assert sum(bool(one.page) for one in tickets) >= 20
    assert sum(bool(one.attachments) for one in tickets) >= 3
    assert any(len(one.then) >= 2 and one.channel == "chat" for one in tickets)
    organizations = [one.requester.organization for one in tickets if one.requester.organization]
    assert all(one.customer_since for one in organizations)
    assert {one.plan for one in organizations} == {"Solo", "Studio", "Atelier"}
    assert any("vip" in one.tags for one in organizations)
    assert max(len(one.text) for one in tickets) > 2000


def test_agents_keep_edit_replace_and_ignore_drafts() -> None:
    answers = [one.answer for one in TICKET.values() if one.answer]
    uses = Counter(one.uses for one in answers)
    assert uses["kept"] >= 20
    assert uses["edited"] >= 10
    assert uses["rewritten"] >= 4
    assert uses["none"] >= 20
    assert {one.agent for one in answers} == {"Priya", "Tom", "Lena", "Mateo"}


def test_where_only_the_page_decides_the_words_are_the_same() -> None:
    one, other = (each for each in TICKET.values() if "page_decides" in each.kinds)
    question = re.compile(r"how can I download an invoice as a PDF", re.IGNORECASE)
    assert question.search(one.text)
    assert question.search(other.text)
    assert one.page != other.page
    assert one.expect
    assert other.expect
    assert set(one.expect.article).isdisjoint(other.expect.article)


def test_what_is_for_agents_alone_is_expected_in_notes_and_in_no_answer() -> None:
    (guide,) = (each for each in ARTICLE.values() if each.visibility == "internal")
    named = [one.expect for one in TICKET.values() if one.expect and one.expect.note_says]
    assert {each.note_says for each in named} == {guide.title}
    assert {each.outcome for each in named} == {"draft", "handoff"}
    assert not any(guide.id in one.expect.article for one in TICKET.values() if one.expect)
    secrets = {each.says_not for each in named if each.outcome == "draft"}
    assert all(secret and secret in guide.body for secret in secrets)


def test_nobody_real_is_named() -> None:
    text = json.dumps([one.model_dump(mode="json") for one in TICKET.values()])
    text += json.dumps([one.model_dump(mode="json") for one in ARTICLE.values()])
    hosts = {
        *re.findall(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)", text),
        *re.findall(r"https?://([\w.-]+)", text),
        *re.findall(r"\bwww\.([\w.-]+)", text),
    }
    assert len(hosts) > 50
    assert all(host.endswith(".example") for host in hosts)


def test_lessons_cannot_be_known_from_the_articles() -> None:
    knowledge = ARTICLES.read_text(encoding="utf-8").casefold()
    assert len(LEARNERS) >= 6
    for learner in LEARNERS:
        assert learner.expect
        teacher = TICKET[learner.expect.learned_from or ""]
        fact = learner.expect.says
        assert fact
        assert fact.casefold() not in knowledge
        assert (teacher.wave, learner.wave) == (1, 2)
        assert teacher.answer
        assert fact in teacher.answer.text
        assert not any(fact in text for text in (learner.subject, learner.text, teacher.text))
        told = [one.id for one in TICKET.values() if any(fact in text for text in every_text(one))]
        assert told == [teacher.id], "nobody else gives it away"
        assert re.search(rf"^\| {teacher.id} \| {learner.id} \| {fact} \|", README, re.MULTILINE)


def test_a_lesson_is_asked_again_in_other_words() -> None:
    for learner in LEARNERS:
        assert learner.expect
        teacher = TICKET[learner.expect.learned_from or ""]
        assert learner.text != teacher.text
        assert learner.requester.email != teacher.requester.email
        ours, theirs = (set(re.findall(r"\w+", one.text.casefold())) for one in (learner, teacher))
        assert len(ours & theirs) < 0.85 * len(ours | theirs)


def test_near_misses_must_not_get_what_was_learned() -> None:
    facts = {one.expect.says for one in LEARNERS if one.expect}
    misses = [one for one in TICKET.values() if "lesson:near_miss" in one.kinds]
    assert len(misses) >= 3
    for one in misses:
        assert one.wave == 2
        assert one.expect
        assert one.expect.says_not in facts
        assert one.id in README
