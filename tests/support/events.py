"""One event of each hub as a producer who is not ours would send it: the contract's required fields, nothing else."""

import json
from typing import Any

ORDER: dict[str, Any] = {
    "order_id": "A-1",
    "timestamp": "2026-06-15T10:20:30",
    "customer_id": "c-1",
    "product_id": "ELEC-0001",
    "category": "Electronics",
    "price": 10.5,
    "quantity": 2,
    "total_amount": 21.0,
    "city": "Louisville",
    "state": "KY",
    "country": "USA",
    "latitude": 38.2542,
    "longitude": -85.7594,
    "delivery_status": "Shipped",
}
ENGAGEMENT: dict[str, Any] = {
    "event_id": "E-1",
    "timestamp": "2026-06-15T10:10:00",
    "event_type": "view",
    "session_id": "s-1",
    "product_id": "ELEC-0001",
    "content_type": "Blog",
    "state": "KY",
}
REVIEW: dict[str, Any] = {
    "review_id": "R-1",
    "timestamp": "2026-06-20T18:00:00",
    "product_id": "ELEC-0001",
    "rating": 4,
    "state": "KY",
}


def order(**fields: Any) -> bytes:
    """The order with some fields changed; a field given as ... is left out."""
    return _event(ORDER, fields)


def engagement(**fields: Any) -> bytes:
    """The engagement event with some fields changed; a field given as ... is left out."""
    return _event(ENGAGEMENT, fields)


def review(**fields: Any) -> bytes:
    """The review with some fields changed; a field given as ... is left out."""
    return _event(REVIEW, fields)


def _event(event: dict[str, Any], fields: dict[str, Any]) -> bytes:
    changed = {name: value for name, value in (event | fields).items() if value is not ...}
    return json.dumps(changed, ensure_ascii=False).encode()
