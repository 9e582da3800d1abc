"""Where a driver was while he had an order: a thinned line of places, kept for a time and no longer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key


class DriverWay(Base):
    """One place (degrees, WGS 84) where the driver of an order was at a moment, as his phone said."""

    __tablename__ = "driver_way"
    __table_args__ = (Index("ix_driver_way_order", "order_id", "at"), Index("ix_driver_way_at", "at"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"))
    driver_id: Mapped[int] = mapped_column(ForeignKey("driver.id"))
    at: Mapped[datetime]
    lat: Mapped[float]
    lon: Mapped[float]
