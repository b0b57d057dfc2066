# ruff: noqa: RUF001 - letters of other alphabets are meant

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.pipeline.clean import clean_message, clean_text
from connectors.types import Message, Person
from tests.benchmarks.quotes import exact, read

ATTRIBUTIONS = [
    "On Mon, Nov 3, 2025 at 10:01 AM Tom <tom@example.com> wrote:",
    "On Nov 3, 2025, at 10:01, Tom <tom@example.com> wrote:",
    "On 03/11/2025 10:01, Tom wrote:",
    "On Monday, November 3, 2025, 10:01 AM, Tom <tom@example.com> wrote:",
    "On Mon, Nov 3, 2025 at 10:01 AM Tom from Support\n<tom@example.com> wrote:",
    "On Mon, Nov 3, 2025\nat 10:01 AM, Tom\n<tom@example.com>\nwrote:",
    "Am 03.11.2025 um 10:01 schrieb Tom:",
    "Am Mo., 3. Nov. 2025 um 10:01 Uhr schrieb Tom <tom@example.com>:",
    "Le lun. 3 nov. 2025 à 10:01, Tom <tom@example.com> a écrit :",
    "El lun, 3 nov 2025 a las 10:01, Tom (<tom@example.com>) escribió:",
    "Il giorno lun 3 nov 2025 alle ore 10:01 Tom <tom@example.com> ha scritto:",
    "Em seg., 3 de nov. de 2025 às 10:01, Tom <tom@example.com> escreveu:",
    "Op ma 3 nov 2025 om 10:01 schreef Tom <tom@example.com>:",
    "Den mån 3 nov. 2025 kl 10:01 skrev Tom <tom@example.com>:",
    "pon., 3 lis 2025 o 10:01 Tom <tom@example.com> napisał(a):",
    "пн, 3 нояб. 2025 г. в 10:01, Tom <tom@example.com>:",
    "2025年11月3日(月) 10:01 Tom <tom@example.com>:",
    "Tom <tom@example.com> schrieb am Mo., 3. Nov. 2025, 10:01:",
]

BLOCKS = [
    "-----Original Message-----\nFrom: Tom\nSent: Monday\nTo: Maya\nSubject: Hello",
    "-----Ursprüngliche Nachricht-----\nVon: Tom\nGesendet: Montag\nAn: Maya\nBetreff: Hallo",
    "________________________________\nFrom: Tom <tom@example.com>\nSent: Monday, November 3\n"
    "To: Maya\nSubject: RE: Hello",
    "*From:* Tom <tom@example.com>\n*Date:* Monday\n*To:* Maya\n*Subject:* Hello",
    "Von: Tom\nGesendet: Montag, 3. November 2025 10:01\nAn: Maya\nBetreff: AW: Hallo",
    "De : Tom\nEnvoyé : lundi 3 novembre 2025\nÀ : Maya\nObjet : RE: Bonjour",
    "De: Tom\nEnviado: lunes\nPara: Maya\nAsunto: RE: Hola",
    "Da: Tom\nInviato: lunedì\nA: Maya\nOggetto: R: Ciao",
    "-------- Original message --------\nFrom: Tom <tom@example.com>\nDate: 03/11/2025 10:01",
    "##- Please type your reply above this line -##",
    "---- On Mon, 03 Nov 2025 10:01:00 +0000 Tom <tom@example.com> wrote ----",
    "##- Bitte geben Sie Ihre Antwort oberhalb dieser Zeile ein -##",
]

DEVICES = [
    "Sent from my iPhone",
    "Sent from Outlook for iOS",
    "Get Outlook for Android<https://aka.ms/x>",
    "Sent from Yahoo Mail for iPhone",
    "Von meinem iPhone gesendet",
    "Envoyé de mon iPhone",
    "Enviado desde mi iPhone",
    "Inviato da iPhone",
    "Verstuurd vanaf mijn iPhone",
    "Skickat från min iPhone",
    "Wysłane z iPhone'a",
    "发自我的iPhone",
]

KEPT = [
    "Your colleague wrote: reset it. Where do I reset it?",
    "On 5 May I wrote to you and nobody answered.",
    "My file has these columns:\nFrom: Berlin\nTo: Hamburg\nWhy are they empty?",
    "First question\n\n-----\n\nSecond question: can I export invoices?",
    "It says:\n\n    5 > 3\n\nIs that right?",
    "Sent from the shop, the parcel never arrived. Can you check it please?",
    "New message from the website\nFrom: maya@example.com\nSubject: Export\n\nHow do I export?",
    "I moved from: Studio to Duo. Subject: none. What now?",
    "The invoice was sent by mail -- but never arrived.",
    "Thanks!\n\nSent from my iPhone\n\nOh, and how do I add a second calendar?",
]


def message(text: str = "", html: str = "") -> Message:
    return Message("m1", Person("1"), True, text, datetime(2026, 1, 2, tzinfo=UTC), html=html)


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
@pytest.mark.parametrize("quote", ["> Hello Maya\n> all is well", "Hello Maya\nall is well"])
def test_attribution_and_what_follows_are_quoted(attribution: str, quote: str) -> None:
    clean = clean_text(f"It still fails.\n\n{attribution}\n\n{quote}\n")
    assert clean.text == "It still fails."
    assert "Hello Maya" in clean.quoted


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_answer_below_the_quote_is_found(attribution: str) -> None:
    assert clean_text(f"{attribution}\n> Hello Maya\n\nIt still fails.").text == "It still fails."


