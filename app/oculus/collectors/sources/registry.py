"""Every provider's client, made when it is first wanted."""

from __future__ import annotations

import hashlib
import threading
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from oculus.collectors.sources.client import Source, SourceStatus
from oculus.collectors.sources.memory import Memory, PlainMemory
from oculus.collectors.sources.providers import PROVIDERS, Limits, Provider
from oculus.collectors.sources.settings import SourceSettings, SourcesSettings
from oculus.core.clock import Clock, SystemClock
from oculus.core.outgoing import Deadlines, origin


class Sources:
    """Hands out the one client of each provider. Any thread may ask for one."""

    def __init__(
        self,
        settings: SourcesSettings | None = None,
        memory: Memory | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._settings = settings or SourcesSettings()
        self._memory = memory or PlainMemory()
        self._clock = clock or SystemClock()
        self._deadlines = Deadlines("sources-deadlines")
        self._lock = threading.Lock()
        self._made: dict[str, Source] = {}
        self._elsewhere: WeakValueDictionary[str, Source] = WeakValueDictionary()

    @property
    def settings(self) -> SourcesSettings:
        """What is set for the providers now."""
        return self._settings

    def get(self, name: str) -> Source:
        """The client of a provider that is known by `name` (providers.py)."""
        with self._lock:
            if name not in self._made:
                self._made[name] = self._make(PROVIDERS[name], self._set_for(name))
            return self._made[name]

    def at(self, url: str) -> Source:
        """The client for any other address: no quota, but the same manners. Ask it for `url` as a whole.

        One for each address: that one of a host's answers is broken says nothing about the others. Whoever
        asks there keeps it: it is gone with the last of them.
        """
        where = origin(url)
        # What the address holds besides may be a secret, and names are kept and shown.
        name = f"{where}#{hashlib.sha256(url.encode()).hexdigest()[:12]}"
        with self._lock:
            source = self._elsewhere.get(name)
            if source is None:
                title = urlsplit(where).netloc or where
                provider = Provider(name=name, title=title, base_url="", limits=Limits())
                source = self._elsewhere[name] = self._make(provider, SourceSettings())
            return source

    def replace(self, settings: SourcesSettings) -> None:
        """Take new settings; clients whose settings changed are made anew and keep their counts."""
        with self._lock:
            before, self._settings = self._settings, settings
            for name in list(self._made):
                if set_for(name, before) != set_for(name, settings):
                    self._made.pop(name).close()

    def status(self) -> list[SourceStatus]:
        """How those stand that have been wanted so far."""
        with self._lock:
            made = self._all()
        return [source.status() for source in made]

    def close(self) -> None:
        """End every question under way."""
        with self._lock:
            for source in self._all():
                source.close()

    def _all(self) -> list[Source]:
        return [*self._made.values(), *self._elsewhere.values()]

    def _make(self, provider: Provider, settings: SourceSettings) -> Source:
        return Source(provider, settings, self._memory, self._clock, self._deadlines)

    def _set_for(self, name: str) -> SourceSettings:
        return set_for(name, self._settings)


def set_for(name: str, settings: SourcesSettings) -> SourceSettings:
    """What is set for one provider; Polymarket's two addresses stand in one block."""
    if name == "polymarket_gamma":
        return SourceSettings(base_url=settings.polymarket.gamma_url)
    if name == "polymarket_clob":
        return SourceSettings(base_url=settings.polymarket.clob_url)
    found: SourceSettings = getattr(settings, name)
    return found
