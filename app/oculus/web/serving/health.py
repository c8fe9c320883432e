"""Is it alive, and can it do its work? Answered on the event loop, so also while every worker is busy."""

from __future__ import annotations

import asyncio

import msgspec

from oculus.core.errors import OculusError
from oculus.runtime import Oculus
from oculus.web.answers import Answer
from oculus.web.serving.pool import Pool, PoolFull

OK = "ok"
DATABASE_S = 1.0  # it answers in a millisecond when it answers


class Readiness(msgspec.Struct, frozen=True):
    """`checks` holds "ok" or what is wrong, for each part."""

    ready: bool
    checks: dict[str, str]


class Health:
    """Answers /healthz and /readyz."""

    def __init__(self, oculus: Oculus) -> None:
        self._oculus = oculus
        self._pool = Pool("web-health", workers=1, waiting=8)

    async def answer(self, path: str) -> Answer | None:
        """None for any other path."""
        if path == "/healthz":
            return Answer(200, b'{"status":"ok"}')
        if path == "/readyz":
            found = await self.readiness()
            return Answer(200 if found.ready else 503, msgspec.json.encode(found))
        return None

    async def readiness(self) -> Readiness:
        checks = {"database": await self._database(), **parts(self._oculus)}
        return Readiness(all(said == OK for said in checks.values()), checks)

    async def _database(self) -> str:
        try:
            asking = asyncio.get_running_loop().run_in_executor(self._pool, self._oculus.reader.ping)
            await asyncio.wait_for(asking, DATABASE_S)
        except (TimeoutError, PoolFull):
            return f"no answer within {DATABASE_S:.0f} s"
        except OculusError as error:
            return error.what
        return OK

    def close(self) -> None:
        self._pool.close()


def parts(oculus: Oculus) -> dict[str, str]:
    """How the stages that run on threads of their own are, from what they say themselves."""
    running = {
        "writer": oculus.writer.alive(),
        "scheduler": oculus.scheduler.alive(),
        "rules": oculus.engine.alive(),
        "notifier": oculus.notifier.alive(),
    }
    checks = {name: OK if alive else "is not running" for name, alive in running.items()}
    if checks["writer"] == OK and not oculus.writer.healthy():
        checks["writer"] = "cannot write into the database; the reason is in the log"
    return checks
