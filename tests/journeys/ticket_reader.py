"""A process that reads a ticket whenever it is told to, as a job does: with a connector of its own.

``python -m tests.journeys.ticket_reader ACCOUNT TICKET``, built from the environment. It says
``ready``, then each line on standard input is one reading, answered by ``read`` when it is done.
"""

from __future__ import annotations

import sys

from app.services import open_services


def main(account: str, ticket_id: str) -> None:
    services = open_services(None)
    services.connector(account)  # what is imported late is, before anybody waits for it
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for _ in sys.stdin:
        services.let_go()
        services.connector(account).ticket(ticket_id)
        sys.stdout.write("read\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
