"""Understudy: drafts, replies and handoffs inside the helpdesk a team already has."""
