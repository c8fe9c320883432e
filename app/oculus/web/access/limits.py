"""How often one address may ask. Used from the event loop only, so nothing is locked."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict

from oculus.web.access.bucket import TokenBucket

MOST_ADDRESSES = 4096  # the longest silent is forgotten first, so strangers cannot fill the memory


class Limit:
    """One token bucket for each address."""

    def __init__(self, per_second: float, burst: float) -> None:
        self.per_second = per_second
        self.burst = burst
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, address: str, now: float) -> float:
        """0.0 when the request may pass, else the seconds until one may. `now` is monotonic."""
        key = network(address)
        bucket = self._buckets.pop(key, None) or TokenBucket(self.per_second, self.burst, now)
        bucket.per_second, bucket.burst = self.per_second, self.burst  # settings may have changed
        self._buckets[key] = bucket
        if len(self._buckets) > MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        return bucket.take(now)


def network(address: str) -> str:
    """The address itself; for IPv6 its /64, of which one household has as many addresses as it likes."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
