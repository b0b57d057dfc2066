"""Every known pitfall of Freshdesk, and everything that nobody has verified, with its tests.

What is not verified is assumed by no code: its tests take the connector through it either way.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.connectors.named import named_tests

PITFALLS: Mapping[str, tuple[str, ...]] = {
    "trusting a webhook's fields or labels instead of reading the ticket": (
        "test_labels_and_text_in_the_body_are_not_believed",
        "test_the_pseudo_json_of_freshdesk_is_a_hint_only",
    ),
    "a body with a form's content type, or JSON that is broken": (
        "test_the_body_is_read_whatever_its_encoding_and_its_content_type",
        "test_a_spoilt_body_that_still_shows_its_ticket_is_told_with_it",
        "test_a_line_break_in_a_placeholders_text_is_let_pass",
        "test_any_text_in_a_placeholder_leaves_the_ticket_recoverable",
        "test_every_rendered_body_is_understood_as_it_is_posted",
    ),
    "survey feedback, automatic replies and forwards taken for what somebody wrote": (
        "test_who_wrote_and_who_may_read",
        "test_every_recorded_conversation_has_its_author_and_readers",
        "test_a_mark_where_others_can_write_is_nothing",
        "test_a_rating_is_nothing_that_waits_for_an_answer",
    ),
    "include=conversations, which ends after the tenth": (
        "test_conversations_are_read_page_by_page_after_the_ticket_and_never_included",
        "test_every_conversation_is_read_once",
    ),
    "tags of agents and rules overwritten": (
        "test_tags_are_read_right_before_they_are_written",
        "test_while_somebody_is_at_the_ticket_the_tags_are_not_believed_yet",
        "test_a_tag_of_ours_that_another_update_replaced_is_put_back",
        "test_a_tag_set_right_before_ours_and_lost_with_it_is_put_back",
        "test_an_update_of_others_in_the_very_moment_of_ours_is_told",
        "test_tags_are_looked_at_again_before_the_reply_goes_out",
    ),
    "a public note, or one that sends mail": (
        "test_the_note_comes_before_the_routing_which_is_one_update_of_what_changes",
        "test_a_note_that_customers_may_read_is_shouted_about",
        "test_nobody_is_notified_of_a_note_by_mail",
    ),
    "a wait that is shorter than Retry-After, and many workers that each wait for themselves": (
        "test_after_a_429_another_process_does_not_call",
        "test_freshdesks_headers_are_understood",
        "test_the_share_that_is_left_to_others_is_the_settings",
    ),
    "fields that are required before a status may be set": (
        "test_exactly_what_is_refused_is_left_out_and_told",
        "test_a_field_that_is_required_first_costs_the_status_and_nothing_else",
        "test_what_cannot_be_told_from_the_refusal_is_tried_key_by_key_tags_first",
        "test_where_all_is_refused_the_note_stands_and_each_is_told",
        "test_a_status_that_is_refused_after_the_reply_does_not_hide_that_it_is_sent",
    ),
    "merged, spam, deleted and archived tickets": (
        "test_statuses",
        "test_a_closed_ticket_is_not_even_tried",
        "test_a_ticket_that_is_closed_before_our_reply_gets_none",
        "test_an_archived_ticket_is_read_where_it_went_and_is_closed",
        "test_a_ticket_that_takes_no_more_is_refused_and_nothing_is_written",
    ),
    "ids beyond 32 bits, and tickets' ids that other accounts have, too": (
        "test_ids_beyond_32_bits_stay_whole",
        "test_an_id_is_digits_however_it_is_written",
        "test_a_body_that_speaks_of_another_account_is_refused",
        "test_two_accounts_do_not_see_each_other",
    ),
    "quoted history inside a text: its lines must survive, or nothing can cut it off": (
        "test_lines_are_kept_where_freshdesks_own_text_has_blanks",
    ),
    "the bot's own writes that fire rules, and come back": (
        "test_the_bots_own_writes_fire_no_rule",
        "test_our_note_is_known_again_in_the_next_reading",
        "test_our_own_writing_does_not_keep_it_going",
    ),
    "without updated_since only 30 days are listed": (
        "test_a_first_reading_starts_now_and_not_thirty_days_ago",
    ),
    "page 301 is refused": (
        "test_page_301_is_never_asked_for",
        "test_the_recorded_refusal_of_page_301_is_told_in_its_words",
        "test_more_tickets_of_one_second_than_freshdesk_shows_do_not_stop_the_rest",
        "test_a_listing_that_ignores_what_it_is_asked_ends",
    ),
    "a link to another host, and hosts that are not Freshdesk's": (
        "test_a_link_to_another_host_is_a_sign_and_never_followed",
        "test_a_wrong_setting_is_told_in_a_sentence",
        "test_nothing_is_read_from_elsewhere",
    ),
    "a Free plan has no API calls": (
        "test_a_plan_without_an_api_is_told_and_a_missing_header_is_not_held_against_it",
    ),
    "drafts, and folders not open to all, as answers": (
        "test_nested_folders_are_listed_and_what_is_hidden_stays_hidden",
        "test_a_folder_is_for_those_whom_its_visibility_says_and_never_public_in_doubt",
        "test_a_folder_inside_another_is_at_least_as_restricted",
        "test_what_is_not_published_is_nobodys_wherever_it_lies",
    ),
    "a folder for some companies, shown to others": (
        "test_a_folder_of_companies_lets_in_their_people_alone",
        "test_a_folder_of_companies_that_names_none_lets_nobody_in",
    ),
    "canned responses of one agent or group, sent to anybody": (
        "test_a_canned_response_of_one_agent_or_group_or_in_doubt_is_the_teams_alone",
        "test_without_an_admins_word_all_are_for_agents_alone",
    ),
    "canned responses are shown to admins only": (
        "test_to_a_plain_agents_key_there_are_none_and_that_is_no_error",
        "test_a_key_that_may_not_read_what_is_relied_on_is_an_error_never_a_short_list",
        "test_that_only_admins_keys_may_read_canned_responses_is_told",
    ),
    "a help centre of many folders eats the minute's calls": (
        "test_so_many_calls_does_a_reading_take",
        "test_a_folder_without_articles_costs_no_call",
    ),
    "a reply without an answer, sent again": (
        "test_a_reply_of_which_nobody_knows_is_never_sent_again_and_an_alarm_says_so",
        "test_a_lost_reply_is_found_by_author_and_words",
    ),
    "incoming, which any caller may set": (
        "test_a_connector_that_sets_incoming_is_found_out_by_its_author",
    ),
    "due times that are null for seconds": (
        "test_due_times_that_are_null_for_a_while_change_no_revision",
    ),
}

UNVERIFIED: Mapping[str, tuple[str, ...]] = {
    "when and how often a delivery is tried again": (
        "test_what_was_not_kept_is_asked_for_again",
        "test_a_second_reply_is_not_taken_for_the_first",
    ),
    "whether placeholders are escaped, and with what content type a body comes": (
        "test_any_text_in_a_placeholder_leaves_the_ticket_recoverable",
        "test_the_body_is_read_whatever_its_encoding_and_its_content_type",
        "test_what_is_pasted_is_understood_when_it_comes_back",
    ),
    "whether PUT replaces tags or adds them": (
        "test_our_own_tag_is_taken_away_with_the_rest",
        "test_where_tags_are_added_and_not_replaced_that_is_told",
    ),
    "whether rules fire on what the API changes": (
        "test_the_bots_own_writes_fire_no_rule",
        "test_that_our_own_note_moves_the_stamp_is_no_stir",
        "test_a_reply_that_makes_the_ticket_the_bots_is_taken_from_it_again",
    ),
    "whether portal replies are always incoming": ("test_who_wrote_and_who_may_read",),
    "what each include costs": ("test_of_a_ticket_only_the_requester_is_included",),
    "plans and limits since 2024": (
        "test_a_plan_without_an_api_is_told_and_a_missing_header_is_not_held_against_it",
        "test_freshdesks_headers_are_understood",
    ),
    "when tickets are archived": (
        "test_an_archived_ticket_is_read_where_it_went_and_is_closed",
        "test_a_missing_right_to_the_archive_does_not_hide_that_a_ticket_is_gone",
    ),
    "how long a file's address lives": (
        "test_a_file_that_is_gone_is_none",
        "test_an_address_that_is_signed_anew_changes_no_revision",
    ),
    "what a reply does to the status": ("test_whatever_a_reply_does_to_the_status_it_ends_well",),
    "whether a reply reaches a chat, or social media": (
        "test_what_is_not_known_to_arrive_is_doubted_in_a_sentence",
        "test_a_web_chat_gets_pieces_of_plain_text",
        "test_a_chat_that_refuses_pieces_gets_html",
    ),
    "whether ratings are an object or an array": (
        "test_ratings_are_an_object_or_an_array_and_the_default_question_counts",
    ),
    "how a rule that calls us is kept": (
        "test_a_rule_that_calls_us_already_is_kept_however_it_is_written_down",
        "test_rules_that_cannot_be_read_are_not_held_against_the_setup",
    ),
    "that status 2 means published": ("test_recorded_articles_are_drafts_and_not_public",),
    "what a folder without translations answers, and an article without one": (
        "test_without_translations_there_is_the_first_language",
        "test_what_is_not_translated_does_not_come_twice",
    ),
    "whether a plain agent may read the account's languages": (
        "test_without_translations_there_is_the_first_language",
        "test_the_languages_of_articles_are_told",
    ),
}


@pytest.mark.parametrize("what", [*PITFALLS, *UNVERIFIED])
def test_each_has_tests_and_they_are_there(what: str) -> None:
    named = {**PITFALLS, **UNVERIFIED}[what]
    assert named
    assert set(named) - named_tests("connectors") == set()


def test_no_pitfall_is_also_an_open_question() -> None:
    assert not PITFALLS.keys() & UNVERIFIED.keys()
