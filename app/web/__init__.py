"""The web process: takes webhooks in, and says whether all is well.

It imports no model, no vector store and no LangChain: it starts in a second and stays small.
"""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask

from app.logs import set_up_logs
from app.services import Services, open_services
from app.web.health import health
from app.web.webhooks import webhooks

# Zendesk, Freshdesk and Intercom all stay far below; what is larger is not a webhook.
LARGEST_BODY = 1 << 20


def create_app(services: Services | None = None) -> Flask:
    """Build the WSGI application; without services they are read from the environment."""
    if services is None:
        services = open_services(Path(os.environ.get("UNDERSTUDY_ENV_FILE", ".env")))
        set_up_logs(services.settings.log_level, services.settings.log_format)
    app = Flask("understudy", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.extensions["understudy"] = services
    app.register_blueprint(webhooks)
    app.register_blueprint(health)
    return app
