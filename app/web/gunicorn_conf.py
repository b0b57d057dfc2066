"""How gunicorn serves the web process: ``gunicorn -c python:app.web.gunicorn_conf 'app.web:...'``.

``understudy run web`` calls it like that, with ``WEB_BIND`` and ``WEB_WORKERS`` from the settings.
Called by hand it listens on ``PORT`` (8000) of loopback: what faces the internet is a proxy that
speaks TLS. Any gunicorn option on the command line, or in ``GUNICORN_CMD_ARGS``, wins over this.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from app.logs import set_up_logs
from app.settings import read_environ

bind = os.environ.get("WEB_BIND") or f"127.0.0.1:{os.environ.get('PORT') or '8000'}"
proc_name = "understudy-web"

# Intake is verify, one row, an enqueue of at most 200 ms: two processes take over 1,000 a second,
# and one goes on while the other restarts. Threads, so that a slow disk or a slow sender holds up
# a thread, not the process.
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS") or 2)
threads = 4

# The helpdesks hang up after 5 to 12 seconds and send again: nothing takes 30 but a hung process.
timeout = 30
# On a stop, requests under way are finished. Longer than the ledger's own wait for a lock would
# only delay a restart: what was not acknowledged is sent again.
graceful_timeout = 10
keepalive = 5

# Each worker opens its own ledger and queue; connections do not survive a fork.
preload_app = False
# Heartbeats are writes to a file: on a busy disk they would block, and look like a hung worker.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - memory, not /tmp
# It would be a socket in the home folder of whoever runs us, for a tool that nobody uses here.
control_socket_disable = True

# Webhooks are in the ledger, each with its outcome; one line for each request would say it again.
accesslog = None
# Gunicorn's own messages go to the root logger, which ``app.logs`` sets up: one format for all.
_quiet = {"level": "WARNING", "handlers": [], "propagate": True}
logconfig_dict = {
    "root": {"level": "WARNING", "handlers": []},
    "loggers": {"gunicorn.error": _quiet, "gunicorn.access": _quiet},
}


def on_starting(_server: Any) -> None:
    """Set up the logs of the parent: it is the one who tells of workers that hang."""
    environ = read_environ(os.environ, Path(os.environ.get("UNDERSTUDY_ENV_FILE") or ".env"))
    styles: dict[str, Literal["json", "text"]] = {"json": "json", "text": "text"}
    set_up_logs(
        environ.get("LOG_LEVEL") or "info", styles.get(environ.get("LOG_FORMAT", ""), "auto")
    )
