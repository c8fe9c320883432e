"""Which collectors there are, and what they are called."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from oculus.collectors.collector import CollectorSettings
from oculus.collectors.custom.push import PushRefused, PushSettings, same_secret
from oculus.collectors.job import Job
from oculus.core.errors import OculusError
from oculus.core.metric import Metric
from oculus.core.nearest import nearest
from oculus.core.symbols import OWN, main_of

MOST_SEEN = 10_000  # symbols that one collector is remembered to have written
ANY = ""  # how all symbols begin


class Roster:
    """The jobs in the order of the settings, and who writes what. The scheduler guards it with its lock."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self._owners: dict[str, Job] = {}
        self._left: dict[str, None] = {}  # symbols whose collector has gone, the newest last

    def sort_out(
        self, wanted: Sequence[CollectorSettings]
    ) -> tuple[list[Job | None], list[CollectorSettings]]:
        """For each of `wanted` the job that has those very settings or None, and the settings without one."""
        have: dict[str, list[Job]] = defaultdict(list)
        for job in self.jobs:
            have[repr(job.settings)].append(job)  # settings hold dicts, so they have no hash
        places = [take(have[repr(settings)], settings) for settings in wanted]
        return places, [settings for settings, job in zip(wanted, places, strict=True) if job is None]

    def replace(self, places: Sequence[Job | None], fresh: Iterable[Job]) -> None:
        """Fill the empty places with `fresh` and let go of everybody else."""
        new = iter(fresh)
        jobs = [job or next(new) for job in places]
        gone = {id(job): job for job in self.jobs}
        for job in jobs:
            gone.pop(id(job), None)
        for job in gone.values():
            job.leave()
        take_over(gone.values(), jobs)
        self.jobs = jobs
        self._owners = {symbol: job for job in jobs for symbol in job.symbols()}
        self._left |= {symbol: None for job in gone.values() for symbol in job.symbols()}
        for symbol in list(self._left)[:-MOST_SEEN]:
            del self._left[symbol]
        name_all(jobs)

    def learn(self, job: Job, metrics: Iterable[Metric]) -> None:
        """Remember who wrote these."""
        for symbol in [metric.symbol for metric in metrics if metric.symbol not in job.seen]:
            job.seen[symbol] = None
            self._owners.setdefault(symbol, job)
        if len(job.seen) > MOST_SEEN:
            self._forget_oldest(job)

    def _forget_oldest(self, job: Job) -> None:
        """Some make up new symbols for ever."""
        for symbol in list(job.seen)[:-MOST_SEEN]:
            del job.seen[symbol]
            if self._owners.get(symbol) is job and symbol not in job.expected:
                del self._owners[symbol]

    def owner_of(self, symbol: str) -> Job | None:
        """Who writes `symbol`, or else the whole that it is a part of, or may come to do so."""
        return self._owners.get(symbol) or self._owners.get(main_of(symbol)) or self.may_own(symbol)

    def collects(self, symbol: str) -> bool:
        """Whether anybody writes `symbol` or what it is a part of, or may come to; Oculus itself, too."""
        wholes = [symbol[:end] for end, sign in enumerate(f"{symbol}.") if sign == "."]
        if symbol.startswith(OWN) or any(whole in self._owners for whole in wholes):
            return True
        heads = [head for job in self.jobs for head in (job.heads or ([] if job.expected else [ANY]))]
        if symbol.startswith(tuple(filter(None, heads))):
            return True
        # Who may write anything, a plugin or what could not be set up, is not who wrote this.
        return ANY in heads and not any(whole in self._left for whole in wholes)

    def find(self, name: str) -> Job:
        """The job of that name or main symbol. Raises OculusError, in words, when it is not exactly one."""
        for called in ([job for job in self.jobs if job.label == name],
                       [job for job in self.jobs if job.name == name or name in job.expected]):  # fmt: skip
            if len(called) == 1:
                return called[0]
            if called:
                raise OculusError(
                    f"{len(called)} collectors are called {name}",
                    f"Write one of {', '.join(job.label for job in called)}.",
                )
        near = nearest(name, [job.label for job in self.jobs])
        hint = f"Did you mean {near}?" if near else "`oculus status` lists them."
        raise OculusError(f"no collector is called {name}", hint)

    def may_own(self, symbol: str) -> Job | None:
        """Who may write `symbol` though it has not yet: the only one that claims what begins like it."""
        claims = [job for job in self.jobs if symbol.startswith(tuple(filter(None, job.heads)))]
        return claims[0] if len(claims) == 1 else None

    def pushed(self, name: str, secret: str) -> Job:
        """The job to which `name` pushes. Raises PushRefused, in the same words for a wrong secret."""
        found = [
            (job, job.settings.secret)
            for job in self.jobs
            if isinstance(job.settings, PushSettings) and job.settings.name == name
        ]
        job, wanted = found[0] if found else (None, None)
        if not same_secret(secret, wanted) or job is None:
            hint = "Send the collector's secret as `Authorization: Bearer <secret>`, or as ?secret=."
            raise PushRefused("unknown", f"there is no push called {name!r} with this secret", hint)
        if job.paused or not job.settings.enabled:
            hint = "Resume it, or set enabled: true."
            raise PushRefused("off", f"{name} takes nothing at the moment", hint)
        return job


def take(jobs: list[Job], settings: CollectorSettings) -> Job | None:
    """Remove and return the job with exactly these settings (the text masks secrets, so compare again)."""
    found = next((job for job in jobs if job.settings == settings), None)
    if found:
        jobs.remove(found)
    return found


def take_over(old: Iterable[Job], jobs: Iterable[Job]) -> None:
    """A job with changed settings takes over its predecessor's record, so that nothing is told twice."""
    records = {identity(job): job for job in old}
    for job in jobs:
        before = records.get(identity(job))
        if before:
            job.health, job.paused = before.health, before.paused
            job.seen.update(before.seen)


def identity(job: Job) -> tuple[str, ...]:
    """What stays the same when other settings of a collector change: what it writes, else its name."""
    return job.type, *(job.expected or [job.name])


def name_all(jobs: Iterable[Job]) -> None:
    """Give each job a label of its own: its name, or its main symbol where two have the same name."""
    jobs = list(jobs)
    for job, label in zip(jobs, labels([(job.name, job.expected) for job in jobs]), strict=True):
        job.label = label


def labels(known: Sequence[tuple[str, Sequence[str]]]) -> list[str]:
    """What each (name, symbols) is called, so that no two are called alike."""
    times = Counter(name for name, _ in known)
    return [name if times[name] == 1 or not symbols else symbols[0] for name, symbols in known]
