"""Wrong encodings: read for certain, read and told, or told and left out; never wrong letters."""

from __future__ import annotations

import codecs

import pytest

from app.knowledge.files.encodings import text_of
from app.knowledge.files.html import read_html
from app.knowledge.files.records import Unreadable

GERMAN = "Öffnen Sie die Einstellungen und wählen Sie Rückerstattung für den Käufer. Größe ändern."
POLISH = "Otwórz ustawienia i wybierz zwrot pieniędzy. Kliknij przycisk Zapisz, aby zakończyć."
RUSSIAN = "Откройте настройки и выберите возврат средств. Нажмите кнопку Сохранить."
JAPANESE = "設定を開いて、返金を選択してください。保存ボタンを押します。"


@pytest.mark.parametrize(
    "data",
    [
        GERMAN.encode(),
        codecs.BOM_UTF8 + GERMAN.encode(),
        GERMAN.encode("utf-16"),
        codecs.BOM_UTF16_BE + GERMAN.encode("utf-16-be"),
        GERMAN.encode("utf-32"),
        GERMAN.encode("utf-16-le"),
        GERMAN.encode("utf-16-be"),
    ],
)
def test_unicode_is_read_for_certain(data: bytes) -> None:
    assert text_of(data) == (GERMAN, ())


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(GERMAN, "cp1252"), (RUSSIAN, "cp1251"), (RUSSIAN, "koi8_r"), (JAPANESE, "cp932")],
)
def test_what_can_be_guessed_is_read_and_told(text: str, encoding: str) -> None:
    found, faults = text_of(text.encode(encoding))
    assert found == text
    assert faults[0].text.endswith("save it as UTF-8 to be sure of its letters")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(POLISH, "cp1250"), (POLISH, "iso8859_2"), (JAPANESE, "euc_jp"), ("Für Käufer", "cp437")],
)
def test_what_nobody_can_tell_is_never_read_wrongly(text: str, encoding: str) -> None:
    try:
        assert text_of(text.encode(encoding))[0] == text
    except Unreadable as error:
        assert "save it as UTF-8" in error.fault.text  # noqa: PT017 (either will do)


def test_polish_of_windows_is_left_out_rather_than_read_as_western() -> None:
    with pytest.raises(Unreadable, match="cannot be told for sure"):
        text_of(POLISH.encode("cp1250"))


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("windows-1250", "cp1250"), ("ISO-8859-2", "iso8859_2"), ("utf-8", "utf-8")],
)
def test_a_page_is_read_as_it_declares(declared: str, encoding: str) -> None:
    page = f'<html><meta http-equiv="x" content="text/html; charset={declared}"><p>{POLISH}'
    reading = read_html(page.encode(encoding))
    assert POLISH in reading.text
    assert reading.faults == ()


def test_latin_1_means_the_alphabet_of_windows() -> None:
    """As browsers have it: quotes and the euro are not in Latin-1."""
    page = '<meta charset="iso-8859-1"><p>“5 €”'.encode("cp1252")
    assert read_html(page).text == "<p>“5 €”</p>"


@pytest.mark.parametrize("declared", ["utf-7", "idna", "punycode", "unicode_escape", "zip", "x"])
def test_no_trap_is_taken_for_an_encoding(declared: str) -> None:
    found, faults = text_of(GERMAN.encode("cp1252"), declared)
    assert (found, len(faults)) == (GERMAN, 1)
