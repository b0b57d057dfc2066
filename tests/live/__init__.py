"""Tests against a real account of a helpdesk: opt-in, on a test account alone.

    UNDERSTUDY_LIVE=zendesk UNDERSTUDY_LIVE_CONFIRM=acme-test.zendesk.com \\
        .venv/bin/python -m pytest --tier live -s

``UNDERSTUDY_LIVE`` names account keys (``zendesk-test,intercom``), whose usual variables must be
set. ``UNDERSTUDY_LIVE_CONFIRM`` must repeat what they lead to, so that no production account is
written to by mistake: the host, or Intercom's workspace id, since all of them share a host.
"""
