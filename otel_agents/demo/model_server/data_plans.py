"""How the scripted model answers questions about the demo's sales and support database."""

from __future__ import annotations

import re

from otel_agents.demo.model_server.conversation import Call
from otel_agents.demo.model_server.plans import Plan, Rule, failure, listed, money, rows

QUARTER = "(CAST(strftime('%m', {}) AS INTEGER) + 2) / 3"
REGIONS = ("EMEA", "APAC", "Americas")


def top_products(question: str) -> Plan:
    """Guesses a column that does not exist, is corrected by the database, looks at the tables and asks again."""
    quarter = int(_first(r"Q([1-4])", question, "1"))
    ask = (
        "SELECT p.name, SUM(o.{}) AS revenue, SUM(o.quantity) AS items FROM orders o "
        f"JOIN products p ON p.id = o.product_id WHERE {QUARTER.format('o.ordered_at')} = {quarter} "
        "GROUP BY p.name ORDER BY revenue DESC LIMIT 5"
    )
    [result] = yield [Call("run_sql", {"query": ask.format("revenue")})]
    if failure(result):
        yield [Call("describe_tables")]
        [result] = yield [Call("run_sql", {"query": ask.format("amount")})]
    best = rows(result)
    lines = [f"{name}: {money(revenue)} from {items} items" for name, revenue, items in best]
    return f"In Q{quarter} the products that earned most were:\n{listed(lines)}"


def compare_regions(question: str) -> Plan:
    """Asks for each region at once."""
    named = [region for region in REGIONS if region in question] or list(REGIONS)
    query = (
        f"SELECT {QUARTER.format('o.ordered_at')} AS quarter, SUM(o.amount) FROM orders o JOIN customers c "
        "ON c.id = o.customer_id WHERE c.region = '{}' GROUP BY quarter ORDER BY quarter"
    )
    results = yield [Call("run_sql", {"query": query.format(region)}) for region in named]
    lines, totals = [], {}
    for region, result in zip(named, results, strict=True):
        quarters = rows(result)
        totals[region] = sum(amount for _, amount in quarters)
        lines.append(f"{region}: " + ", ".join(f"Q{quarter} {money(amount)}" for quarter, amount in quarters))
    ahead = max(totals, key=lambda region: totals[region])
    return f"Revenue by quarter:\n{listed(lines)}\n{ahead} leads over the year with {money(totals[ahead])}."


def ticket_times(question: str) -> Plan:
    """One query; the answer is about the priority that was named."""
    named = _first(r"\b(urgent|high|normal|low)\b", question, "urgent")
    query = (
        "SELECT priority, COUNT(*) AS tickets, "
        "ROUND(AVG((julianday(closed_at) - julianday(opened_at)) * 24), 1) AS hours, ROUND(AVG(rating), 2) AS rating "
        "FROM tickets WHERE closed_at IS NOT NULL GROUP BY priority ORDER BY hours"
    )
    [result] = yield [Call("run_sql", {"query": query})]
    by_priority = {name: (tickets, hours, rating) for name, tickets, hours, rating in rows(result)}
    tickets, hours, rating = by_priority[named]
    others = ", ".join(f"{name} {row[1]} h" for name, row in by_priority.items() if name != named)
    return (
        f"The {tickets} {named} tickets that are closed took {hours} hours on average and were rated {rating} of 5. "
        f"For comparison: {others}."
    )


def unhappy_customers(question: str) -> Plan:
    """A query that is slow for want of an index: it scans orders and tickets once a customer."""
    region = next((region for region in REGIONS if region in question), "EMEA")
    query = (
        "SELECT c.name, (SELECT COUNT(*) FROM tickets t WHERE t.customer_id = c.id AND t.rating <= 2) AS bad, "
        "(SELECT ROUND(SUM(o.amount)) FROM orders o WHERE o.customer_id = c.id) AS spent "
        f"FROM customers c WHERE c.region = '{region}' ORDER BY bad DESC, spent DESC LIMIT 3"
    )
    [result] = yield [Call("run_sql", {"query": query})]
    lines = [f"{name}: {bad} bad ratings, {money(spent or 0)} spent" for name, bad, spent in rows(result)]
    return f"I would call these {region} customers first:\n{listed(lines)}"


def orders_by_plan(_: str) -> Plan:
    """The plain case: one query, one answer."""
    query = (
        "SELECT c.plan, COUNT(*), ROUND(AVG(o.amount), 2) FROM orders o JOIN customers c ON c.id = o.customer_id "
        "GROUP BY c.plan ORDER BY 3 DESC"
    )
    [result] = yield [Call("run_sql", {"query": query})]
    lines = [f"{plan}: ${average:.2f} over {orders} orders" for plan, orders, average in rows(result)]
    return f"The average order by plan:\n{listed(lines)}"


def alike_customers(_: str) -> Plan:
    """A join without bounds: hundreds of millions of combinations, which the tool stops."""
    query = (
        "SELECT a.customer_id, b.customer_id, c.customer_id, COUNT(*) AS shared FROM orders a "
        "JOIN orders b ON b.product_id = a.product_id AND b.customer_id > a.customer_id "
        "JOIN orders c ON c.product_id = a.product_id AND c.customer_id > b.customer_id "
        "GROUP BY 1, 2, 3 ORDER BY shared DESC LIMIT 3"
    )
    [result] = yield [Call("run_sql", {"query": query})]
    lines = [f"customers {a}, {b} and {c}: {shared}" for a, b, c, shared in rows(result)]
    return f"The customers with most purchases in common:\n{listed(lines)}"


def close_tickets(question: str) -> Plan:
    """Tries to write; the tool refuses, and the answer says what would have been changed."""
    named = _first(r"\b(urgent|high|normal|low)\b", question, "low")
    where = f"FROM tickets WHERE closed_at IS NULL AND priority = '{named}'"
    [refused] = yield [
        Call("run_sql", {"query": f"UPDATE tickets SET closed_at = datetime() WHERE id IN (SELECT id {where})"})
    ]
    [result] = yield [Call("run_sql", {"query": f"SELECT COUNT(*) {where}"})]
    [[count]] = rows(result)
    return f"I may only read this database ({failure(refused)}). There are {count} open {named} tickets to close."


RUN, LOOK = frozenset({"run_sql"}), frozenset({"run_sql", "describe_tables"})
DATA_PLANS: tuple[Rule, ...] = (
    (LOOK, r"products.*(earn|revenue|best)", top_products),
    (RUN, r"compare.*(EMEA|APAC|Americas|region)", compare_regions),
    (RUN, r"^(close|delete|update)\b.*tickets", close_tickets),
    (RUN, r"how long.*tickets", ticket_times),
    (RUN, r"customers.*(unhappy|risk|leave)", unhappy_customers),
    (RUN, r"average order", orders_by_plan),
    (RUN, r"customers.*(in common|the same|alike)", alike_customers),
)


def _first(pattern: str, text: str, default: str) -> str:
    found = re.search(pattern, text, re.IGNORECASE)
    return found.group(1).lower() if found else default
