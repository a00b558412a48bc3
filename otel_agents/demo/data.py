"""The demo's database: a year of sales and support of a small shop, the same numbers every time."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, region TEXT, plan TEXT, since TEXT);
CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, category TEXT, price REAL);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers, product_id INTEGER
  REFERENCES products, quantity INTEGER, amount REAL, ordered_at TEXT);
CREATE TABLE tickets (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers, subject TEXT, priority TEXT,
  opened_at TEXT, closed_at TEXT, rating INTEGER);
"""

REGIONS = ("EMEA", "APAC", "Americas")
PLANS = ("free", "team", "business")
PRIORITIES = {"urgent": 4, "high": 12, "normal": 30, "low": 72}  # hours until such a ticket is usually closed
SUBJECTS = ("late delivery", "wrong invoice", "damaged parcel", "login fails", "how do I return this?")
CATALOGUE = {
    "coffee": ("Kenya AA", "Sidamo", "House Blend", "Decaf", "Cold Brew", "Espresso Roast"),
    "tea": ("Sencha", "Earl Grey", "Rooibos", "Oolong", "Assam", "Mint"),
    "gear": ("Hand Grinder", "Pour-over Set", "Gooseneck Kettle", "Scale", "Moka Pot", "Tea Pot"),
    "gifts": ("Sampler", "Gift Card", "Mug Pair", "Tasting Class", "Advent Box", "Subscription"),
}
CUSTOMERS, ORDERS, TICKETS = 400, 6_000, 1_500
YEAR = datetime(2025, 1, 1)  # noqa: DTZ001 - SQLite keeps local times as text


def create(path: Path, *, seed: int = 7) -> Path:
    """Write the database to a new file and return its path."""
    rng = random.Random(seed)
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(SCHEMA)
        db.executemany("INSERT INTO customers VALUES (?, ?, ?, ?, ?)", _customers(rng))
        prices = {}
        for number, (category, name) in enumerate(((c, n) for c, names in CATALOGUE.items() for n in names), start=1):
            prices[number] = round(rng.uniform(6, 90), 2)
            db.execute("INSERT INTO products VALUES (?, ?, ?, ?)", (number, name, category, prices[number]))
        db.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?)", _orders(rng, prices))
        db.executemany("INSERT INTO tickets VALUES (?, ?, ?, ?, ?, ?, ?)", _tickets(rng))
    return path


def _customers(rng: random.Random) -> list[tuple[object, ...]]:
    regions = rng.choices(REGIONS, weights=(5, 2, 4), k=CUSTOMERS)
    plans = rng.choices(PLANS, weights=(6, 3, 1), k=CUSTOMERS)
    return [
        (number, f"Customer {number:03}", regions[number - 1], plans[number - 1], _day(rng))
        for number in range(1, CUSTOMERS + 1)
    ]


def _orders(rng: random.Random, prices: dict[int, float]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for number in range(1, ORDERS + 1):
        product, quantity = rng.choice(list(prices)), rng.randint(1, 6)
        amount = round(prices[product] * quantity, 2)
        rows.append((number, rng.randint(1, CUSTOMERS), product, quantity, amount, _day(rng)))
    return rows


def _tickets(rng: random.Random) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for number in range(1, TICKETS + 1):
        priority = rng.choices(list(PRIORITIES), weights=(1, 2, 5, 2))[0]
        opened = YEAR + timedelta(minutes=rng.randrange(365 * 24 * 60))
        hours = rng.expovariate(1 / PRIORITIES[priority])
        open_still = rng.random() < 0.08
        closed = None if open_still else str(opened + timedelta(seconds=int(hours * 3600)))
        rating = None if open_still else max(1, min(5, round(rng.gauss(4.2 - hours / 80, 0.9))))
        rows.append((number, rng.randint(1, CUSTOMERS), rng.choice(SUBJECTS), priority, str(opened), closed, rating))
    return rows


def _day(rng: random.Random) -> str:
    return str((YEAR + timedelta(days=rng.randrange(365))).date())
