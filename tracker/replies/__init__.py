"""Asking institutions, and what they say: the deeds of people, each checked, logged, and told to whom it concerns.

Source: design, decisions 9 and 11.
"""

from tracker.replies.answers import decide, enter, reply_named
from tracker.replies.checks import ReplyError
from tracker.replies.corrections import Corrected, correct
from tracker.replies.notices import AGAINST, Draft, ask, draft, due_for_notice, log_notice, withdraw

__all__ = [
    "AGAINST",
    "Corrected",
    "Draft",
    "ReplyError",
    "ask",
    "correct",
    "decide",
    "draft",
    "due_for_notice",
    "enter",
    "log_notice",
    "reply_named",
    "withdraw",
]
