"""The public names for plugins, kept stable.

A plugin is one class, in a Python file of the settings folder or behind an entry point of the group
`oculus.collectors`. It runs with the rights of Oculus itself.
"""

from __future__ import annotations

from oculus.collectors.collector import Collector, CollectorSettings
from oculus.core.durations import Duration
from oculus.core.errors import BadAnswer, SourceBusy, SourceError
from oculus.core.metric import Metric
from oculus.core.secret import Secret

__all__ = [
    "BadAnswer",
    "Collector",
    "CollectorSettings",
    "Duration",
    "Metric",
    "Secret",
    "SourceBusy",
    "SourceError",
]
