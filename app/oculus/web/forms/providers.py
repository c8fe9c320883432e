"""Forms of providers: each there is once, under its own name, with a key only where it takes one."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from oculus.collectors.sources.hello import clients_of
from oculus.collectors.sources.providers import PROVIDERS, Limits
from oculus.collectors.sources.settings import SourcesSettings
from oculus.web.forms.fields import Field

KINDS = {name: type(getattr(SourcesSettings(), name)) for name in SourcesSettings.__struct_fields__}
SPANS = {"per_minute": "a minute", "per_hour": "an hour", "per_day": "a day", "per_month": "a month"}


def about(name: str) -> str:
    """CoinGecko: 10 questions a minute and 10,000 a month; with a key of yours 25 a minute and ..."""
    provider = PROVIDERS[clients_of(name)[0]]
    more = f"; with a key of yours {quota(provider.keyed)}" if provider.keyed else "; it takes a key"
    questions = quota(provider.limits).replace(" ", " questions ", 1)
    return f"{provider.title}: {questions}{more if takes_key(name) else ''}."


def quota(limits: Limits) -> str:
    given = {words: getattr(limits, span) for span, words in SPANS.items()}
    return " and ".join(f"{count:,} {words}" for words, count in given.items() if count)


def takes_key(name: str) -> bool:
    return any(PROVIDERS[each].key_header or PROVIDERS[each].key_param for each in clients_of(name))


def fitted(name: str, fields: Sequence[Field]) -> list[Field]:
    """Without the key where none is taken, and with the usual address."""
    usual = {"base_url": PROVIDERS[clients_of(name)[0]].base_url}
    return [
        structs.replace(field, usual=usual.get(field.name, field.usual))
        for field in fields
        if field.name != "api_key" or field.value or takes_key(name)
    ]
