"""A stand-in for a worker that forks for every job, as RQ's does: each line it reads is a job.

A job lists what changed in the helpdesk. Arguments: the broker's URL and a data folder; the
helpdesk's settings come from the environment.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from app.services import Services
from app.settings import Settings

HELPDESK = "zendesk"


def main(broker_url: str, folder: str) -> None:
    settings = Settings(helpdesks=(HELPDESK,), redis_url=broker_url, data_dir=Path(folder))
    services = Services(settings, os.environ)
    services.connector(HELPDESK)
    services.let_go()
    say("ready")
    for _ in sys.stdin:
        pid = os.fork()
        if not pid:
            work(services)
        _, status = os.waitpid(pid, 0)
        say("failed" if status else "done")


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def work(services: Services) -> None:
    """Do the job and end this process."""
    status = 1
    try:
        list(services.connector(HELPDESK).changed(None))
        status = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(status)


if __name__ == "__main__":
    main(*sys.argv[1:])
