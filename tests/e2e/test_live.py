"""The dashboard and the stream: pushed while it can be, asked for when it cannot, quiet when nobody looks."""

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="install the extra: pip install -e .[test]").expect
pytestmark = pytest.mark.browser


def figure(page, symbol):
    return page.locator(f'[id="card-{symbol}"] .digits')


def clients(house):
    return len(house.server._front._websockets()._stream._clients)


def test_a_number_is_pushed_to_the_dashboard(house, visit, eventually):
    house.store(house.metric("net.tcp.db", 11.8))
    page = visit()
    expect(page.locator("#live[data-pushed]")).to_be_attached()
    eventually(lambda: clients(house) == 1)
    house.store(house.metric("net.tcp.db", 42))
    expect(figure(page, "net.tcp.db")).to_have_text("42.0")
    assert page.complaints == []


def test_a_refresh_changes_the_card_that_changed_and_leaves_the_others_the_focus_and_the_search(house, visit):
    house.store(house.metric("net.tcp.db", 11.8), house.metric("net.tcp.web", 9))
    page = visit()
    page.fill("#search", "db")
    page.locator('[id="card-net.tcp.db"] .card-link').focus()
    page.evaluate("document.getElementById('card-net.tcp.web').mark = 'untouched'")
    answers = []
    page.on("response", lambda answer: answers.append(answer) if "/partials/" in answer.url else None)
    for value in (42, 43, 44):
        house.store(house.metric("net.tcp.db", value))
        expect(figure(page, "net.tcp.db")).to_have_text(f"{value}.0")
    sizes = [answer.headers.get("hx-reswap") for answer in answers if answer.status == 200]
    assert "none" in sizes, "what changed came alone"
    assert page.evaluate("document.getElementById('card-net.tcp.web').mark") == "untouched"
    assert (
        page.evaluate("document.activeElement.textContent")
        == page.locator('[id="card-net.tcp.db"] .card-link').inner_text()
    )
    assert page.locator('[id="card-net.tcp.web"]').is_hidden()
    assert page.complaints == []


def test_with_nothing_new_the_dashboard_asks_no_more(house, visit):
    house.store(house.metric("net.tcp.db", 11.8))
    page = visit()
    expect(page.locator("#live[data-pushed]")).to_be_attached()
    page.wait_for_timeout(2500)  # what is under way at first
    before = sum("/partials/" in url for url in page.asked)
    page.wait_for_timeout(2500)  # longer than the two seconds of asking
    assert sum("/partials/" in url for url in page.asked) - before <= 1


def test_without_a_stream_the_dashboard_asks_every_two_seconds(house, visit, monkeypatch):
    monkeypatch.setattr("oculus.web.stream.hub.MOST_CLIENTS", 0)
    house.store(house.metric("net.tcp.db", 11.8))
    page = visit()
    house.store(house.metric("net.tcp.db", 42))
    expect(figure(page, "net.tcp.db")).to_have_text("42.0")
    expect(page.locator("#live[data-pushed]")).not_to_be_attached()


def test_a_page_that_nobody_looks_at_neither_listens_nor_asks(house, visit, eventually):
    house.store(house.metric("net.tcp.db", 11.8))
    page = visit()
    eventually(lambda: clients(house) == 1)
    look(page, hidden=True)
    eventually(lambda: clients(house) == 0)
    before = sum("/partials/" in url for url in page.asked)
    page.wait_for_timeout(2500)
    assert sum("/partials/" in url for url in page.asked) == before
    look(page, hidden=False)
    eventually(lambda: clients(house) == 1)


def look(page, hidden):
    page.evaluate(
        """(hidden) => {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )
