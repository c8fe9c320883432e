"""The names a plugin may rely on. They stay."""

from oculus.collectors.collector import Collector, CollectorSettings
from oculus.core.errors import BadAnswer, SourceBusy, SourceError
from oculus.core.metric import Metric

__all__ = ["BadAnswer", "Collector", "CollectorSettings", "Metric", "SourceBusy", "SourceError"]
