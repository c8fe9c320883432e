"""Templates: compiled once, everything escaped, a missing name is an error and not an empty spot."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from oculus import __version__
from oculus.core.clock import to_datetime
from oculus.core.figures import age, size
from oculus.core.paths import bundled
from oculus.web.names import is_market

HTMX = "/static/vendor/htmx-2.0.11/htmx.min.js"
CHARTS = "/static/vendor/lightweight-charts-5.2.1/lightweight-charts.standalone.production.js"
IDIOMORPH = "/static/vendor/idiomorph-0.8.0/idiomorph-ext.min.js"
# htmx must neither write styles nor run text as code: the pages' policy forbids both.
HTMX_SETTINGS = (
    '{"includeIndicatorStyles":false,"allowEval":false,"historyEnabled":false,"selfRequestsOnly":true,"timeout":10000,'
    '"responseHandling":[{"code":"204|304","swap":false},{"code":"2..","swap":true},'
    '{"code":"...","swap":false,"error":true}]}'
)

AFTER_NUMBER = re.compile(r"(?<=\d) (?=°?[^\W\d]{1,3}(?!\w|[.:/-]\w)|[%$€£¥₩₹])")  # 840 ms, 3 h, 98,438 $


def render(name: str, **what: Any) -> str:
    """The template `name` under ui/templates, filled with `what`."""
    return environment().get_template(name).render(what)


@lru_cache(maxsize=1)
def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(bundled("ui", "templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["unbroken"] = unbroken
    made.filters["age"] = lambda ms: unbroken(age(ms / 1000))
    made.filters["size"] = lambda count: unbroken(size(count))
    made.tests["market"] = lambda symbol: is_market(symbol)
    made.filters["utc"] = lambda ms: f"{to_datetime(ms):%Y-%m-%d %H:%M:%S} UTC"
    made.globals.update(
        version=__version__, htmx=HTMX, idiomorph=IDIOMORPH, charts=CHARTS, htmx_settings=HTMX_SETTINGS
    )
    return made


def unbroken(said: object) -> str:
    """What a page says of numbers, each in one line with its unit."""
    return AFTER_NUMBER.sub("\u00a0", str(said))
