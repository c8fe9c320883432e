"""`oculus send-test`, with a local Telegram in place of the real one."""

import pytest

from fakes.messengers import TelegramServer


@pytest.fixture
def telegram():
    server = TelegramServer()
    yield server
    server.end()


@pytest.fixture
def settings(home, telegram):
    def write(chat="-100000001"):
        where = f"telegram_bot_token: '{telegram.token}', api_url: '{telegram.url}'"
        channel = f"type: telegram, chat_id: '{chat}', {where}"
        home.config.write_text(f"{home.config.read_text()}channels:\n  chat: {{{channel}}}\n")

    return write


def test_a_message_goes_out_without_a_running_copy(home, settings, telegram):
    settings()
    done = home.run("send-test", "chat")
    assert (done.returncode, done.stderr) == (0, "A test message went out through chat.\n")
    assert "This is a test from Oculus" in telegram.messages[0]["text"]


def test_a_message_goes_out_through_the_running_copy_with_a_link_to_its_pages(home, settings, telegram):
    settings()
    server = home.serve()
    done = home.run("send-test", "chat")
    assert (done.returncode, done.stderr) == (0, "A test message went out through chat.\n")
    assert server.url in telegram.messages[0]["text"]


@pytest.mark.parametrize("running", [False, True])
def test_a_refusal_is_told_in_the_services_words_with_what_to_do(home, settings, telegram, running):
    settings(chat="-1999")
    if running:
        home.serve()
    done = home.run("send-test", "chat")
    assert done.returncode == 1
    assert done.stderr.startswith("Telegram answered: Bad Request: chat not found. The bot does not know")
    assert telegram.token not in done.stderr


def test_a_channel_that_does_not_exist_is_named_with_the_nearest(home, settings):
    settings()
    done = home.run("send-test", "chatt")
    assert done.returncode == 2
    assert "there is no channel called 'chatt'; did you mean chat?" in done.stderr


def test_the_log_needs_no_settings(home):
    assert home.run("send-test", "log").returncode == 0
    assert "This is a test from Oculus" in (home.data / "logs" / "oculus.log").read_text("utf-8")
