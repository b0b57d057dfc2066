"""Say what kind of message this is, before any evidence is looked up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from app.domain import EscalationRule, Policy, Reason, Triage
from app.pipeline.clean import clean_message
from app.pipeline.language import language_of, name_of
from app.pipeline.skips import from_machine, only_thanks
from app.pipeline.words import own_words, sentences
from connectors.types import Message, Priority, Role, Ticket

# The reason of a question in a language that no article is written in.
FOREIGN = "language"

_MOST_IN_A_ROW = 3  # messages that a customer wrote without an answer between them
_READ = 20_000  # characters of a question that rules look at
_PREFIX = re.compile(r"(?:\s*(?:re|aw|sv|antw|fwd?|wg|tr|rv|ref|r)\s*(?:\[\d+\])?:\s*)+", re.I)
_REPLY = re.compile(r"\s*(?:re|aw|sv|antw|ref|r)\s*(?:\[\d+\])?:", re.IGNORECASE)
_HOLLOW = re.compile(
    r"(?:\(?no subject\)?|question|quick question|help|help me|help needed|support|support request"
    r"|problem|issue|hi|hello|hey|urgent|request|new message|new conversation|contact form\w*"
    r"|untitled"
    r"|message from .{1,60}|conversation with .{1,60}|frage|hilfe|anfrage|kein betreff|pregunta"
    r"|ayuda"
    r"|consulta|sin asunto)\W*$",
    re.IGNORECASE,
)
_NO_WORDS = re.compile(r"[^\w]+")
_TRIED = re.compile(
    r"\b(?:i|we)(?:'ve| have)? (?:also |already |even |just |both |now |of course ){0,3}"
    r"(?:tried|restarted|rebooted|reinstalled|re-installed|uninstalled|cleared|deleted|emptied"
    r"|checked"
    r"|double-checked|reset|refreshed|reloaded|updated|upgraded|logged (?:out|in|off)"
    r"|signed (?:out|in)"
    r"|switched|disabled|enabled|removed|re-?added|reconnected|disconnected|followed|re-?created"
    r"|re-?sent"
    r"|turned (?:it |everything )?(?:off|on)|unplugged|waited|asked|contacted|googled|searched"
    r"|looked (?:at|in|through|for)|read (?:the|your|through))\b"
    r"|\balready (?:tried|restarted|reinstalled|cleared|checked|reset|updated|did|done|looked"
    r"|read)\b"
    r"|\btried (?:it |that |this |again |both |\w+ing |with |in |on |a |an |the |another )"
    r"|\b(?:ich habe?|wir haben|habe?) (?:es )?(?:schon|bereits)\b"
    r"|\b(?:neu gestartet|neu installiert|cache geleert|ausprobiert)\b"
    r"|\b(?:ya (?:he|hemos|intenté|probé|reinici|reinstal|borré|lo)|he (?:probado|intentado"
    r"|reiniciado))",
    re.IGNORECASE,
)
_WILL_TRY = re.compile(r"\b(?:do|should|shall|could|can|may|if|must) (?:i|we)\b|\bhave you\b", re.I)
# "See attached" asks nothing that can be read; one word more may be what it is about.
_POINTING_TEXT = """
    hi hello hey there team please pls plz kindly see look at check find take here is are the a an
    my this these it its that attached attachment attachments attaching enclosed screenshot
    screenshots screen shot picture pictures photo photos image images pic pics file files below
    above in on for you your info reference as and thanks thank thx siehe anbei im anhang bild foto
    bitte danke hallo ver adjunto adjunta captura imagen hola gracias por favor
