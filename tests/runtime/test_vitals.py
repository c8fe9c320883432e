"""What Oculus tells about itself."""


def test_oculus_watches_itself(house, eventually):
    with house("collectors: []\n") as oculus:
        eventually(lambda: oculus.live.latest("oculus.queue"))
        found = oculus.reader.query(
            "SELECT DISTINCT symbol FROM metrics WHERE category = 'oculus' ORDER BY 1"
        )
    names = [row[0] for row in found.rows]
    assert {"oculus.queue", "oculus.insert_failures", "oculus.database_bytes"} <= set(names)


def test_what_was_not_measured_has_no_row(house, eventually):
    with house("collectors: []\n") as oculus:
        eventually(lambda: oculus.live.latest("oculus.queue"))
        assert oculus.live.latest("oculus.query_p95") is None


def test_a_start_and_a_stop_are_events(house):
    with house("collectors: []\n"):
        pass
    with house("collectors: []\n") as oculus:
        found = oculus.reader.query("SELECT message FROM events WHERE source = 'oculus' ORDER BY id")
    assert [row[0] for row in found.rows][:2] == ["Oculus has started", "Oculus has stopped"]
