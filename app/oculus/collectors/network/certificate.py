"""When a certificate ends, read from its bytes.

Python tells it only of certificates it trusts; of the others it gives the bytes alone (X.509, DER).
"""

from __future__ import annotations

import math
from datetime import UTC, datetime

SEQUENCE, UTC_TIME, VERSION = 0x30, 0x17, 0xA0


def days_left(der: bytes, now: datetime) -> int:
    """Whole days until it expires; negative once it has. Raises ValueError for other bytes."""
    return math.floor((expires(der) - now).total_seconds() / 86400)


def expires(der: bytes) -> datetime:
    """The end of its validity. Raises ValueError when `der` is no certificate."""
    try:
        body = inside(inside(der)[0][1])[0][1]  # Certificate, tbsCertificate
        fields = [field for field in inside(body) if field[0] != VERSION]
        validity = fields[3][1]  # after serial number, signature and issuer
        tag, text = inside(validity)[1]
        return moment(tag, text.decode("ascii"))
    except IndexError as error:
        raise ValueError("not a certificate") from error


def inside(data: bytes) -> list[tuple[int, bytes]]:
    """The elements that follow one another in `data`: (tag, content)."""
    elements, at = [], 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:  # the length is in the next so many bytes
            size = length & 0x7F
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        elements.append((tag, data[at : at + length]))
        at += length
    return elements


def moment(tag: int, text: str) -> datetime:
    """UTCTime has two digits for the year, up to 2049; GeneralizedTime has four."""
    if tag == UTC_TIME:
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
