"""One order as a producer who is not ours would send it: the fourteen fields, nothing else."""

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


def order(**fields: Any) -> bytes:
    """The order with some fields changed; a field given as ... is left out."""
    changed = {name: value for name, value in (ORDER | fields).items() if value is not ...}
    return json.dumps(changed, ensure_ascii=False).encode()
