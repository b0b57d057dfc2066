"""Every known pitfall of Zendesk, and everything that nobody has verified, with its tests.

``PITFALLS`` and ``UNVERIFIED`` map each to the names of the tests that take the connector through
it; what is not verified is assumed by no code, so its tests go either way.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.connectors.named import named_tests

PITFALLS: Mapping[str, tuple[str, ...]] = {
    # Logging in
    "a set-up with API tokens only: new customers cannot have any": (
        "test_either_way_of_logging_in_will_do",
        "test_a_token_is_asked_for_with_json_and_one_scope_string",
        "test_an_api_token_is_told_to_have_an_end",
    ),
    "a token for each worker, or two refreshed at once": (
        "test_many_processes_use_one_token",
        "test_a_token_refused_to_two_is_renewed_once",
    ),
    "credentials sent to the hosts of files, or to another one's": (
        "test_a_file_is_read_at_home_with_our_credentials_and_elsewhere_without",
        "test_a_redirect_to_the_vendors_host_takes_no_credentials_along",
        "test_whatever_the_address_credentials_go_home_only",
        "test_credentials_go_to_the_accounts_own_origin_only",
    ),
    "users/me, which answers 200 to nobody": (
        "test_another_ones_is_not",
        "test_one_that_cannot_do_the_work_is_found_out",
    ),
    # Webhooks
    "a secret that is decoded, JSON that is written anew, a freshness by the event's time": (
        "test_the_secret_is_used_as_text_though_it_looks_like_base64",
        "test_every_public_vector_is_verified_and_understood",
        "test_an_event_delivered_late_is_still_fresh_by_its_attempt",
        "test_an_old_or_future_delivery_is_a_replay",
    ),
    "an empty secret, or the public one of tests": (
        "test_without_a_secret_of_ours_everything_is_refused",
        "test_the_test_secret_will_do_on_loopback",
    ),
    "an account header that is not signed": (
        "test_the_unsigned_account_header_must_agree_with_the_signed_body",
        "test_a_webhook_of_another_account_is_refused",
    ),
    "500 while the queue is down, which is not tried again": (
        "test_a_full_queue_is_answered_with_the_status_that_zendesk_retries",
    ),
    "a trigger without a body, or with one that an admin typed": (
        "test_a_delivery_without_a_body_signs_the_timestamp_alone",
        "test_a_broken_body_still_tells_which_ticket_to_look_at",
        "test_with_nothing_to_go_by_a_second_announcement_is_not_swallowed",
    ),
    "a delivery that comes twice, or under another id": (
        "test_an_event_is_known_by_its_signed_id_over_all_attempts",
        "test_a_trigger_is_known_by_its_invocation_over_all_attempts",
    ),
    "a bot that hears itself": (
        "test_events_say_what_happened_to_which_ticket_and_who_did_it",
        "test_none_runs_for_what_the_bot_did",
        "test_our_own_writing_does_not_keep_it_going",
    ),
    "statuses compared with their case, ids that are strings here and numbers there": (
        "test_a_status_is_read_whatever_its_case",
        "test_an_absent_id_is_none_and_the_subject_tells_the_ticket",
        "test_a_priority_may_be_missing_or_in_capitals",
    ),
    "kinds of events that are invented tomorrow": (
        "test_events_that_we_do_not_know_are_passed_over",
    ),
    "webhooks trusted alone: they may be lost": (
        "test_every_change_is_listed",
        "test_deleted_and_ai_handled_tickets_are_listed_too",
    ),
    "an event's detail taken for the present state": (
        "test_an_event_delivered_late_is_still_fresh_by_its_attempt",
        "test_events_that_change_a_ticket_are_announced_as_changes",
    ),
    # Reading
    "links.next followed until it is null, and the cursor of an empty page dropped": (
        "test_comments_end_where_has_more_is_false_though_a_next_link_is_given",
        "test_groups_end_where_has_more_is_false_though_a_next_link_is_given",
        "test_an_empty_page_still_hands_out_its_cursor",
    ),
    "the first page of comments taken for all": (
        "test_a_ticket_is_read_with_all_pages_of_its_comments",
        "test_every_comment_of_every_page_is_read_once",
    ),
    "an export that never ends": (
        "test_an_export_that_does_not_advance_is_given_up_not_repeated",
        "test_an_export_that_does_not_move_on_is_given_up",
        "test_more_than_a_page_of_equal_times_is_listed_and_every_page_can_be_resumed",
    ),
    "support_type_scope, which leaves out what an AI agent handles": (
        "test_deleted_and_ai_handled_tickets_are_listed_too",
        "test_figures_are_asked_for_from_the_day_and_ai_handled_tickets_too",
    ),
    "learning from private notes, from triggers, or from the bot itself": (
        "test_roles_follow_the_author_and_automation_is_told_apart",
        "test_what_nobody_typed_is_automatic",
        "test_zendesks_own_bots_are_bots",
        "test_what_is_ours_is_told_by_its_mark_and_never_by_its_author",
        "test_whether_a_comment_is_public_is_never_guessed",
    ),
    "copies kept of what was taken out": (
        "test_words_that_were_taken_out_are_noticed",
        "test_a_file_that_was_taken_out_is_noticed",
        "test_what_was_taken_out_of_a_chat_is_noticed",
        "test_events_that_change_a_ticket_are_announced_as_changes",
    ),
    "malicious files": ("test_a_malicious_or_deleted_file_is_never_fetched",),
    "a chat, which is not among the comments until it is posted, if ever": (
        "test_a_chats_log_is_read_to_its_end",
        "test_a_log_that_we_may_not_read_is_a_cut_history",
        "test_a_posted_transcript_that_says_nothing_new_is_left_out",
        "test_no_message_of_the_log_is_lost_or_doubled",
    ),
    "no property that tells the customer's page": (
        "test_the_page_is_the_field_that_the_team_names",
        "test_a_conversations_opening_tells_the_page",
        "test_what_a_customer_types_is_no_opening",
    ),
    "statuses of the team's own, whose status is only the category": (
        "test_a_status_of_the_teams_own_is_named_and_its_category_is_the_status",
    ),
    # The help centre
    "drafts, which admins are listed like all others, and bodies that are null": (
        "test_a_draft_is_unpublished_whoever_may_read_it_later",
        "test_what_does_not_say_that_it_is_published_is_not",
        "test_a_body_may_be_null",
    ),
    "articles for some: one user segment or several, and a role that may not read them": (
        "test_whom_it_is_for_is_told_by_one_segment_or_several",
        "test_a_segment_is_an_audience",
        "test_of_several_segments_any_lets_somebody_in",
        "test_nobody_is_let_in_whom_zendesk_keeps_out",
        "test_a_segment_that_cannot_be_read_lets_nobody_in",
        "test_without_a_right_to_read_segments_restricted_articles_are_nobodys",
    ),
    "a flag of outdated articles that is always false": (
        "test_what_the_team_marked_as_outdated_is",
    ),
    "deletions, which show by a whole listing only": (
        "test_what_is_deleted_is_not_listed_any_more",
        "test_a_failing_listing_is_an_error_never_a_short_list",
    ),
    "changed articles listed in one language, by pages that may lead nowhere": (
        "test_other_languages_are_read_article_by_article",
        "test_pages_overlap_by_a_second_and_nothing_comes_twice",
        "test_a_page_that_leads_nowhere_is_followed_by_everything",
        "test_where_nothing_changed_there_is_no_next_page",
    ),
    "sections in sections, of which an article names the innermost": (
        "test_the_way_to_it_is_category_then_sections",
        "test_the_way_to_an_article_is_told_outermost_first",
    ),
    "macros of one agent, which admins are listed, and those that write notes": (
        "test_one_agents_or_one_groups_is_internal",
        "test_a_comment_that_is_a_note_is_internal",
        "test_one_that_writes_nothing_is_left_out",
    ),
    "a webhook of triggers, which know of no article": (
        "test_it_is_made_where_the_other_one_is_not_told_of_articles",
        "test_articles_are_announced_in_every_kind_of_account",
    ),
    "two kinds of ratings, of which an account has one": (
        "test_good_and_bad_are_one_and_nothing",
        "test_a_rating_that_was_not_given_is_none",
        "test_a_survey_is_read_as_a_share_of_its_scale",
        "test_without_surveys_there_are_none",
    ),
    # Writing
    "public left out, which means public": (
        "test_who_may_read_a_comment_is_always_said",
        "test_a_note_that_customers_may_read_is_shouted_about",
    ),
    "a PUT that is sent again without looking for the mark": (
        "test_a_write_is_never_repeated_by_itself",
        "test_again_looks_into_the_audits_too",
        "test_what_bears_the_key_is_not_written_again",
    ),
    "tags that are written blindly": (
        "test_tags_are_added_and_none_is_ever_taken_away",
        "test_only_our_own_tags_are_taken_away",
        "test_every_write_is_guarded_by_the_stamp_as_it_came",
    ),
    "closed, which cannot be set, and closed tickets": (
        "test_a_status_that_zendesk_would_not_take_is_refused_at_once",
        "test_a_ticket_that_was_closed_meanwhile_takes_nothing",
        "test_a_ticket_that_goes_on_in_another_is_gone",
    ),
    "fields that are required before a ticket is solved": (
        "test_a_field_that_is_required_to_solve_costs_the_status_only",
        "test_exactly_what_was_refused_is_left_out",
    ),
    "the audits of an archived ticket, which are not paged": (
        "test_audits_that_come_in_one_piece_are_read_as_one",
    ),
    "keys that are ignored with a 200": (
        "test_what_zendesk_did_not_keep_is_said",
        "test_what_we_write_fits_the_official_description_and_uses_known_keys_only",
        "test_an_update_relies_on_nothing_that_only_other_calls_have",
    ),
    "a text that is cut without a word": ("test_a_text_that_zendesk_would_cut_is_refused",),
    "a customer's words that become a placeholder": (
        "test_what_a_customer_wrote_never_becomes_a_placeholder",
        "test_what_we_wrote_reads_as_it_was",
    ),
    "many notes: 30 updates of a ticket in ten minutes, and each runs every trigger": (
        "test_a_tickets_limit_is_waited_for_as_long_as_its_header_says",
        "test_a_ticket_with_too_many_updates_waits_alone",
        "test_a_draft_with_all_its_routing_is_one_guarded_update",
    ),
    "limits of some calls that stop all others, and headers in several spellings": (
        "test_a_refusal_stops_what_its_limit_is_about",
        "test_an_export_that_is_refused_does_not_stop_the_reading_of_tickets",
        "test_the_budget_is_read_in_every_spelling",
    ),
    "a stamp of whole seconds": (
        "test_a_change_within_the_stamps_own_second_gets_into_the_reading",
        "test_a_customer_who_writes_in_between_is_not_talked_over",
    ),
    # zenpy
    "zenpy's retries, its sleep on a 429, its cache": (
        "test_a_write_that_times_out_is_not_sent_again",
        "test_a_rate_limit_is_raised_before_zenpy_can_sleep_on_it",
        "test_nothing_is_kept_in_zenpys_cache",
    ),
    "zenpy's objects: sent bare after a 409, dates without their time, no null": (
        "test_after_a_conflict_and_another_read_the_note_is_sent_whole",
        "test_the_revision_is_the_stamp_exactly_as_zendesk_wrote_it",
        "test_the_bots_own_ticket_is_released_in_the_same_update",
    ),
}

UNVERIFIED: Mapping[str, tuple[str, ...]] = {
    "how and how often a delivery is tried again": (
        "test_a_second_attempt_has_the_key_of_the_first",
        "test_the_status_for_trying_again_makes_this_vendor_try_again",
    ),
    "what a 409 calls itself": ("test_a_409_is_a_conflict_whatever_it_is_called",),
    "how a public comment reaches who waits in a chat": (
        "test_in_a_chat_it_is_doubted_that_a_reply_arrives",
        "test_in_a_mail_it_is_not",
        "test_what_zendesk_calls_messaging_is_doubted_whatever_its_channel",
    ),
    'whether "" or "0" stands for no id': (
        "test_an_absent_id_is_none_and_the_subject_tells_the_ticket",
    ),
    "how audits spell redactions and surveys": (
        "test_what_audits_tell_of_redactions_and_surveys_breaks_nothing",
    ),
    "idempotency keys and additional_tags on one ticket's update": (
        "test_an_update_relies_on_nothing_that_only_other_calls_have",
    ),
    "which user a token of client credentials acts as": (
        "test_who_we_are_is_asked_once_and_only_where_it_matters",
        "test_in_a_good_account_nothing_is_wrong_and_nothing_is_written",
    ),
    "whether a role below an admin's will do for the exports": (
        "test_admins_and_full_agents_will_do",
        "test_what_fails_says_why_and_what_to_do",
    ),
    "where figures of exported tickets stand": (
        "test_a_tickets_figures_stand_beside_it_or_in_it",
        "test_a_chats_first_reply_is_told_in_seconds",
    ),
    "what an answered survey looks like": (
        "test_every_kind_of_scale_is_understood",
        "test_another_tickets_survey_is_left_out",
    ),
    "what is told of the account when a narrower limit refuses": (
        "test_a_refusal_stops_what_its_limit_is_about",
    ),
    "how an entry of a chat's log is written down": (
        "test_every_kind_of_content_is_read",
        "test_an_entry_that_says_nothing_is_passed_over",
        "test_an_answer_that_is_in_both_is_told_once_and_keeps_its_mark",
    ),
    "whether a chat's message moves the ticket's stamp": (
        "test_a_chats_next_message_changes_it_though_the_stamp_stays",
        "test_the_stamp_alone_guards_a_write",
    ),
    "what a chat's event names": ("test_a_chats_message_says_who_wrote",),
    "whether one webhook is told of tickets and of articles": (
        "test_names_of_events_that_an_account_does_not_know_cost_only_those",
        "test_it_is_made_where_the_other_one_is_not_told_of_articles",
    ),
    "whether archiving or editing an article is announced, and by which name": (
        "test_what_may_change_an_article_is_announced_without_a_ticket",
        "test_what_changed_is_listed_as_it_is_now",
        "test_what_is_deleted_is_not_listed_any_more",
    ),
    "whom a segment lets in that only names people": ("test_a_segment_is_an_audience",),
    "where a macro's comment goes that does not say": (
        "test_a_macro_is_a_reply_below_the_first_parts_of_its_title",
    ),
}


@pytest.mark.parametrize("what", [*PITFALLS, *UNVERIFIED])
def test_each_has_tests_and_they_are_there(what: str) -> None:
    named = {**PITFALLS, **UNVERIFIED}[what]
    assert named
    assert set(named) - named_tests("connectors") == set()


def test_no_pitfall_is_also_an_open_question() -> None:
    assert not PITFALLS.keys() & UNVERIFIED.keys()
