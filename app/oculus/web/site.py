"""The Bottle application: what a handler is given, what becomes of its result, and of its failures."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec
from bottle import Bottle, HTTPError, HTTPResponse, request, response

from oculus.core.errors import OculusError
from oculus.web.answers import DOWNLOAD, JSON, refuse
from oculus.web.api.bodies import read_body
from oculus.web.api.params import read_query
from oculus.web.errors import HttpError, as_http, unexpected

log = logging.getLogger(__name__)

Call = TypeVar("Call", bound=Callable[..., Any])
Kind = type[msgspec.Struct]


class Download(msgspec.Struct, frozen=True):
    """A file to be sent under `name`, and then removed."""

    path: Path
    name: str


class Site(Bottle):  # type: ignore[misc]
    """Bottle with routes that declare what they take, and with our words for what it refuses itself."""

    def __init__(self) -> None:
        super().__init__()
        self.uninstall(True)  # what Bottle itself wraps around each route, to make JSON and pages its own way
        self.install(Handler())

    def get(
        self, path: str, *, query: Kind | None = None, errors: tuple[int, ...] = ()
    ) -> Callable[[Call], Call]:
        """A route whose handler gets the query string as `query`, checked.

        `errors` are for the description: statuses that only this route has.
        """
        return cast(Callable[[Call], Call], self.route(path, "GET", query=query, errors=errors))

    def post(
        self,
        path: str,
        *,
        query: Kind | None = None,
        body: Kind | None = None,
        errors: tuple[int, ...] = (),
        any_body: bool = False,
    ) -> Callable[[Call], Call]:
        """A route whose handler gets the query string as `query` and the JSON body as `body`, checked.

        With `any_body` it reads the body itself.
        """
        more = {"query": query, "body": body, "errors": errors, "any_body": any_body}
        return cast(Callable[[Call], Call], self.route(path, "POST", **more))

    def delete(self, path: str) -> Callable[[Call], Call]:
        return cast(Callable[[Call], Call], self.route(path, "DELETE"))

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        environ["wsgi.errors"] = LogStream()
        return super().__call__(environ, start_response)

    def default_error_handler(self, failure: HTTPError) -> bytes:
        if failure.status_code == 404:
            error = HttpError(404, f"There is nothing at {request.path}", "The dashboard is at /.")
        elif failure.status_code == 405:
            allowed = {"Allow": failure.headers["Allow"]}
            what = f"{request.path} cannot be asked with {request.method}"
            error = HttpError(405, what, f"Known here: {allowed['Allow']}.", headers=allowed)
        else:
            error = HttpError(failure.status_code, "Oculus could not answer this")
        return tell(error)


class Handler:
    """Bottle plugin around each route: reads what was declared, and makes JSON of what is no text."""

    name = "oculus"
    api = 2

    def apply(self, callback: Callable[..., Any], route: Any) -> Callable[..., Any]:
        query, body = route.config.get("query"), route.config.get("body")

        def call(**args: Any) -> Any:
            try:
                if query is not None:
                    args["query"] = read_query(query, request.query_string)
                if body is not None:
                    args["body"] = read_body(body, request.body.read())
                return present(callback(**args))
            except HTTPResponse:
                raise
            except OculusError as error:
                return tell(as_http(error))
            except Exception as error:  # one bad request must not show its insides
                return tell(unexpected(f"{request.method} {route.rule}", error))

        return call


class LogStream:
    """Where Bottle writes the tracebacks of what went wrong inside itself."""

    def write(self, text: str) -> None:
        log.debug("%s", text)

    def flush(self) -> None:
        """Nothing is kept back."""


def present(result: Any) -> Any:
    """Text, bytes and Bottle's own answers as they are; anything else as JSON."""
    if isinstance(result, str | bytes | HTTPResponse):
        return result
    if isinstance(result, Download):
        # It goes out piece by piece on the event loop; the worker is free at once.
        request.environ[DOWNLOAD] = result.path
        response.content_type = "application/octet-stream"
        response.set_header("Content-Disposition", f'attachment; filename="{result.name}"')
        return b""
    response.content_type = JSON
    return msgspec.json.encode(result)


def tell(error: HttpError) -> bytes:
    answer = refuse(error, request.path)
    response.status = answer.status
    for name, value in answer.headers:
        response.set_header(name, value)
    response.content_type = answer.kind
    return answer.body
