"""A helpdesk one can run: it serves a vendor's API, sends its webhooks and fails on request.

``helpdesk`` keeps the state and knows no vendor, ``facade`` says what a vendor's folder adds,
``couriers`` delivers webhooks, ``faults`` misbehaves, ``control`` and ``inbox`` are for people
and tests. Run it with ``python -m connectors.sandbox``; it listens on loopback only.
"""
