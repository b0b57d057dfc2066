"""Tell what each line of a mail is: the customer's words, a quote, a header, a signature.

Mail programs agree on nothing, so each line is judged by several weak signs. Every expression
here sees at most ``LONGEST`` characters and repeats nothing inside a repetition: time is linear.
"""

# ruff: noqa: RUF001 - letters of other alphabets are meant

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from enum import Enum, auto

LONGEST = 400  # no header is longer; longer lines are prose
SPAN = 4  # an attribution wraps over at most so many lines


class Kind(Enum):
    """What a line is."""

    TEXT = auto()
    BLANK = auto()
    QUOTE = auto()  # begins with ">"
    ATTRIBUTION = auto()  # "On Monday, Tom wrote:"
    HEADER = auto()  # part of a From:/Sent:/To: block
    DIVIDER = auto()  # "-----Original Message-----"
    MARKER = auto()  # "Please type your reply above this line"
    RULE = auto()  # "______", "====="
    DASHES = auto()  # "-- ", what a signature begins with
    DEVICE = auto()  # "Sent from my iPhone"


_VERB = re.compile(
    r"\b(?:wrote|writes|schrieb|geschrieben|schreef|geschreven|a écrit|écrit|escribió|escribio"
    r"|ha escrito|escreveu|escribiu|ha scritto|scritto|scrive|skrev|skrifaði|kirjoitti|kirjutas"
    r"|napisał(?:\(a\)|a)?|pisze|napsal(?:\(a\)|a)?|napísal(?:\(a\)|a)?|написал(?:\(а\)|а)?|пишет"
    r"|писал(?:\(а\)|а)?|написав|написа|пише|je napisao|yazdı|şunu yazdı|írta|ezt írta|a scris"
    r"|έγραψε|va escriure|ha escrit|menulis|parašė|rakstīja|viết|đã viết)"
    r"(?=\W|$)|(?:写道|寫道|書きました|작성|כתב|مكتوب|كتب|เขียน)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"<[^<>\s]{1,120}@[^<>\s]{1,120}>|\[mailto:", re.IGNORECASE)
_ENDS_WITH_ADDRESS = re.compile(r"@[^<>\s]{1,120}>\s*[:：]$")
_DATE = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[:.h]\d\d\b|\d{1,2}[./-]\d{1,2}|\d[年月日년월일]")
_STARTS = re.compile(
    r"(?:on|am|le|el|il|em|op|den|på|a|w dniu|dnia|dne|dňa|pada|vào|li|la|at|kl)\b"
    r"|\d|\w{2,13}[.,]{0,2} \d{1,2}|\w{2,4}[.,]{1,2} \w{3,9}[.,]? \d",
    re.IGNORECASE,
)
# Old Gmail leaves the verb out: "2016-03-03 17:21 GMT+01:00 Some One".
_STAMP = re.compile(r"\d{4}[-/]\d\d[-/]\d\d,? \d{1,2}:\d\d (?:GMT|UTC)[+-]\d\d:?\d\d\b")
_FRAME = " \t*_-—–>\"'"

_SENT = r"sent|date|sent at|gesendet(?: am)?|datum|envoyé(?: le)?|message du|fecha|enviad[oa](?: el| em)?|inviato(?: il)?|data|verzonden|skickat|sendt|dato|lähetetty|päivämäärä|päiväys|wysłano|отправлено|дата|gönderme tarihi|tarih|送信日時|日期|发送时间|odesláno|data wysłania|dátum|küldve|trimis"  # noqa: E501 - one list
_FROM = r"from|von|de|da|van|från|fra|lähettäjä|od|от|от кого|kimden|gönderen|差出人|发件人|寄件者|보낸 사람|feladó|de la|מאת|expéditeur|mittente|remitente|från"  # noqa: E501
_TO = r"to|an|à|a|para|aan|till|til|vastaanottaja|do|кому|kime|宛先|收件人|받는 사람|címzett|către|pour|komu|cc|kopie|copie(?: à)?|copia|reply-to|bcc"  # noqa: E501
_SUBJECT = r"subject|betreff|objet|asunto|assunto|oggetto|onderwerp|ämne|emne|aihe|temat|тема|konu|件名|主题|主旨|제목|tárgy|předmět|sujet|subiect"  # noqa: E501
_HEADER = re.compile(
    rf"(?:(?P<sent>{_SENT})|(?P<sender>{_FROM})|(?P<to>{_TO})|(?P<subject>{_SUBJECT}))"
    r"\s?\*{0,2}\s?[:：]",
    re.IGNORECASE,
)

_DIVIDER = re.compile(
    r"(?:original[- ]?(?:message|mail|e-mail|nachricht)|ursprüngliche (?:nachricht|mail)"
    r"|message d'origine|message original|message transféré|mensaje original|mensaje reenviado"
    r"|mensagem original|mensagem encaminhada|messaggio originale|messaggio inoltrato"
    r"|oorspronkelijk bericht|doorgestuurd bericht|originalmeddelande|ursprungligt meddelande"
    r"|oprindelig meddelelse|opprinnelig melding|alkuperäinen viesti|oryginalna wiadomość"
    r"|wiadomość oryginalna|исходное сообщение|пересылаемое сообщение|пересланное сообщение"
    r"|orijinal mesaj|původní zpráva|eredeti üzenet|mesaj original|原始邮件|転送メッセージ"
    r"|forwarded (?:message|by)|weitergeleitete nachricht|reply message|reply separator)",
    re.IGNORECASE,
)
_FORWARD = re.compile(
    r"(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-mail)"
    r"|début du message (?:transféré|réexpédié)|inicio del mensaje reenviado"
    r"|início da mensagem (?:encaminhada|reencaminhada)|inizio messaggio inoltrato"
    r"|begin doorgestuurd bericht)\s?:$",
    re.IGNORECASE,
)
_MARKER = re.compile(
    r"(?:reply|respond|write|answer|type your (?:reply|response"
    r"|answer))[^.?]{0,30} above th(?:is|e)"
    r" (?:dashed )?line"
    r"|(?:antwort|antworten)[^.?]{0,40} (?:über|oberhalb) (?:von )?diese[rn]? (?:zeile|linie)"
    r"|(?:über|oberhalb) diese[rn]? (?:zeile|linie)[^.?]{0,20} antwort"
    r"|(?:répon[ds]\w*|réponse)[^.?]{0,40} (?:au-dessus de|sur) cette ligne"
    r"|(?:respuesta|respond\w+|escrib\w+)[^.?]{0,40} (?:encima|arriba) de esta línea"
    r"|risposta[^.?]{0,40} sopra questa riga|antwoord[^.?]{0,40} boven deze (?:lijn|regel)"
    r"|resposta[^.?]{0,40} acima desta linha",
    re.IGNORECASE,
)
_RULE = re.compile(r"(?:-{3,}|_{3,}|\*{3,}|={3,}|#{4,}|~{3,}|\+{4,}|—{2,}|ᐧ+|(?:[-_*=] ){3,})$")
_DASHES = re.compile(r"(?:-- ?-?|—|–)$")
_DEVICE = re.compile(
    r"[*_(\[]{0,2}(?:sent (?:from|via|with|by) (?:my |the )?\w|get outlook for|get bluemail"
    r"|(?:von|vom) (?:meinem|unterwegs|\w+).{0,60} (?:gesendet|geschickt)"
    r"|(?:gesendet|geschrieben|verschickt) (?:von|vom|mit|aus) (?:meine|outlook|der|mein|yahoo|web)"
    r"|diese nachricht wurde von mein|holen sie sich outlook|outlook für \w+ "
    r"|envoyé (?:de|depuis|à partir) |télécharger? outlook|obtenez outlook|provenance : "
    r"|enviad[oa] (?:desde|do|da|a partir|con|via|através|de meu|del?) ?(?:mi|meu|el|outlook|\w)"
    r"|obtener outlook|obter o outlook|inviato (?:da|dal|con) |scarica outlook|ottieni outlook"
    r"|verstuurd vanaf|verzonden (?:vanaf|met|vanuit) |skickat från |skickad från |hämta outlook"
    r"|sendt fra |hent outlook|lähetetty (?:\w+)|hanki outlook|wysłan[eo] (?:z|za) "
    r"|pobierz aplikację outlook|отправлено (?:с|из) |відправлено з |odesláno z|poslané z"
    r"|\w+(?:'|’)?(?:ten|dan|den|tan|umdan|imden) gönderildi|trimis (?:de pe|din) |küldve a"
    r"|发自我的|寄自|從我的|(?:iphone|ipad|android)から送信|나의 \w+에서 보냄)",
    re.IGNORECASE,
)
_PROSE_END = re.compile(r"\w.{40,}[?!]$|\b(?:please|bitte|thanks)\b", re.IGNORECASE)


def classify(lines: Sequence[str]) -> list[Kind]:
    """Name the kind of each line of a mail."""
    kinds = [_kind(line) for line in lines]
    _mark_attributions(lines, kinds)
    _mark_headers(lines, kinds)
    _mark_wrapped_quotes(lines, kinds)
    return kinds


def _kind(line: str) -> Kind:
    bare = line.strip()
    if not bare.strip("\u200b\ufeff\xa0"):
        return Kind.BLANK
    if bare.startswith((">", "&gt;")):
        return Kind.QUOTE
    if len(bare) > LONGEST:
        return Kind.TEXT
    for kind, found in (
        (Kind.DASHES, _DASHES.match(bare)),
        (Kind.RULE, _RULE.match(bare)),
        (Kind.MARKER, _MARKER.search(bare)),
        (Kind.DIVIDER, _is_divider(bare)),
        (Kind.DEVICE, len(bare) < 120 and _DEVICE.match(bare) and not _PROSE_END.search(bare)),
    ):
        if found:
            return kind
    return Kind.TEXT


def _is_divider(bare: str) -> bool:
    # The words alone are prose ("the original message said"); framed by dashes they divide.
    framed = bare[:2] in ("--", "==", "__", "**") and bare[-2:] in ("--", "==", "__", "**", ":")
    framed = framed or (bare[:2] == "--" and bare[-1:] == "-")
    return bool((framed and _DIVIDER.search(bare)) or _FORWARD.match(bare.strip(_FRAME)))


def _mark_attributions(lines: Sequence[str], kinds: list[Kind]) -> None:
    for end, line in enumerate(lines):
        if kinds[end] in (Kind.TEXT, Kind.QUOTE) and _may_end_attribution(line):
            begin = _attribution_begin(lines, kinds, end)
            if begin is not None:
                kinds[begin : end + 1] = [Kind.ATTRIBUTION] * (end + 1 - begin)


def _may_end_attribution(line: str) -> bool:
    bare = line.strip()
    if len(bare) > LONGEST or (bare.startswith(">") and bare not in (">:", "> :")):
        return False
    tail = bare.rstrip(_FRAME.replace(">", ""))
    return tail.endswith((":", "：")) or bool(_STAMP.match(tail) or _VERB.search(tail[-20:]))


def _attribution_begin(lines: Sequence[str], kinds: list[Kind], end: int) -> int | None:
    """Find the first line of an attribution that ends here, trying the fewest lines first."""
    joined = ""
    for begin in range(end, max(-1, end - SPAN), -1):
        if kinds[begin] not in (Kind.TEXT, Kind.QUOTE) or (
            begin < end and kinds[begin] is Kind.QUOTE
        ):
            return None
        joined = f"{lines[begin].strip()} {joined}".strip()
        if len(joined) > LONGEST:
            return None
        if _is_attribution(joined):
            above = begin - 1
            if above >= 0 and kinds[above] is Kind.TEXT and _opens(lines[above], joined):
                return above
            return begin
    return None


def _opens(line: str, rest: str) -> bool:
    """Tell whether a line begins the attribution whose rest was already recognised."""
    bare = line.strip(_FRAME)
    wrapped = not _STARTS.match(rest.lstrip(_FRAME)) or rest.lstrip()[:3].lower() in ("at ", "kl ")
    return wrapped and len(bare) < 90 and bool(_STARTS.match(bare) and _DATE.search(bare))


def _is_attribution(joined: str) -> bool:
    text = html.unescape(joined)
    bare = text.strip(_FRAME.replace(">", ""))
    if _STAMP.match(bare):
        return True
    if not _DATE.search(bare):
        return False
    address = _ADDRESS.search(bare)
    starts = bool(_STARTS.match(bare))
    if _VERB.search(bare):
        ends = bare.endswith((":", "：")) or bool(_VERB.search(bare[-20:]))
        # "On the 5th I wrote" has a verb and a date as well: ask for a colon or an address.
        return ends and bool(address or (starts and bare.endswith((":", "：")) and len(bare) < 160))
    return bool(starts and (_ENDS_WITH_ADDRESS.search(bare) or re.search(r">\s:$", bare)))


def _mark_headers(lines: Sequence[str], kinds: list[Kind]) -> None:
    """Mark From:/Sent:/To:/Subject: blocks."""
    index = 0
    while index < len(lines):
        end, names = _header_run(lines, kinds, index)
        # A sender and a subject alone are a web form's fields.
        if names >= {"sender", "sent"} or names >= {"sender", "to", "subject"}:
            kinds[index:end] = [Kind.HEADER] * (end - index)
        index = max(end, index + 1)


def _header_run(lines: Sequence[str], kinds: list[Kind], index: int) -> tuple[int, set[str]]:
    names: set[str] = set()
    end = position = index
    while position < len(lines) and position - index < 12 and kinds[position] is not Kind.QUOTE:
        bare = lines[position].strip(" \t*_\xa0")
        match = _HEADER.match(bare[:60]) if len(bare) <= LONGEST * 4 else None
        if match:
            names |= {name for name, value in match.groupdict().items() if value}
            end = position + 1
        elif position == index or position > end or kinds[position] is not Kind.TEXT:
            break  # one line between headers is a wrapped address list
        position += 1
    return end, names


def _mark_wrapped_quotes(lines: Sequence[str], kinds: list[Kind]) -> None:
    """Count a line as quoted that a mail program broke off a long quoted line."""
    for index in range(1, len(lines) - 1):
        around = kinds[index - 1] is Kind.QUOTE and kinds[index + 1] is Kind.QUOTE
        if around and kinds[index] is Kind.TEXT and len(lines[index - 1]) > 60:
            first = lines[index].lstrip()[:1]
            if first.islower() or not first.isalpha():
                kinds[index] = Kind.QUOTE
