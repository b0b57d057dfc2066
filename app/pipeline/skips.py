"""Recognise messages that nobody should be answered for: machines, and thanks.

Answering a machine starts a loop, so a message that looks like one is skipped; but a question
mark is taken as a person's, for machines rarely ask and a lost question is worse.
"""

# ruff: noqa: RUF001 - letters of other alphabets are meant

from __future__ import annotations

import re

from app.domain import Reason
from connectors.types import Message, Role

_NO_REPLY = re.compile(
    r"(?:^|[._+-])(?:no[._-]?reply|do[._-]?not[._-]?reply|no[._-]?responder|nicht[._-]?antworten"
    r"|ne[._-]?pas[._-]?repondre)|^(?:notifications?|alerts?|newsletter|mailer|autoresponder)\b",
    re.IGNORECASE,
)
_DAEMON = re.compile(
    r"mailer[._-]?daemon|mdaemon@|post-?master|mail[ ._]delivery[ ._](?:(?:sub)?system|service)"
    r"|^bounces?[@+]|^ndr@|delivery subsystem",
    re.IGNORECASE,
)
_BOUNCE_SUBJECT = re.compile(
    r"(?:re: |\[\w+\] )?(?:undeliver(?:able|ed)\b|(?:e-?mail |message |mail )?delivery (?:status"
    r" notification|failure|failed|report|notification|delayed|has failed|problem|warning)"
    r"|mail (?:could not be delivered|not delivered|error|system error|failed)|returned mail"
    r"|failure (?:notice|delivery)|non-?delivery|delayed mail|permanent delivery failure"
    r"|warning: (?:message|could not)|automatically rejected mail|unzustellbar|nicht zugestellt"
    r"|mail konnte nicht zugestellt|non remis|échec de (?:la )?(?:remise|distribution)"
    r"|no se puede entregar|mensaje no entregado|mancata consegna|onbestelbaar)",
    re.IGNORECASE,
)
_BOUNCE_BODY = re.compile(
    r"\b[45]\d\d[ -]#?[45]\.\d{1,3}\.\d{1,3}\b|^(?:final-recipient|diagnostic-code|action: failed)"
    r"|(?:could not|couldn.t|cannot|can.t|was not|wasn.t|unable to) (?:be )?deliver"
    r"|delay in the delivery|returning message to sender|(?:permanent|fatal) error"
    r"|delivery to the following recipient"
    r"|this is the mail system at|mailbox (?:is )?(?:full|unavailable)|unknown user|user unknown"
    r"|konnte nicht zugestellt|no (?:se )?pudo (?:ser )?entrega|n'a pas pu être remis",
    re.IGNORECASE | re.MULTILINE,
)
_BOUNCE_OPENING = re.compile(
    r"\W*(?:this is the mail system at|delivery to the following recipient"
    r"|your message to \S+ (?:couldn.t|could not|wasn.t) )",
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"\b(?:please (?:help|fix|look)|help me|when i|i (?:tried|get|got|want|need)"
    r"|my (?:clients?|customers?|invoices?|account))\b",
    re.IGNORECASE,
)
_AUTO_SUBJECT = re.compile(
    r"(?:(?:re|aw|fwd?|sv): ?)?(?:automatic (?:reply|response)|automated (?:reply|response)"
    r"|auto[- ]?(?:reply|response|responder)|out[- ]of[- ](?:the[- ])?office(?: reply| message)?"
    r"|ooo|vacation (?:reply|response|notice)|away from (?:the )?office|automatische antwort"
    r"|abwesenheits\w+|abwesend|réponse automatique|absence du bureau|absent du bureau"
    r"|respuesta autom[áa]tica|fuera de (?:la )?oficina|ausente de la oficina"
    r"|risposta automatica|fuori (?:sede|ufficio)|resposta autom[áa]tica|ausência"
    r"|automatisch antwoord|afwezig\w*|autosvar|automatisk[t]? svar|automaattinen vastaus"
    r"|odpowiedź automatyczna|autoodpowiedź|автоответ\w*|自動返信|自动回复)(?:\s*[:–(\]-]|\s*$)",
    re.IGNORECASE,
)
_AUTO_LINE = re.compile(
    r"^\W*(?:this (?:is|e?-?mail is|message is) an? (?:auto(?:matic|mated|matically)[- ]?\w*)"
    r"|(?:please )?do not (?:reply|respond) to this (?:e-?mail|message)"
    r"|(?:thank you for|thanks for)\b.{0,60}\b(?:i am|i'm|we are) (?:currently |now )?(?:out"
    r"|away|on)"
    r"|(?:your|we have received your) (?:request|ticket|e-?mail|message|enquiry|inquiry)"
    r"(?: \(?#?\w+\)?)? (?:has been (?:received|logged|registered)|and (?:will|we))"
    r"|dies ist eine automatisch\w*|diese (?:e-?mail|nachricht) wurde automatisch"
    r"|ceci est (?:une? )?(?:réponse|message|e-?mail) automatique|este es un (?:mensaje|correo)"
    r" autom[áa]tico|questa è una risposta automatica|dit is een automatisch)",
    re.IGNORECASE | re.MULTILINE,
)
_ABSENT = re.compile(
    r"\b(?:i am|i'm|i will be|i'll be|we are|we're|am) (?:currently |now "
    r"|presently )?(?:out of (?:the "
    r"|my )?office|away (?:from|until|on|till)|on (?:annual |parental |maternity |paternity "
    r"|sick |my )?"
    r"(?:leave|vacation|holidays?))|\b(?:office|studio) is (?:currently )?closed\b"
    r"|\b(?:ich bin|wir sind|bin) (?:derzeit |aktuell |zurzeit |zur zeit |momentan |vom "
    r"|bis )?.{0,40}"
    r"(?:nicht im (?:büro|haus)|im urlaub|außer haus|abwesend|in elternzeit|nicht erreichbar)"
    r"|\b(?:estoy|estaré|estar[ée]) (?:fuera de (?:la )?oficina|de vacaciones|ausente)"
    r"|\bje suis (?:actuellement |en )?(?:absente?|en congés?|congés?)|\bsono (?:fuori|in ferie)"
    r"|\bestou (?:de férias|ausente|fora)|\bik ben (?:momenteel )?(?:afwezig|met vakantie|niet)",
    re.IGNORECASE,
)
_RETURN = re.compile(
    r"\b(?:limited|no|without|little) access\b|\b(?:upon|on|after|when) (?:my|i|our) return"
    r"|\b(?:will|shall|'ll) (?:reply|respond|answer|get back|be back|read|return|come back)"
    r"|\burgent\b|\bplease (?:contact|reach|write to|call|e-?mail)\b|\bautomat|\bin my absence\b"
    r"|\bdringend|\bwieder (?:da|erreichbar|im büro|zurück)|\bvertretung\b|\bnicht weitergeleitet"
    r"|\burgente|\bregres|\bvuel|\ba mi vuelta|\ben cas d'urgence|\bde retour|\burgences?\b|\bmio "
    r"rientro|\bcollega|\bretorn|\bterug\b",
    re.IGNORECASE,
)
_PRAISE = re.compile(
    r"\b(?:thanks?|thank (?:you|u)|thx|tx|ty|tysm|tks|cheers|appreciate[ds]?|ok(?:ay|ie|ey)?|k"
    r"|great"
    r"|perfect|awesome|excellent|brilliant|amazing|super|cool|fine|lovely|nice|wonderful|fantastic"
    r"|good|got it|understood|will do|noted|sounds good|no worries|done|yay|wow|legend|works|worked"
    r"|working|did it|did the trick|fixed|solved|resolved|sorted|helped|danke\w*|dank|alles klar"
    r"|prima|passt|perfekt|klasse|spitze|geht|funktioniert|(?:ge)?klappt|gracias|perfecto|genial|vale"
    r"|funciona|merci\w*|parfait|grazie|perfetto|obrigad[oa]|bedankt|tack|takk?|kiitos|dzięki"
    r"|dziękuję)\b",
    re.IGNORECASE,
)
# What may stand around thanks and still ask nothing.
_FILLER_TEXT = """
    hi hey hello hallo hola dear so very much again a lot lots many million for your the all
    quick fast prompt help helping reply response answer answers support time patience
    explanation info it this that you u guys team everyone both is was all's it's that's i'm
    i am we are we're you're really just now me us my our and to of as like charm trick day
    weekend evening one week have happy set no more further questions worries problem issue
    close ticket case can everything feedback kind regards best lg mfg vielen besten
    herzlichen für die ihre deine schnelle hilfe antwort jetzt wieder alles es das und hat
    muchas mil por la su tu ayuda ya todo beaucoup pour votre aide bien appreciated be in
"""
_FILLER = frozenset(_FILLER_TEXT.split())
_ASKS = re.compile(
    r"[?]|(?:^|[.!,]\s+)(?:is|are|do|does|did|has|will|was|any)\b|\b(?:but|however|although"
    r"|though|still|not|n't|isnt|doesnt|dont|nothing|nobody|never"
    r"|how|what"
    r"|where|when|why|which|who|can|could|would|should|please|pls|plz|need|want|wish|also"
    r"|another|one more"
    r"|in advance|let me know|help me|next|instead|if|until|waiting|error|problem with|issue with"
    r"|cancel\w*|refund\w*|broken|blank|empty|fail\w*|wrong|missing|crash\w*|lost|stuck|aber"
    r"|nicht|noch|wie|wann|warum|bitte|kann|könn\w+|im voraus|leider"
    r"|pero|no|cómo|como|puede\w*|por favor|cuándo|todavía|favor|mais|pas|svp)\b",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[^\W\d_](?:[\w']*[^\W\d_])?|\d+")
_NO_MORE = re.compile(
    r"\b(?:no (?:more|further|other) questions|no worries|no problem"
    r"|you can close)\b",
    re.IGNORECASE,
)


def from_machine(message: Message, subject: str, text: str) -> Reason | None:
    """Tell whether a machine wrote this; ``subject`` is the message's own, empty if it has none."""
    sender = message.author.email.strip()
    asks = "?" in text or bool(_PERSON.search(text))
    bounced = _BOUNCE_SUBJECT.match(subject) or not subject
    if (_DAEMON.search(sender) or _DAEMON.search(message.author.name)) or (
        bounced and not asks and _BOUNCE_BODY.search(text[:4000]) and _bounced(subject, text)
    ):
        return Reason("bounce", "A mail server reports that a mail was not delivered.")
    if message.author.role in (Role.BOT, Role.SYSTEM):
        return Reason("bot", "Another automation wrote this.")
    if _NO_REPLY.search(sender.partition("@")[0]):
        return Reason("bot", "It comes from an address that nobody reads.")
    if message.automatic or _automatic(subject, text, asks):
        return Reason("auto_reply", "It is an automatic reply; no person wrote it.")
    return None


def _bounced(subject: str, text: str) -> bool:
    # Without a subject only the words of a mail server itself count, at the very beginning.
    return bool(subject) or bool(_BOUNCE_OPENING.match(text))


def _automatic(subject: str, text: str, asks: bool) -> bool:
    if asks or subject.rstrip().endswith("?"):
        return False
    if _AUTO_SUBJECT.match(subject.strip()) or _AUTO_LINE.search(text[:1500]):
        return True
    return bool(_ABSENT.search(text[:600]) and _RETURN.search(text[:1500]))


def only_thanks(text: str) -> bool:
    """Tell whether a message only thanks or agrees, and asks nothing."""
    if not text.strip() or len(text) > 300:
        return False
    if not any(sign.isalnum() for sign in text):
        return any(ord(sign) > 0x2600 for sign in text) and "?" not in text
    if not _PRAISE.search(text) or _ASKS.search(_NO_MORE.sub("", text)):
        return False
    words = _WORDS.findall(_PRAISE.sub(" ", text).casefold().replace("\u2019", "'"))
    # Two words more may be a name; three begin to say something.
    return sum(word not in _FILLER for word in words) <= 2
