"""The audit: what is wrong with the team's knowledge, what it costs, and what to do about it."""
