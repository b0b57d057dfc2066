"""What happens beside the talk: ratings, redactions, files with words in them, a team's fields."""

from __future__ import annotations

import json

from tests.connectors.sandbox.conftest import World
from tests.connectors.sandbox.test_control import messages

TICKET = "/sandbox/tickets/1"


def test_a_rating_is_kept_with_its_score_and_its_words(world: World) -> None:
    world.open_ticket()
    answer = world.client.post(f"{TICKET}/rating", json={"score": 0.75, "comment": "Quick!"})
    assert answer.status_code == 201
    ticket = world.sandbox.desk.ticket(1)
    assert ticket is not None
    (rating,) = ticket.ratings
    assert (rating.score, rating.comment) == (0.75, "Quick!")
    refused = world.client.post(f"{TICKET}/rating", json={"score": 3})
    assert refused.status_code == 400
    assert "score" in refused.text


def test_what_was_redacted_is_nowhere_any_more(world: World) -> None:
    world.open_ticket()
    said = messages(world)[0]
    answer = world.client.post(f"{TICKET}/redaction", json={"message": said["id"]})
    assert answer.status_code == 200
    (left,) = messages(world)
    assert set(left["text"].split()[0]) == {"\u2587"}
    ticket = world.sandbox.desk.ticket(1)
    assert ticket is not None
    assert ticket.messages[0].redacted
    refused = world.client.post(f"{TICKET}/redaction", json={"message": 5})
    assert refused.json == {"error": "Ticket 1 has no message 5."}


def test_a_redaction_is_announced_without_what_was_taken_out(world: World) -> None:
    world.open_ticket()
    said = messages(world)[0]
    world.client.post(f"{TICKET}/redaction", json={"message": said["id"]})
    told = [json.loads(each.body) for each in world.sandbox.couriers.deliveries()]
    assert told[-1]["type"] == "zen:event-type:ticket.comment_redacted"
    assert said["text"] not in json.dumps(told[-1])


def test_a_file_keeps_its_words_and_a_field_its_value(world: World) -> None:
    file = {"name": "error.log", "content_type": "text/plain", "content": "Error 42"}
    world.open_ticket(attachments=[file])
    ticket = world.sandbox.desk.ticket(1)
    assert ticket is not None
    (kept,) = ticket.messages[0].attachments
    assert (kept.content, kept.size) == ("Error 42", 8)
    world.client.post(f"{TICKET}/fields", json={"fields": {"cf_page": "https://acme.example/data"}})
    ticket = world.sandbox.desk.ticket(1)
    assert ticket is not None
    assert ticket.custom_fields["cf_page"] == "https://acme.example/data"
