"""Subscriptions and what is owed to them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from tracker.model.choices import choice


class Channel(StrEnum):
    OUTBOX = "outbox"
    EMAIL = "email"
    WEBHOOK = "webhook"
    APPRISE = "apprise"
    ATOM = "atom"


class Cadence(StrEnum):
    INSTANT = "instant"
    DAILY = "daily"
    WEEKLY = "weekly"


class SubscriptionState(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    MUTED = "muted"
    ENDED = "ended"


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DUE = "due"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


class Subscription(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    channel: Channel = Field(sa_type=choice(Channel))
    target: str = ""  # address, URL; a secret for some channels
    cadence: Cadence = Field(default=Cadence.INSTANT, sa_type=choice(Cadence))
    timezone: str = "UTC"
    rule: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    state: SubscriptionState = Field(
        default=SubscriptionState.ACTIVE, sa_type=choice(SubscriptionState)
    )
    token: str = Field(unique=True)
    created_at: datetime
    asked_at: datetime | None = None  # when the address was asked whether it wants this
    confirmed_at: datetime | None = None  # when it said so
    noted_at: datetime | None = None  # when it was last told that all is quiet


class Delivery(SQLModel, table=True):
    __table_args__ = (
        UniqueConstraint("subscription_id", "change_id"),
        Index("ix_delivery_state_next", "state", "next_try_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    subscription_id: int = Field(foreign_key="subscription.id")
    change_id: int = Field(foreign_key="change.id")
    message_id: str = Field(
        index=True
    )  # stable for (change, subscription): a repeat is the same message
    state: DeliveryState = Field(default=DeliveryState.WAITING, sa_type=choice(DeliveryState))
    attempts: int = 0
    next_try_at: datetime | None = None
    scheduled_at: datetime | None = None  # when it got its message id
    sent_at: datetime | None = None
    error: str = ""
