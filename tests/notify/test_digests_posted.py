"""Many pieces of news at once for a webhook: one request, whole and signed; or one by one for who likes."""

import hashlib
import hmac
import json

import pytest

from fakes.chat import Room
from oculus.core.alert import NewsKind
from oculus.core.errors import ChannelError
from oculus.core.event import Severity
from oculus.core.secret import Secret
from oculus.notify.channels.webhook import WebhookSettings

SEVERITIES = (Severity.INFO, Severity.CRITICAL, Severity.WARN, Severity.ERROR)


@pytest.fixture
def hook(house, clock, service):
    def make(**fields):
        settings = WebhookSettings(url=Secret(service.url + "/in"), **fields)
        return Room(house({"hook": settings}, clock), clock)

    return make


def storm(news, count=1000):
    return [news(alert=number, severity=SEVERITIES[number % 4]) for number in range(1, count + 1)]


def test_a_storm_is_few_requests_worst_first_and_nothing_is_missing(hook, service, table, news):
    hook().home.tell(*storm(news))
    room = hook()
    room.home.notifier.put(table.unfinished())
    room.run(2)
    assert len(service.got) <= 6
    assert all(len(request.body) <= 101_000 for request in service.got)
    ranks = [Severity(each["severity"]).rank for each in service.told()]
    assert ranks == sorted(ranks, reverse=True)
    assert sorted(each["id"] for each in service.told()) == list(range(1, 1001))
    assert {str(row.state) for row in table.rows.values()} == {"sent"}


def test_the_last_few_of_a_storm_are_a_digest_too(hook, service, news):
    room = hook()
    room.home.tell(*storm(news, 290))
    room.run(3)
    sizes = [len(body.get("alerts", [body])) for body in service.bodies()]
    assert sum(sizes) == 290
    assert len(sizes) == 2
    assert 1 < sizes[1] <= 20


def test_a_digest_holds_the_very_objects_of_single_posts(hook, service, news):
    items = storm(news, 21)
    hook(batch="never").home.tell(items[0])
    room = hook()
    room.home.tell(*items)
    room.run(1)
    (digest,) = service.bodies()
    assert {key: digest[key] for key in ("version", "kind", "count")} == {
        "version": 1,
        "kind": "digest",
        "count": 21,
    }
    alone = hook(batch="never")
    alone.home.tell(items[0])
    alone.run(1)
    assert service.bodies()[-1] in digest["alerts"]


def test_up_to_twenty_at_once_are_an_object_each(hook, service, news):
    room = hook()
    room.home.tell(*storm(news, 20))
    room.run(1)
    assert [set(body) >= {"news", "id"} for body in service.bodies()] == [True] * 20


def test_the_signature_is_of_the_body_as_it_is_sent(hook, service, news):
    room = hook(secret=Secret("k3y-of-the-receiver"))
    room.home.tell(*storm(news, 30))
    room.run(1)
    (request,) = service.got
    wanted = hmac.new(b"k3y-of-the-receiver", request.body, hashlib.sha256).hexdigest()
    assert request.headers["X-Oculus-Signature"] == f"sha256={wanted}"


def test_whoever_wants_one_by_one_gets_that_over_one_connection(hook, service, news):
    ports = set()
    service.answers.extend([lambda handler: (ports.add(handler.client_address), handler.answer(200))] * 200)
    room = hook(batch="never")
    room.home.tell(*storm(news, 200))
    room.run(1)
    assert len(service.got) == 200
    assert len(ports) == 1


def test_an_end_never_stands_before_its_beginning_in_a_digest(hook, service, news):
    room = hook()
    begun = [news(alert=number, severity=Severity.WARN) for number in range(1, 31)]
    worse = [news(NewsKind.ESCALATED, alert=number, severity=Severity.CRITICAL) for number in range(1, 31, 3)]
    over = [news(NewsKind.RESOLVED, alert=number) for number in range(1, 31, 2)]
    room.home.tell(*begun, *worse, *over)
    room.run(1)
    stories = {}
    for each in service.told():
        stories.setdefault(each["id"], []).append(each["news"])
    assert len(service.told()) == 55
    assert all(story[0] == "FIRED" for story in stories.values())
    assert all("RESOLVED" not in story[:-1] for story in stories.values())


def test_a_receiver_that_refuses_a_digest_gets_each_by_itself_from_then_on(hook, service, table, news):
    def strict(handler):
        handler.answer(422 if "alerts" in service.bodies()[-1] else 200)

    service.answers.extend([strict] * 200)
    room = hook()
    room.home.tell(*storm(news, 30))
    room.run(5)
    room.home.tell(*[news(alert=100 + number) for number in range(30)])
    room.run(5)
    assert ["alerts" in body for body in service.bodies()] == [True] + [False] * 60
    assert {str(row.state) for row in table.rows.values()} == {"sent"}


def test_a_digest_that_is_too_large_comes_in_smaller_ones(hook, service, table, news):
    def small(handler):
        handler.answer(413 if len(service.got[-1].body) > 30_000 else 200)

    service.answers.extend([small] * 100)
    room = hook()
    room.home.tell(*storm(news, 400))
    room.run(60)
    assert {str(row.state) for row in table.rows.values()} == {"sent"}
    assert len(service.got) < 20


def test_a_template_that_uses_alerts_tells_of_one_and_of_many(hook, service, news):
    body = '{"n": {{ alerts | length }}, "ids": {{ alerts | map(attribute="id") | list | tojson }}}'
    room = hook(body=body)
    room.home.tell(*storm(news, 40))
    room.run(1)
    room.home.tell(news(alert=99))
    room.run(1)
    many, one = service.bodies()
    assert (many["n"], sorted(many["ids"])) == (40, list(range(1, 41)))
    assert one == {"n": 1, "ids": [99]}


def test_any_other_template_makes_a_body_for_each(hook, service, news):
    room = hook(body='{"text": {{ text | tojson }}}')
    room.home.tell(*storm(news, 40))
    room.run(1)
    assert len(service.got) == 40


def test_a_template_that_can_tell_only_of_one_is_a_mistake_if_it_says_otherwise():
    with pytest.raises(ValueError, match="body is no template"):
        WebhookSettings(url=Secret("http://h"), body="{{ severity }} {{ alerts | length }}")


def test_of_a_digest_that_cannot_be_made_only_what_is_to_blame_fails(hook, service, table, news):
    room = hook(body="[{% for each in alerts %}{{ 1 / each.value }},{% endfor %}0]")
    room.home.tell(*[news(alert=number, value=0.0 if number == 7 else 1.0) for number in range(1, 31)])
    room.run(3)
    states = {row.news.alert.id: str(row.state) for row in table.rows.values()}
    assert states.pop(7) == "failed"
    assert set(states.values()) == {"sent"}
    assert sum(len(json.loads(request.body)) - 1 for request in service.got) == 29


def test_the_setting_knows_two_words():
    import msgspec

    from oculus.core.fields import read_special

    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(
            {"type": "webhook", "url": "http://h", "batch": "always"}, WebhookSettings, dec_hook=read_special
        )


def test_a_test_message_is_a_single_object(hook, service):
    room = hook()
    room.home.notifier.send_test("hook")
    service.answers.append(403)
    with pytest.raises(ChannelError):
        room.home.notifier.send_test("hook")
    assert all("alerts" not in body for body in service.bodies())
