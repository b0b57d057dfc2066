"""Each pitfall of Intercom's, and what keeps it from happening: a table of tests that exist.

What nobody could find out about Intercom stands below: for each of those both ways are tried.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.connectors.named import named_tests

WHERE = ("connectors/intercom", "connectors/contract", "connectors/sandbox", "app/web")

PITFALLS: Mapping[str, tuple[str, ...]] = {
    "records of 2019 look quite different": (
        "test_the_shape_of_2019_names_its_conversation_still",
        "test_what_a_captured_notification_holds_can_be_mapped",
    ),
    "bodies are HTML or plain text, by version and endpoint": (
        "test_plain_text_stays_as_it_is",
        "test_html_is_kept_and_read_as_text_with_its_links",
        "test_it_is_recognised_as_html_and_as_plain_text",
        "test_a_notification_means_the_same_in_every_version",
    ),
    "a bot answers the echo of its own writing": (
        "test_topics_that_are_not_listed_are_passed_over",
        "test_our_own_note_bears_its_key",
        "test_a_reading_tells_what_was_written",
    ),
    "JSON that is written anew never verifies": (
        "test_json_that_was_written_anew_does_not_verify",
    ),
    "a ping has no id": (
        "test_a_ping_is_nothing_though_its_id_is_null",
        "test_it_is_word_for_word_one_that_was_captured",
    ),
    "saving the address sends a HEAD": ("test_the_address_can_be_looked_at_before_it_is_saved",),
    "five seconds, and one more attempt": (
        "test_what_is_announced_is_kept_before_it_is_acknowledged",
        "test_every_change_is_handed_out_once_whatever_the_pages",
        "test_a_second_attempt_has_the_first_ones_key_whether_its_id_survives_or_not",
    ),
    "the service and its description differ": (
        "test_ids_are_numbers_or_text",
        "test_nobody_is_assigned_however_that_is_said",
        "test_any_answer_is_mapped_or_called_nonsense",
        "test_every_thread_in_the_examples_is_read",
    ),
    "410 ends the subscription, 429 loses notifications": (
        "test_a_store_that_is_down_asks_for_another_attempt_without_ending_the_subscription",
    ),
    "a rating's time is not when it was asked for": (
        "test_a_rating_is_told_with_its_remark_its_time_and_whom_it_is_about",
    ),
    "of long threads the beginning is missing": (
        "test_what_is_missing_of_a_long_thread_is_said",
        "test_a_long_conversation_is_whole_or_says_that_it_is_cut",
    ),
    "a draft that somebody has overtaken": (
        "test_a_reply_is_held_back_where_somebody_wrote_in_between",
        "test_a_reply_is_held_back_where_somebody_put_the_thread_aside",
        "test_who_wrote_since_a_broken_attempt_is_not_talked_over_by_the_next",
        "test_but_not_where_somebody_did_anything_since",
    ),
    "who answers a closed thread comes as a part of type open": (
        "test_text_counts_whatever_the_type_of_its_part",
        "test_a_conversation_is_its_source_and_every_part_with_something_in_it",
    ),
    "a search for contacts lags by minutes": (
        # None is made: the contact is read by its id.
        "test_a_conversation_is_read_with_its_contact_company_and_team",
    ),
    "an empty secret verifies anything": ("test_an_empty_secret_verifies_nothing",),
    "one address gets the notifications of every workspace": (
        "test_another_workspaces_notification_is_refused",
    ),
    "what a bot replies to a mail is never sent": (
        "test_a_mail_is_doubted_since_intercom_stores_replies_of_bots_unsent",
        "test_a_mail_that_a_bot_answered_is_told_to_be_unsent",
        "test_a_teammate_whose_mails_are_not_sent_is_found_out",
    ),
    "Operator can come as a teammate": (
        "test_operator_is_known_by_its_address",
        "test_people_and_automation_are_told_apart",
    ),
    "there is no priority that an app can set": ("test_a_priority_is_told_to_be_out_of_reach",),
    "tickets do not tell their tags": (
        "test_a_tag_that_a_person_may_have_taken_off_is_put_on_again",
        "test_our_own_tag_is_taken_from_a_ticket_without_looking",
    ),
    "a ticket's number in the inbox is not its id": ("test_the_id_is_not_the_number_in_the_inbox",),
    "no key makes a call idempotent": (
        "test_a_reply_that_may_be_out_is_never_sent_again",
        "test_again_waits_for_what_may_still_come",
    ),
    "addresses of files are signed anew in each answer": (
        "test_addresses_that_are_signed_anew_are_no_change",
    ),
    "without the right to read contacts nothing was read": (
        "test_a_missing_right_to_contacts_leaves_the_thread_readable",
        "test_one_missing_right_is_told_and_the_rest_still_looked_at",
    ),
    "a note whose status was broken off": ("test_the_repetition_sets_the_status",),
    "search results have no parts, and sort is no option": (
        "test_the_search_overlaps_and_does_not_trust_what_greater_means",
        "test_a_conversation_is_told_by_its_statistics",
    ),
    "a cursor that comes back": (
        "test_a_cursor_that_comes_back_is_not_followed_for_ever",
        "test_a_listing_without_end_ends",
    ),
    "the reset of the limit is a moment": (
        "test_a_limit_is_waited_out_until_its_reset",
        "test_so_much_of_the_limit_is_left_to_others_as_one_says",
    ),
    "two version knobs": ("test_the_version_is_pinned_on_every_call_and_the_token_is_a_bearer",),
    "drafts and internal articles": (
        "test_drafts_are_not_public_and_published_articles_are",
        "test_what_is_not_published_is_nobodys",
        "test_internal_articles_come_last_and_are_for_the_team_alone",
        "test_an_internal_article_is_internal_and_has_an_id_of_its_own",
    ),
    "who may read an article is told from 2.16 only, and of rules not whom they let in": (
        "test_who_may_read_an_article_is_asked_for_whatever_version_is_set",
        "test_only_what_everybody_may_read_for_sure_is_public",
        "test_articles_that_do_not_say_who_may_read_them_are_told",
    ),
    "a lead, or a mail in a user's name, taken for that user": (
        "test_a_user_who_writes_by_the_messenger_has_proved_who_they_are_and_a_lead_or_mail_has_not",
        "test_where_intercom_does_not_check_who_signs_in_nobody_has_proved_it",
    ),
    "articles come newest change first, and move while they are listed": (
        "test_an_article_that_jumped_to_the_front_meanwhile_is_not_taken_for_gone",
        "test_no_page_is_read_behind_the_first_older_change",
    ),
    "an article's stamp is that of its default language": (
        "test_a_language_that_changed_alone_is_found_beside_what_is_looked_at",
    ),
    "of thirty macros and more the texts are left out": (
        "test_so_few_are_asked_for_at_once_that_their_texts_come_along",
        "test_a_text_that_the_listing_leaves_out_is_read_by_itself",
    ),
    "macros of some teams, and placeholders that are XML": (
        "test_a_macro_for_some_teams_or_in_doubt_is_the_teams_alone",
        "test_placeholders_are_known_for_what_they_are",
    ),
    "a team's own tickets": ("test_the_teams_own_tickets_are_passed_over",),
}

UNVERIFIED: Mapping[str, tuple[str, ...]] = {
    "whether a second attempt keeps its id": (
        "test_a_second_attempt_has_the_first_ones_key_whether_its_id_survives_or_not",
    ),
    "whether an app's own note is announced, and what app_package_code holds": (
        "test_an_apps_own_note_is_announced_unless_it_shall_not",
        "test_a_person_who_shares_it_is_told_and_called_wrong_only_if_that_is_sure",
    ),
    "the format of bodies in notifications of tickets": (
        "test_a_notification_says_what_happened_to_which_thread",
    ),
    "a notification of a new conversation in the later format": (
        "test_a_notification_means_the_same_in_every_version",
    ),
    "whether searches have a lower limit": (
        "test_too_many_calls_is_rate_limited_for_as_long_as_the_vendor_says",
    ),
    "how exact updated_at is in a search, and how far its index lags": (
        "test_what_the_index_showed_late_is_found",
        "test_more_than_a_page_of_equal_times_is_listed_and_every_page_can_be_resumed",
    ),
    "what a note or a reply does to a closed or snoozed thread": (
        "test_what_is_handed_over_is_opened",
        "test_what_opened_by_being_assigned_is_not_opened_again",
        "test_a_closed_or_snoozed_thread_takes_a_note",
    ),
    "how long the address of a file is good for": (
        "test_an_address_that_has_expired_is_as_good_as_no_file",
    ),
    "whether to take away a tag that is gone is a fault": (
        "test_what_somebody_took_away_meanwhile_is_no_fault",
    ),
    "what is in the place of what was redacted": (
        "test_what_was_redacted_is_still_a_turn_but_says_nothing",
    ),
    "whether GREATER includes equal": (
        "test_the_search_overlaps_and_does_not_trust_what_greater_means",
    ),
}


@pytest.mark.parametrize("what", [*PITFALLS, *UNVERIFIED])
def test_every_pitfall_has_tests_and_they_exist(what: str) -> None:
    named = {**PITFALLS, **UNVERIFIED}[what]
    assert named
    assert set(named) <= named_tests(*WHERE), set(named) - named_tests(*WHERE)
