"""When markets are open, and which trading date that is."""

from barrow.sessions.presets import load_session, session_names
from barrow.sessions.schedule import Schedule
from barrow.sessions.session import Session, SessionRule

__all__ = ["Schedule", "Session", "SessionRule", "load_session", "session_names"]
