"""Complaints that come with status 200, and the words that providers put into their errors."""

from __future__ import annotations

from typing import Any

from oculus.core.errors import BadAnswer, SourceBusy, SourceError
from oculus.core.masking import mask

LONGEST = 200  # characters of a foreign message
AN_HOUR_S = 3600.0
BUSY_CODES = ("1008", "1009", "1010", "1011")  # CoinMarketCap's: its minute, day, month or address is spent
WHERE = ("error", "status", "message", "msg", "error_message", "description", "chart", "finance",
         "quoteResponse")  # fmt: skip


def said(body: Any) -> str:
    """The message in an error's JSON, however deep it lies; "" when there is none. Secrets are masked."""
    return mask(" ".join(_message(body, 4).split()))[:LONGEST]


def _message(body: Any, depth: int) -> str:
    if isinstance(body, str):
        return body
    if isinstance(body, list):
        return ", ".join(part for part in body if isinstance(part, str))
    if not isinstance(body, dict) or not depth:
        return ""
    found = (_message(body[name], depth - 1) for name in WHERE if name in body)
    return next(filter(None, found), "")


def kraken(answer: Any) -> None:
    """Kraken answers 200 with a list of errors."""
    errors = answer.get("error") if isinstance(answer, dict) else None
    if not errors:
        return
    text = said(answer)
    if "Rate limit" in text or "Too many" in text:
        raise SourceBusy("Kraken", f"says {text}", retry_after_s=60)
    if "EService" in text:
        raise SourceError("Kraken", f"says {text}")


def fear_greed(answer: Any) -> None:
    """alternative.me puts its error beside the data."""
    meta = answer.get("metadata") if isinstance(answer, dict) else None
    if isinstance(meta, dict) and meta.get("error"):
        raise SourceBusy("alternative.me", f"says {said(meta)}")


def coinmarketcap(answer: Any) -> None:
    """CoinMarketCap puts its error beside the data; the code may be text, and "0" is none."""
    status = answer.get("status") if isinstance(answer, dict) else None
    code = str(status.get("error_code") or "0") if isinstance(status, dict) else "0"
    if code in BUSY_CODES:
        raise SourceBusy("CoinMarketCap", f"says {said(status)}", retry_after_s=60)
    if code != "0":
        raise SourceError("CoinMarketCap", f"says {said(status)}")


def alphavantage(answer: Any) -> None:
    """Alpha Vantage answers 200 and a sentence; the one about the quota quotes the key."""
    if not isinstance(answer, dict):
        return
    text = mask(str(answer.get("Information") or answer.get("Note") or ""))[:LONGEST]
    low = text.lower()
    if "premium endpoint" in low:
        raise BadAnswer("Alpha Vantage", "wants to be paid for that")
    if "per second" in low or "per minute" in low:
        raise SourceBusy("Alpha Vantage", f"says {text}", retry_after_s=60)
    if text:
        raise SourceBusy("Alpha Vantage", f"says {text}", retry_after_s=AN_HOUR_S)
    if "apikey" in str(answer.get("Error Message", "")).lower():
        raise SourceError(
            "Alpha Vantage", "does not take the key", "Set sources.alphavantage.api_key to a valid one."
        )
