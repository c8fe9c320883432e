"""The settings as pages and `oculus check` show them."""

import json

from oculus.settings.load import load
from oculus.settings.schema import SECTIONS
from oculus.settings.show import shown


def test_the_merged_view_is_complete_and_written_as_a_person_would(write):
    main = write(
        "oculus.yaml", "storage: {max_size: 2GiB}\ncollectors: [{type: ping, target: a, interval: 90s}]"
    )
    view = shown(load(main))
    assert list(view) == list(SECTIONS)
    assert view["server"]["port"] == 8420
    assert view["storage"]["max_size"] == "2GiB"
    assert view["collectors"][0]["type"] == "ping"
    assert view["collectors"][0]["interval"] == "90s"


def test_no_secret_is_in_it(write):
    text = """
        server: {token: hunter2}
        collectors:
          - {type: http, target: "http://bob:hunter2@localhost/?token=hunter2&b=1", name: a,
             headers: {Authorization: hunter2, X-Api-Key: hunter2, Accept: text/html}}
        channels:
          hook: {type: webhook, url: "http://127.0.0.1/hunter2", headers: {Cookie: hunter2}}
        """
    view = json.dumps(shown(load(write("oculus.yaml", text))))
    assert "hunter2" not in view
    assert "localhost" in view
    assert "b=1" in view


def test_what_is_shown_can_be_written_back(write):
    text = """
        storage: {max_size: 2GiB}
        collectors: [{type: ping, target: a, interval: 90s}]
        rules: [{name: a, condition: x > 1}]
        """
    view = shown(load(write("a/oculus.yaml", text)))
    assert shown(load(write("b/oculus.yaml", json.dumps(view)))) == view
