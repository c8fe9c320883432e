"""How large the file is, and what takes the room in it."""

from oculus.core.metric import Metric
from oculus.runtime import Oculus
from oculus.settings.schema import Settings
from oculus.storage.file.sizes import sizes


def test_the_table_of_metrics_takes_what_was_stored_in_it(tmp_path):
    with Oculus(Settings(), tmp_path) as oculus:
        now_ms = oculus.clock.now_ms()
        rows = [Metric(now_ms - at, "net.x", f"net.x.{at % 7}", at * 1.37 % 11, {}) for at in range(20_000)]
        oculus.writer.put(rows)
        oculus.writer.change(lambda cursor: None).result(30)
        before = {table.name: table for table in sizes(oculus.database).tables}
        assert before["metrics"].rows >= 20_000
        oculus.writer.change(lambda cursor: cursor.execute("SELECT 1")).result(30)
    with Oculus(Settings(), tmp_path) as oculus:
        found = sizes(oculus.database)
        first = found.tables[0]
        assert (first.name, first.bytes > 0) == ("metrics", True)
        assert found.file_bytes == oculus.database.path.stat().st_size
        assert sum(table.bytes for table in found.tables) <= 2 * found.file_bytes
