"""GET /api/openapi.json: what can be asked, told from the very structs that check it."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterator
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from oculus import __version__
from oculus.core.fields import describe_special
from oculus.web.answers import JSON
from oculus.web.api.prometheus import CONTENT_TYPE
from oculus.web.errors import CODES, wants_json
from oculus.web.serving.health import Readiness
from oculus.web.site import Download, Site
from oculus.web.words import CSV

PLACE = re.compile(r"<(\w+)(?::(\w+)(?::([^>]+))?)?>")  # as Bottle writes it: name, kind, expression
REFERENCE = "#/components/schemas/{name}"
ALWAYS = (400, 401, 403, 408, 413, 421, 429, 500, 503)  # what the front door and the workers may answer
ERROR_WORDS = {code: word.replace("_", " ") for code, word in CODES.items()} | {422: "not read only"}
SECURITY: list[dict[str, list[str]]] = [{"bearer": []}, {"header": []}, {"cookie": []}]


class ErrorAnswer(Struct, frozen=True):
    """What every refusal looks like; `code` is for programs, the rest for people."""

    code: str
    message: str
    hint: str


class Refusal(Struct, frozen=True):
    error: ErrorAnswer


class HealthAnswer(Struct, frozen=True):
    status: str


def mount(app: Site, cookie_name: str) -> None:
    """Hang the description on `app`, of all that hangs there already and later."""

    @cache
    def described() -> dict[str, Any]:
        return describe(app, cookie_name)

    @app.get("/api/openapi.json")
    def openapi() -> dict[str, Any]:
        """This description."""
        return described()


def describe(app: Site, cookie_name: str) -> dict[str, Any]:
    """The application as an OpenAPI 3.1 document."""
    routes = [route for route in app.routes if wants_json(route.rule)]
    names = Names(routes)
    paths: dict[str, dict[str, Any]] = health(names)
    for route in routes:
        paths.setdefault(PLACE.sub(r"{\1}", route.rule), {})[route.method.lower()] = operation(route, names)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Oculus", "version": __version__},
        "security": SECURITY,
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": names.schemas,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "header": {"type": "apiKey", "in": "header", "name": "X-Oculus-Token"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": cookie_name},
            },
        },
    }


class Names:
    """The structs of all routes, each described once."""

    def __init__(self, routes: list[Any]) -> None:
        kinds = [Refusal, Readiness, HealthAnswer]
        for route in routes:
            kinds += [kind for kind in answers_of(route) if describable(kind)]
            kinds += [kind for key in ("query", "body") if (kind := route.config.get(key))]
        self._kinds = list(dict.fromkeys(kinds))
        found, self.schemas = msgspec.json.schema_components(
            self._kinds, schema_hook=describe_special, ref_template=REFERENCE
        )
        self._of = dict(zip(self._kinds, found, strict=True))

    def of(self, kind: Any) -> dict[str, Any]:
        return dict(self._of.get(kind, {}))

    def fields(self, kind: type[Struct]) -> Iterator[tuple[str, bool, dict[str, Any]]]:
        """Each field with its name, whether it must be given, and what it may hold."""
        described = self.schemas[self.of(kind)["$ref"].rpartition("/")[2]]
        for name, schema in described["properties"].items():
            yield name, name in described.get("required", ()), schema


def operation(route: Any, names: Names) -> dict[str, Any]:
    said = inspect.cleandoc(route.callback.__doc__ or "")
    made: dict[str, Any] = {
        "operationId": f"{route.callback.__module__.rpartition('.')[2]}_{route.callback.__name__}",
        "summary": said.partition("\n")[0],
        "parameters": [*path_parameters(route.rule), *query_parameters(route, names)],
        "responses": {**good(route, names), **refusals(route, names)},
    }
    if body := route.config.get("body"):
        made["requestBody"] = {"required": True, "content": {JSON: {"schema": names.of(body)}}}
    elif route.config.get("any_body"):
        made["requestBody"] = {"required": True, "content": {JSON: {"schema": {}}}}
    if route.rule.startswith("/in/"):
        made["security"] = []  # it brings its own secret
    return made


def path_parameters(rule: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": place_schema(kind, expression)}
        for name, kind, expression in PLACE.findall(rule)
    ]


def place_schema(kind: str, expression: str) -> dict[str, Any]:
    if expression:
        return {"type": "string", "pattern": f"^({expression})$"}
    return {"type": "integer"} if kind == "int" else {"type": "string", "minLength": 1}


def query_parameters(route: Any, names: Names) -> list[dict[str, Any]]:
    query = route.config.get("query")
    fields = names.fields(query) if query else ()
    return [
        {"name": name, "in": "query", "required": required, "schema": schema}
        for name, required, schema in fields
        if name != "tags"  # written tags.<key>=, for which OpenAPI has no words
    ]


def good(route: Any, names: Names) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for kind in answers_of(route):
        if kind is Download:
            content["application/octet-stream"] = {"schema": {"type": "string", "format": "binary"}}
        elif kind is str:
            written = CSV if wants_csv(route) else CONTENT_TYPE
            content[written.partition(";")[0]] = {"schema": {"type": "string"}}
        elif kind is not type(None):
            content[JSON] = {"schema": names.of(kind)}
    if not content:
        return {"101": {"description": "The connection goes on as a WebSocket."}}
    return {"200": {"description": "Done.", "content": content}}


def refusals(route: Any, names: Names) -> dict[str, Any]:
    """Every way to be refused: by the front door, by the route itself, and for what its address names."""
    may = {*ALWAYS, *route.config.get("errors", ())}
    if "<" in route.rule:
        may.add(404)
    if route.method != "GET":
        may.add(409)
    return {str(code): refusal(code, names) for code in sorted(may)}


def refusal(code: int, names: Names) -> dict[str, Any]:
    words = ERROR_WORDS[code].capitalize()
    return {"description": f"{words}.", "content": {JSON: {"schema": names.of(Refusal)}}}


def answers_of(route: Any) -> list[Any]:
    """What the handler may hand back; a union's parts one by one."""
    given = get_type_hints(route.callback).get("return", type(None))
    return list(get_args(given)) if get_origin(given) in (Union, types.UnionType) else [given]


def describable(kind: Any) -> bool:
    return kind is not Download and kind not in (str, type(None))


def wants_csv(route: Any) -> bool:
    query = route.config.get("query")
    return bool(query) and "format" in query.__struct_fields__


def health(names: Names) -> dict[str, dict[str, Any]]:
    """Those two are answered before there are any routes."""
    ready = {"content": {JSON: {"schema": names.of(Readiness)}}}
    alive = {"description": "It runs.", "content": {JSON: {"schema": names.of(HealthAnswer)}}}
    common = {str(code): refusal(code, names) for code in (400, 421, 429)}
    return {
        "/healthz": {"get": open_to_all("Is it alive?", {"200": alive, **common})},
        "/readyz": {
            "get": open_to_all(
                "Can it do its work?",
                {
                    "200": {"description": "Yes.", **ready},
                    "503": {"description": "Not now.", **ready},
                    **common,
                },
            )
        },
    }


def open_to_all(summary: str, responses: dict[str, Any]) -> dict[str, Any]:
    return {"summary": summary, "parameters": [], "security": [], "responses": responses}