@pytest.mark.parametrize("block", BLOCKS)
def test_header_blocks_and_dividers_open_the_quote(block: str) -> None:
    clean = clean_text(f"It still fails.\n\n{block}\n\nHello Maya\n")
    assert clean.text == "It still fails."
    assert "Hello Maya" in clean.quoted + clean.signature


@pytest.mark.parametrize("device", DEVICES)
def test_device_lines_are_a_signature(device: str) -> None:
    clean = clean_text(f"It still fails.\n\n{device}\n")
    assert (clean.text, clean.signature) == ("It still fails.", device)


@pytest.mark.parametrize("text", KEPT)
def test_prose_that_looks_like_mail_furniture_is_kept(text: str) -> None:
    for line in text.split("\n"):
        assert line in clean_text(text).text or line.startswith("Sent from my")


def test_signature_below_dashes_is_parted() -> None:
    clean = clean_text("It still fails.\n\n-- \nMaya Lind\nStudio Nord\n")
    assert (clean.text, clean.signature) == ("It still fails.", "--\nMaya Lind\nStudio Nord")


def test_answers_between_quotes_are_kept_with_what_they_answer() -> None:
    text = (
        "On Mon, Nov 3, 2025 at 10:01 Tom wrote:\n> Which plan?\nDuo.\n> Which browser?\nFirefox."
    )
    kept = clean_text(text).text
    assert "Duo." in kept
    assert "Firefox." in kept
    assert "wrote:" not in kept


def test_forward_with_nothing_above_is_kept() -> None:
    text = (
        "---------- Forwarded message ---------\nFrom: A <a@b.co>\nDate: Mon\nSubject: X\n\nPay me."
    )
    assert "Pay me." in clean_text(text).text
    text = "Begin forwarded message:\n\nFrom: A <a@b.co>\nSubject: X\n\nPay me."
    assert "Pay me." in clean_text(text).text


def test_mail_of_nothing_but_quotes_is_empty() -> None:
    assert clean_text("> Hello\n>> Hi\n").text == ""
    assert clean_text("\n \n").text == ""


def test_reply_marker_on_top_is_dropped() -> None:
    assert clean_text("##- Please type your reply above this line -##\nHello there").text == (
        "Hello there"
    )


def test_html_leftovers_are_taken_out() -> None:
    assert clean_text("Hi&nbsp;Tom,<br><br>it <b>fails</b> &amp; stops<br/>").text == (
        "Hi Tom,\n\nit fails & stops"
    )
    assert clean_text("write to <maya@example.com> please").text.endswith(
        "<maya@example.com> please"
    )


def test_html_is_read_where_there_is_no_text() -> None:
    html = (
        "<html><head><style>p {}</style></head><body><p>It still fails.</p>"
        '<div class="gmail_quote"><div>On Mon, Nov 3, 2025 at 10:01 AM Tom '
        "&lt;tom@example.com&gt; wrote:<br></div><blockquote><p>Hello Maya</p></blockquote></div>"
    )
    assert clean_message(message(html=html)).text == "It still fails."
    assert clean_message(message("Plain", html)).text == "Plain"


@given(st.text())
@settings(max_examples=40)
def test_never_raises(text: str) -> None:
    clean_text(text)
    clean_message(message(html=text))


LINES = st.sampled_from(
    (
        *("Hello?", "", "> quoted", "-- ", "Sent from my iPhone", "From: a", "Subject: b"),
        *("On 3 Nov 2025 10:01 Tom <t@b.co> wrote:", "-----Original Message-----", "____"),
        *(">:", "Sent: c"),
    )
)


@given(st.lists(st.one_of(LINES, st.text("ab >:-_1@", max_size=30)), max_size=25))
@settings(max_examples=120)
def test_every_line_comes_from_the_mail_and_none_is_doubled(lines: list[str]) -> None:
    clean = clean_text("\n".join(lines))
    given_lines = [line.rstrip() for line in lines]
    for part in (clean.text, clean.quoted, clean.signature):
        for line in part.split("\n"):
            assert not line or line in given_lines
    words = "".join((clean.text, clean.quoted, clean.signature)).count("Hello?")
    assert words == lines.count("Hello?")


@given(st.lists(st.one_of(LINES, st.just("I need help")), max_size=12))
def test_what_was_written_is_never_lost_altogether(lines: list[str]) -> None:
    text = clean_text("\n".join([*lines, "I need help"])).text
    written = any(line in ("Hello?", "I need help") for line in lines) or lines == []
    assert text or not written


@pytest.mark.parametrize(
    "piece",
    [
        *("a", "> ", "-", "On 1 wrote", "<br", "<p ", "<!--", "On 1\n", "> a:\n", "From: a\n"),
        *("2025 wrote:\n", "<div>", "<blockquote>", "From: x\nSubject: y\n", "answer "),
    ],
)
def test_time_is_linear(piece: str) -> None:
    began = time.process_time()
    clean_text(piece * (100_000 // len(piece)))
    assert time.process_time() - began < 1  # a tenth, even for the slowest; squares take more


@pytest.mark.reference
def test_real_mails_are_cleaned_far_better_than_by_the_best_public_library(shared: Path) -> None:
    folder = shared / "data" / "email"
    for split, floor in (("dev", 0.95), ("test", 0.75)):
        mails = read(folder / f"quotes.{split}.jsonl.gz")
        assert sum(map(exact, mails)) / len(mails) >= floor
