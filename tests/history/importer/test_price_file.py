"""Opening price files: compressed, inside archives and in UTF-16 as if they were plain; damage is an error."""

import gzip
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.imports import put
from tracker.history.importer import price_file
from tracker.history.importer.price_file import blocks, has_prices, heads, packed_texts, size_on_disk, stem

TEXT = b"1635630270,5\r\n1635630280,6\n\n1635630290,7"


def zipped(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/").replace("_csv", ".csv").replace("_gz", ".gz"), data)
    return file.getvalue()


def sources(folder, data):
    """Return *data* as a plain file, compressed, and in an archive."""
    return [
        put(folder, "btceur.csv", data),
        put(folder, "btcusd.csv.gz", gzip.compress(data)),
        put(folder, "data.zip", zipped(sub__btceur_csv=data)) / "sub" / "btceur.csv",
        put(folder, "more.zip", zipped(btceur_csv_gz=gzip.compress(data))) / "btceur.csv.gz",
    ]


def head(path):
    """Return what heads() has of the file *path*, which may lead through an archive."""
    return dict(heads(next((part for part in path.parents if part.is_file()), path)))[path]


@pytest.mark.parametrize(
    ("mark", "encoding"), [("", "utf-8"), ("\ufeff", "utf-8"), ("\ufeff", "utf-16-le"), ("\ufeff", "utf-16-be")]
)
def test_a_file_has_the_same_lines_in_any_compression_and_encoding(tmp_path, mark, encoding):
    for path in sources(tmp_path, (mark + TEXT.decode()).encode(encoding)):
        assert b"".join(blocks(path)) == TEXT
        assert head(path) == [b"1635630270,5", b"1635630280,6", b"1635630290,7"]


@given(st.text(max_size=60), st.integers(1, 12), st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]))
@settings(max_examples=60)
def test_blocks_are_whole_lines_for_any_block_size(tmp_path_factory, text, chunk, encoding):
    path = put(tmp_path_factory.mktemp("blocks"), "btceur.csv", f"\ufeff{text}".encode(encoding))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(price_file, "CHUNK", chunk)
        parts = list(blocks(path))
    assert b"".join(parts).decode() == text
    assert all(part.endswith(b"\n") for part in parts[:-1])


def test_progress_is_the_size_on_disk(tmp_path):
    for path in sources(tmp_path, TEXT * 1000):
        sizes = []
        assert len(b"".join(blocks(path, sizes.append))) == 1000 * len(TEXT)
        assert sum(sizes) == size_on_disk(path) > 0
    assert size_on_disk(tmp_path / "gone.csv") == size_on_disk(tmp_path / "data.zip" / "gone.csv") == 0


def test_an_archive_leads_to_the_price_files_in_it(tmp_path):
    path = put(tmp_path, "Kraken.zip", zipped(XBTEUR_1_csv=TEXT, readme=b"", sub__b_csv_gz=gzip.compress(TEXT)))
    paths = [file for file, _ in heads(path)]
    assert paths == [path / "XBTEUR_1.csv", path / "sub" / "b.csv.gz"]
    assert [stem(file) for file in paths] == ["XBTEUR_1", "b"]
    assert isinstance(head(tmp_path / "btceur.csv"), FileNotFoundError)
    assert list(packed_texts(path, "readme")) == [(path / "readme", "")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("btceur.csv", True),
        ("BTCEUR.CSV", True),
        ("a.csv.gz", True),
        ("a.zip", True),
        ("a.gz", False),
        ("a.txt", False),
    ],
)
def test_files_that_may_hold_prices_are_known_by_their_ending(name, expected):
    assert has_prices(name) == expected


@pytest.mark.parametrize("damage", ["no archive", "cut", "encrypted", "gone"])
def test_a_damaged_or_encrypted_archive_is_an_error_of_the_file(tmp_path, damage):
    data = zipped(btceur_csv=TEXT * 1000)
    if damage == "encrypted":
        data = data.replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01")
        data = data.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")
    path = put(tmp_path, "a.zip", {"no archive": b"x" * 99, "cut": data[:-30]}.get(damage, data))
    with pytest.raises(OSError, match="cannot be unpacked" if damage != "gone" else "not in the archive"):
        list(blocks(path / ("gone.csv" if damage == "gone" else "btceur.csv")))


def test_a_compressed_file_that_ends_early_is_an_error_of_the_file(tmp_path):
    path = put(tmp_path, "a.csv.gz", gzip.compress(TEXT * 1000)[:-20])
    with pytest.raises(OSError, match="cannot be unpacked: Compressed file ended"):
        list(blocks(path))
    assert "cannot be unpacked: Not a gzipped file" in str(head(put(tmp_path, "b.csv.gz", TEXT)))


def test_an_archive_of_many_files_is_opened_once_to_see_their_first_lines(tmp_path, monkeypatch):
    path = put(tmp_path, "a.zip", zipped(**{f"XBTEUR_{number}_csv": TEXT for number in range(50)}))
    opened, open_archive = [], zipfile.ZipFile
    monkeypatch.setattr(zipfile, "ZipFile", lambda path: opened.append(path) or open_archive(path))
    assert len(list(heads(path))) == 50
    assert opened == [path]
