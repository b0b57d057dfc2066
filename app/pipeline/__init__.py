"""Pure steps from a ticket to a change: clean, triage, retrieve, compose, guard, decide, render."""
