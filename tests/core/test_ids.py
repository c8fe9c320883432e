import threading

from oculus.core.ids import Ids

NOW_MS = 1_767_268_800_000


def test_ids_grow_within_a_millisecond_and_with_time():
    ids = Ids()
    numbers = [ids.next(NOW_MS), ids.next(NOW_MS), ids.next(NOW_MS + 1), ids.next(NOW_MS + 1)]
    assert numbers == sorted(set(numbers))


def test_ids_grow_even_when_the_clock_is_set_back():
    ids = Ids()
    before = ids.next(NOW_MS)
    assert ids.next(NOW_MS - 3_600_000) > before


def test_ids_of_a_later_start_are_larger_than_all_before_it():
    first, second = Ids(), Ids()
    last = max(first.next(NOW_MS) for _ in range(999))
    assert second.next(NOW_MS + 1) > last


def test_ids_are_larger_than_those_known_though_the_clock_is_behind_them():
    ids = Ids()
    ids.above(NOW_MS * 1000)
    assert ids.next(NOW_MS - 3_600_000) > NOW_MS * 1000


def test_ids_stay_exact_for_readers_of_json():
    assert Ids().next(9_000_000_000_000) < 2**53


def test_threads_never_get_the_same_id():
    ids, got = Ids(), []

    def draw():
        got.extend(ids.next(NOW_MS) for _ in range(1000))

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(got)) == 4000
