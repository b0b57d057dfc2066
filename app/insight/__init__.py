"""Figures: what a helpdesk's tickets come to, and how that changes. Pure."""
