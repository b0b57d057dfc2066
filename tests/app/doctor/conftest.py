"""The web process' tests have an office; who examines it uses the same."""

from tests.app.web.conftest import office

__all__ = ["office"]
