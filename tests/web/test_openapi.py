"""The description of the API, and whether what it says is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests

schemathesis = pytest.importorskip("schemathesis", reason="install the extra: pip install -e .[test]")

from hypothesis import HealthCheck, Phase, given, settings  # noqa: E402
from hypothesis.errors import Unsatisfiable  # noqa: E402
from schemathesis import GenerationMode  # noqa: E402
from schemathesis.checks import CHECKS, load_all_checks  # noqa: E402

load_all_checks()
KEPT = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
    ]
)


@pytest.fixture(scope="module")
def described(shared):
    shared.store(shared.metric("net.tcp.db", 12.5, target="db"))
    return shared.get("/api/openapi.json").json()


def test_every_route_for_programs_is_described(shared, described):
    from oculus.web.api.openapi import PLACE

    rules = {PLACE.sub(r"{\1}", r.rule) for r in shared.server.app().routes}
    wanted = {r for r in rules if r.startswith(("/api/", "/in/")) or r == "/metrics"}
    assert wanted | {"/healthz", "/readyz"} == set(described["paths"])


def test_the_readme_names_every_thing_of_the_api(described):
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    things = {"/".join(path.split("/")[:3]) for path in described["paths"] if path.startswith("/api/")}
    assert [thing for thing in sorted(things) if f"`{thing}" not in readme] == []


def test_every_place_in_an_address_is_named_and_has_a_parameter(described):
    for path, item in described["paths"].items():
        places = re.findall(r"{(\w+)}", path)
        assert re.fullmatch(r"[\w/.{}]+", path), path
        for operation in item.values():
            assert [each["name"] for each in operation["parameters"] if each["in"] == "path"] == places
    [way] = described["paths"]["/api/desktop/login/{way}"]["post"]["parameters"]
    assert way["schema"] == {"type": "string", "pattern": "^(on|off)$"}


def test_every_operation_says_in_a_sentence_what_it_does(described):
    silent = [
        (path, method)
        for path, item in described["paths"].items()
        for method, op in item.items()
        if not op["summary"].strip()
    ]
    assert silent == []


def test_the_limits_of_the_description_are_those_of_the_check(shared, described):
    limit = next(p for p in described["paths"]["/api/metrics"]["get"]["parameters"] if p["name"] == "limit")[
        "schema"
    ]
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 1000, 100)
    assert shared.get("/api/metrics?limit=1000").status_code == 200
    assert shared.get("/api/metrics?limit=1001").status_code == 400


def test_the_description_is_sound_openapi(described):
    assert described["openapi"] == "3.1.0"
    names = set(described["components"]["schemas"])
    text = str(described)
    assert all(f"#/components/schemas/{name}" in text for name in ("Refusal", "MetricsAnswer"))
    assert "ErrorAnswer" in names


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nothing", 404, "not_found"),
        ("PATCH", "/api/status", 405, "method_not_allowed"),
        ("GET", "/api/metrics?limit=0", 400, "bad_request"),
    ],
)
def test_a_refusal_looks_as_described(shared, method, path, status, code):
    answer = shared.ask(method, path)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message", "hint"}
    assert answer.json()["error"]["code"] == code


def test_a_method_that_is_not_known_is_told_those_that_are(shared):
    assert shared.ask("PATCH", "/api/status").headers["Allow"] == "GET"


def test_a_body_that_is_too_large_is_refused_in_the_same_shape(shared):
    answer = shared.post("/api/query", data=b"x" * 300_000)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("mode", "answers"), [(GenerationMode.POSITIVE, {200, 404}), (GenerationMode.NEGATIVE, {400})]
)
def test_what_strangers_invent_gets_documented_answers_and_never_5xx(shared, described, mode, answers):
    schema = schemathesis.openapi.from_dict(described)
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {shared.token}"
    tried: list[int] = []
    for found in schema.get_all_operations():
        ask_with(found.ok(), mode, session, shared.url, tried)
    assert answers <= set(tried)


def ask_with(operation, mode, session, url, tried):
    """Put some requests of `mode` (fitting the description, or just not) to one operation."""

    @settings(max_examples=6, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        answer = case.call(session=session, base_url=url, timeout=30)
        tried.append(answer.status_code)
        case.validate_response(answer, checks=KEPT)

    try:
        ask()
    except Unsatisfiable:  # what takes nothing cannot be asked wrongly
        assert mode is GenerationMode.NEGATIVE


def test_a_small_answer_on_a_kept_connection_does_not_wait_for_the_network_to_gather_more(shared, eventually):
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {shared.token}"

        def quick():
            return session.get(f"{shared.url}/api/pins").elapsed.total_seconds() < 0.03

        # One that waits is gathered for 40 ms; on a busy machine some take longer anyway.
        eventually(lambda: sum(quick() for _ in range(15)) > 3)
