"""FastAPI the usual way: pydantic models in and out, SQLAlchemy's asynchronous ORM, one session per request."""

import json
import os
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(
    f"postgresql+asyncpg://postgres@/{os.environ['PEER_DATABASE_NAME']}?host={os.environ['PEER_DATABASE_HOST']}",
    pool_size=16,
)
sessions = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


def new_id() -> str:
    """A fresh id as text."""
    return str(uuid.uuid4())


def now() -> str:
    """This instant in ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")[:23] + "Z"


class Base(DeclarativeBase):
    """Mapped classes of this peer."""


class Product(Base):
    """The floor's product table."""

    __tablename__ = "products"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    title: Mapped[str]
    description: Mapped[str]
    type: Mapped[str]
    condition: Mapped[str]
    price: Mapped[float | None]
    currency: Mapped[str]
    category_id: Mapped[str]
    subcategory_id: Mapped[str]
    seller_id: Mapped[str]
    shipping: Mapped[float]
    shipping_currency: Mapped[str]
    shipping_method: Mapped[str]
    media_asset_ids: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)
    record_version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[str] = mapped_column(default=now)
    updated_at: Mapped[str] = mapped_column(default=now)


class Event(Base):
    """The floor's outbox table."""

    __tablename__ = "outbox"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    topic: Mapped[str]
    payload: Mapped[str]
    created_at: Mapped[str] = mapped_column(default=now)


class NewProduct(BaseModel):
    """What a client sends."""

    title: str = Field(max_length=255)
    description: str
    type: Literal["FIXED", "AUCTION"]
    condition: Literal["BRAND_NEW", "NEW", "USED"]
    price: float | None = None
    currency: str = Field(max_length=3)
    category_id: str
    subcategory_id: str
    seller_id: str
    shipping: float
    shipping_currency: str
    shipping_method: str
    media_asset_ids: list[str]


class ProductOut(NewProduct):
    """What a client gets."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    is_active: bool
    record_version: int
    created_at: str
    updated_at: str

    @field_validator("media_asset_ids", mode="before")
    @classmethod
    def parse_ids(cls, value: object) -> object:
        """The list behind the stored text."""
        return json.loads(value) if isinstance(value, str) else value


async def session() -> AsyncIterator[AsyncSession]:
    """One session per request."""
    async with sessions() as opened:
        yield opened


Opened = Annotated[AsyncSession, Depends(session)]


@app.get("/products")
async def list_products(opened: Opened) -> list[ProductOut]:
    """The first 25 by id."""
    found = await opened.scalars(select(Product).where(Product.is_active).order_by(Product.id).limit(25))
    return [ProductOut.model_validate(product) for product in found]


@app.get("/products/{product_id}")
async def get_product(product_id: str, opened: Opened) -> ProductOut:
    """One product by id."""
    product = await opened.scalar(select(Product).where(Product.id == product_id, Product.is_active))
    if product is None:
        raise HTTPException(404)
    return ProductOut.model_validate(product)


@app.post("/products", status_code=201)
async def create_product(body: NewProduct, opened: Opened) -> ProductOut:
    """The row and its event in one transaction."""
    product = Product(**body.model_dump(exclude={"media_asset_ids"}), media_asset_ids=json.dumps(body.media_asset_ids))
    async with opened.begin():
        opened.add(product)
        await opened.flush()
        answer = ProductOut.model_validate(product)
        opened.add(Event(topic="product-created", payload=answer.model_dump_json()))
    return answer
