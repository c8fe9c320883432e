"""plugin: a collector of somebody's own, from a Python file or an installed package.

Symbols  whatever it writes
"""

from __future__ import annotations

import logging
import threading
from typing import Annotated, Any, cast

from msgspec import Meta, field

from oculus.collectors.collector import Collector, CollectorSettings
from oculus.collectors.custom.plugin_files import loaded, traceback_of, traced, where
from oculus.collectors.words import of_crash
from oculus.core.errors import SourceError
from oculus.core.metric import Metric

log = logging.getLogger(__name__)


class PluginSettings(CollectorSettings, frozen=True, kw_only=True, tag="plugin"):
    """A collector of your own."""

    module: Annotated[
        str,
        Meta(
            description="A Python file in the settings folder, or the name of an entry point.", min_length=1
        ),
    ]
    settings: Annotated[dict[str, Any], Meta(description="What the plugin itself can be told.")] = field(
        default_factory=dict
    )

    def mistakes(self) -> list[str]:
        return []  # the plugin may have other defaults: only what is bound to it can be judged


class BoundPlugin(PluginSettings, frozen=True, kw_only=True, tag="plugin"):
    """A plugin's settings once it has been loaded. `settings` is of its own settings_class, or None."""

    settings: Any = None
    source: str = ""
    digest: str = ""  # a plugin that changed has other settings, and so is started anew
    problem: str = ""  # why it could not be loaded

    def mistakes(self) -> list[str]:
        return CollectorSettings.mistakes(self)


class Plugin(Collector):
    """Stands for somebody else's collector, which is made when it is first asked.

    What it needs to be made, on a thread that may be given up, it cannot make others wait for.
    """

    kind = "plugin"
    category = "custom"
    settings_class = PluginSettings
    settings: PluginSettings

    def __init__(self, settings: PluginSettings) -> None:
        super().__init__(settings)
        self._inner: Collector | None = None
        self._logged = ""  # the failure that the log has

    @property
    def name(self) -> str:
        return self.settings.name or self.settings.module.removesuffix(".py")

    def may_write(self) -> list[str]:
        return [""]

    def collect(self) -> list[Metric]:
        try:
            inner = self._inner or self._make()
            inner.by_hand = self.by_hand
            metrics = inner.collect()
        except SourceError:
            raise
        except BaseException as error:  # even a sys.exit() must only cost this one run
            self.close()
            self._inner = None
            what = f"{where(error, self._source)}{of_crash(error)}"
            self._log(what, error)
            raise SourceError(self.settings.module, what, "The log holds the traceback.") from error
        self._logged = ""
        self.trouble, self.unwell = inner.trouble, inner.unwell
        self.rest_s, self.stands_s, self.heard_ms = inner.rest_s, inner.stands_s, inner.heard_ms
        self.said, self.as_of_ms = inner.said, inner.as_of_ms
        self.news, inner.news = [*self.news, *getattr(inner, "news", [])], []
        return metrics

    def _log(self, what: str, error: BaseException) -> None:
        """With its traceback; what fails in the same way at every run is logged once."""
        if what != self._logged:
            self._logged = what
            log.warning("plugin %s: %s", self.name, what, extra=traced(traceback_of(error)))

    def close(self) -> None:
        inner = self._inner
        if inner and type(inner).close is not Collector.close:
            # On a thread of its own: whoever calls must not wait for what somebody else wrote.
            threading.Thread(target=inner.close, name="plugin-close", daemon=True).start()

    @property
    def _source(self) -> str:
        return self.settings.source if isinstance(self.settings, BoundPlugin) else ""

    def _make(self) -> Collector:
        settings = self.settings
        bound = settings if isinstance(settings, BoundPlugin) else BoundPlugin(module=settings.module)
        kind = loaded(bound.source, bound.digest)
        if kind is None:
            problem = bound.problem or "what it held then is not loaded any more"
            raise SourceError(
                settings.module, problem, "Mend the plugin; it is loaded again when it changes."
            )
        inner = kind(cast(CollectorSettings, settings.settings))
        inner.clock, inner.tools = self.clock, self.tools
        self._inner = inner
        return inner