"""
_POINTING = frozenset(_POINTING_TEXT.split())
_FILE = re.compile(
    r"\b(?:attach\w*|enclosed|screen ?shots?|pictures?|photos?|images?|files?|anhang|anbei)\b", re.I
)
_SHOUTED = re.compile(r"\b(?:NOT|STILL|NEVER|AGAIN|WHY|NOW|NOBODY|WORST|STOP|ANSWER|RIDICULOUS)\b")


def triage_ticket(
    ticket: Ticket, message: Message, policy: Policy, languages: frozenset[str] = frozenset()
) -> Triage:
    """Look at one message: who wrote it, what is asked, and whether a person is needed.

    ``languages`` are those that the knowledge is written in; empty, nothing is made of it.
    """
    text = _own(message)
    skip = _skip(ticket, message, text)
    if skip:
        return Triage(question=text, skip=(skip,))
    question = _question(ticket, message)
    if not question:
        return _unreadable(message, policy)
    fired = _fired(policy.rules, question, ticket, message)
    attached = any(one.attachments for one in in_a_row(ticket, message))
    if not fired and attached and _only_points(question):
        return _only_attached(policy, question)
    reasons = [Reason(rule.code, rule.text) for rule in fired]
    # To tell a language takes milliseconds, and without articles nobody needs it.
    language = (language_of(question) or _language_before(ticket, message)) if languages else ""
    return Triage(
        question=question,
        escalate=(*reasons, *_foreign(language, languages)),
        priority=_highest(rule.priority for rule in fired),
        tried=_tried(ticket, message),
        language=language,
    )


def triage_translated(
    triage: Triage, text: str, ticket: Ticket, message: Message, policy: Policy
) -> Triage:
    """Look again at a foreign question, now that a model has put it into the articles' language.

    A rule may ask for a person only now that its words are understood. Where none does, the
    language is no reason any more.
    """
    fired = _fired(policy.rules, text, ticket, message)
    reasons = [Reason(rule.code, rule.text) for rule in fired]
    others = [reason for reason in triage.escalate if reason.code != FOREIGN]
    return replace(
        triage,
        escalate=(*reasons, *triage.escalate) if reasons else tuple(others),
        priority=_highest([triage.priority, *(rule.priority for rule in fired)]),
    )


@lru_cache(maxsize=8)
def _own(message: Message) -> str:
    return own_words(clean_message(message).text)


def _skip(ticket: Ticket, message: Message, text: str) -> Reason | None:
    if message.author.role is Role.AGENT or not message.public:
        return Reason("not_customer", "The last message is not a customer's.")
    subject = ticket.subject if _is_first(ticket, message) else ""
    machine = from_machine(message, subject, text)
    if machine:
        return machine
    # A first message's subject may ask what its text only thanks for: "Thanks in advance".
    asked = subject and not _adds_nothing(subject, text)
    thanks = only_thanks(text) or only_thanks(clean_message(message).text)
    # "Here is the screenshot. Thanks!"
    shows = any(one.attachments for one in in_a_row(ticket, message)) and _FILE.search(text)
    if thanks and not shows and (not asked or only_thanks(subject)):
        return Reason("thanks", "The customer only says thanks; nothing is asked.")
    return None


def _foreign(language: str, languages: frozenset[str]) -> Iterator[Reason]:
    if language and language not in languages:
        known = " and ".join(sorted(name_of(each) for each in languages))
        yield Reason(FOREIGN, f"It is in {name_of(language)}; the help centre is in {known}.")


def _language_before(ticket: Ticket, message: Message) -> str:
    """Tell in which language somebody wrote before, who now says a few words only."""
    earlier = [one for one in _before(ticket, message) if one.author.id == message.author.id]
    found = (language_of(_own(one)) for one in reversed(earlier))
    return next((code for code in found if code), "")


def _unreadable(message: Message, policy: Policy) -> Triage:
    if not message.attachments:
        return Triage(question="", skip=(Reason("empty", "There is nothing to read in it."),))
    return _only_attached(policy)


def _only_points(question: str) -> bool:
    """Tell whether all that is said is that something is attached."""
    words = _bare(question).split()
    return bool(words) and all(word in _POINTING for word in words)


def _only_attached(policy: Policy, question: str = "") -> Triage:
    rule = next((rule for rule in policy.rules if rule.code == "attachment_only"), None)
    text = rule.text if rule else "The message is only an attachment."
    reason = Reason("attachment_only", text)
    return Triage(question, escalate=(reason,), priority=rule.priority if rule else None)


def _before(ticket: Ticket, message: Message) -> list[Message]:
    """List the public messages that came before this one, oldest first."""
    earlier: list[Message] = []
    for one in ticket.messages:
        if one.id == message.id:
            break
        if one.public:
            earlier.append(one)
    return earlier


def in_a_row(ticket: Ticket, message: Message) -> list[Message]:
    """List what the customer wrote in a row up to this message, oldest first."""
    row = [message]
    for one in reversed(_before(ticket, message)):
        if one.author.role is not Role.CUSTOMER or one.author.id != message.author.id:
            break
        row.insert(0, one)
    return row


def _is_first(ticket: Ticket, message: Message) -> bool:
    return not _before(ticket, message)


def _question(ticket: Ticket, message: Message) -> str:
    row = in_a_row(ticket, message)
    texts = [_own(one) for one in row[-_MOST_IN_A_ROW:]]
    body = "\n".join(text for text in texts if any(sign.isalnum() for sign in text))
    subject = _PREFIX.sub("", ticket.subject, count=1).strip()
    # Without a text, the subject is what was asked only if nobody has answered it yet.
    if (body or _is_first(ticket, row[0])) and not _adds_nothing(ticket.subject, body):
        return f"{subject}\n{body}".strip()
    return body


def _adds_nothing(subject: str, body: str) -> bool:
    bare = _bare(_PREFIX.sub("", subject, count=1))
    if not bare or _REPLY.match(subject) or _HOLLOW.match(subject.strip()):
        return True
    return f" {bare} " in f" {_bare(body[:2000])} "


def _bare(text: str) -> str:
    return _NO_WORDS.sub(" ", text).strip().casefold()


def _fired(
    rules: Sequence[EscalationRule], question: str, ticket: Ticket, message: Message
) -> list[EscalationRule]:
    parts = sentences(question[:_READ].replace("\u2019", "'"))
    fired = []
    for rule in rules:
        condition = _CONDITIONS.get(rule.code)
        if condition and not condition(ticket, message):
            continue
        shouted = rule.code == "anger" and any(map(_shouts, parts))
        if shouted or (rule.patterns and _matches(rule.patterns, parts)):
            fired.append(rule)
    return fired


def _matches(patterns: tuple[str, ...], parts: Sequence[str]) -> bool:
    pattern = _compiled(patterns)
    return any(pattern.search(part) for part in parts)


@lru_cache(maxsize=256)
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in patterns), re.IGNORECASE | re.DOTALL)


def _is_vip(ticket: Ticket, _message: Message) -> bool:
    return ticket.vip


def _answered_twice(ticket: Ticket, message: Message) -> bool:
    answers = 0
    previous = Role.CUSTOMER
    for one in _before(ticket, message):
        answers += one.author.role in (Role.AGENT, Role.BOT) and previous is Role.CUSTOMER
        if one.author.role is not Role.SYSTEM:
            previous = one.author.role
    return answers >= 2


_CONDITIONS: Mapping[str, Callable[[Ticket, Message], bool]] = {
    "vip_at_risk": _is_vip,
    "unresolved": _answered_twice,
}


def _shouts(sentence: str) -> bool:
    """Tell anger in capitals from a stuck caps key or a pasted error."""
    words = re.findall(r"[^\W\d_]{2,}", sentence)
    loud = [word for word in words if word.isupper()]
    if len(loud) < 4 or len(loud) < 0.7 * len(words) or "ERROR" in loud or "_" in sentence:
        return False
    return "!!" in sentence or (bool(_SHOUTED.search(sentence)) and "?" not in sentence)


def _highest(priorities: Iterable[Priority | None]) -> Priority | None:
    order = list(Priority)
    found = [one for one in priorities if one is not None]
    return max(found, key=order.index, default=None)


def _tried(ticket: Ticket, message: Message) -> tuple[str, ...]:
    """Quote what customers say they tried, in all their messages up to this one."""
    found: list[str] = []
    for one in [*_before(ticket, message), message]:
        if one.author.role is not Role.CUSTOMER:
            continue
        for part in sentences(_own(one).replace("\u2019", "'")[:_READ]):
            if _TRIED.search(part) and not _WILL_TRY.search(part) and len(found) < 5:
                found.append(part if len(part) <= 160 else part[:157].rsplit(" ", 1)[0] + " …")
    return tuple(dict.fromkeys(found))
