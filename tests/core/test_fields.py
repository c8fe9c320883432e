import re

import msgspec
import pytest

from oculus.core.durations import Duration
from oculus.core.fields import Size, describe_special, parse_size, read_special, write_special
from oculus.core.secret import MASK, Secret


class Sample(msgspec.Struct, forbid_unknown_fields=True):
    every: Duration
    room: Size
    key: Secret
    others: dict[str, Secret] = {}


def read(**given):
    return msgspec.convert(
        {"every": "30s", "room": "4GiB", "key": "k"} | given, Sample, dec_hook=read_special
    )


def test_lengths_sizes_and_secrets_are_read_from_text():
    sample = read(others={"a": "b"})
    assert sample.every == Duration(seconds=30)
    assert sample.room == 4 * 2**30
    assert sample.key.reveal() == "k"
    assert sample.others["a"].reveal() == "b"


@pytest.mark.parametrize(
    ("text", "size"),
    [("1000B", 1000), ("256MB", 256_000_000), ("1.5 kib", 1536), ("2TiB", 2**41), (" 10 kB ", 10_000)],
)
def test_sizes_are_read_in_either_kind_of_unit(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "5", "5 bytes", "-1MB", "1TB", "1ib"])
def test_a_size_that_is_none_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match="write 256MB or 4GiB"):
        parse_size(text)


@pytest.mark.parametrize(
    ("field", "given", "example"), [("every", 30, "30s"), ("room", 1.5, "4GiB"), ("key", None, "MY_TOKEN")]
)
def test_a_setting_of_the_wrong_kind_is_refused_with_an_example(field, given, example):
    with pytest.raises(msgspec.ValidationError, match=re.escape(example)):
        read(**{field: given})


def test_what_is_already_read_is_taken_as_it_is():
    assert read_special(Size, Size(5)) == 5
    assert read_special(Duration, Duration(seconds=5)) == Duration(seconds=5)


def test_settings_are_written_as_a_person_would_and_secrets_masked():
    sample = read(key="hunter2")
    shown = msgspec.json.decode(msgspec.json.encode(sample.key, enc_hook=write_special))
    assert shown == MASK
    assert write_special(sample.every) == "30s"


@pytest.mark.parametrize(
    ("kind", "good", "bad"), [(Duration, "1.5h", "5 minutes"), (Size, "4GiB", "lots"), (Size, "1000b", "5")]
)
def test_the_schema_allows_what_the_reader_reads(kind, good, bad):
    pattern = re.compile(describe_special(kind)["pattern"])
    assert pattern.search(good)
    assert not pattern.search(bad)
    read_special(kind, good)


def test_a_kind_nobody_knows_is_left_to_msgspec():
    with pytest.raises(NotImplementedError):
        read_special(complex, "1j")
    with pytest.raises(NotImplementedError):
        write_special(1j)
    with pytest.raises(NotImplementedError):
        describe_special(complex)
