"""The tables that come out of packages, of small ones made here; the true ones are fetched by `make data`."""

import csv
import io
import runpy
import tarfile
import zipfile

import pytest

from tests.cli.command import ROOT

VOWELS = "@data\n1.0,2.0:{}:1\n" + "\n3.0:{}:2\n"


@pytest.fixture
def packages(tmp_path):
    """Archives of the four packages, with the files that are read in them."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as files:
        for name, text in [("amazonReviewSnippets", "1\t0.5\tgood, it is\n2\t-2\tbad\n"), ("tweets", "1\t0\tso so\n")]:
            info = tarfile.TarInfo(f"hutto_ICWSM_2014/{name}_GroundTruth.txt")
            info.size = len(text)
            files.addfile(info, io.BytesIO(text.encode()))
    steps = VOWELS.format(":".join(["5,6"] * 11), ":".join(["7"] * 11))
    inside = {
        "vaderSentiment-0.5.zip": {"v/additional_resources/hutto_ICWSM_2014.tar.gz": packed.getvalue()},
        "sktime-1.2.0.whl": {f"sktime/JapaneseVowels_{part}.ts": steps for part in ("TRAIN", "TEST")},
        "statsmodels-0.15.0.whl": {"s/sunspots/sunspots.csv": "YEAR,S\n1700,5\n", "s/co2/co2.csv": "date,co2\n1,2\n"},
        "vega_datasets-0.9.0.whl": {"v/_data/seattle-weather.csv": "date,wind\n1,2\n"},
    }
    for name, contents in inside.items():
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for path, data in contents.items():
                archive.writestr(path, data)
    return tmp_path


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_the_packages_become_plain_tables(packages, tmp_path, capsys):
    data = tmp_path / "data"
    runpy.run_path(str(ROOT / "examples" / "public_data.py"))["write"](packages, data)
    assert rows(data / "reviews.csv") == [["text", "label"], ["good, it is", "positive"], ["bad", "negative"]]
    assert rows(data / "tweets.csv")[1:] == [["so so", "negative"]]
    header, *steps = rows(data / "vowels.csv")
    assert header[:3] == ["utterance", "speaker", "c1"] and len(header) == 14
    assert [row[:4] for row in steps] == [["0", "1", "1.0", "5"], ["0", "1", "2.0", "6"], ["1", "2", "3.0", "7"]]
    assert (data / "co2.csv").read_text() == "date,co2\n1,2\n"
    assert len(capsys.readouterr().out.splitlines()) == 7


def test_every_table_that_is_trained_on_is_made_and_its_commands_are_in_the_page():
    commands = runpy.run_path(str(ROOT / "examples" / "public_data.py"))["COMMANDS"]
    page = (ROOT / "docs" / "public-data.md").read_text(encoding="utf-8")
    assert {f"`{table}`" for table, *_ in commands} <= set(page.split()) and len({c[0] for c in commands}) == 6
    for _, (task, *options), *_ in commands:
        assert task == "labelled" or " ".join(options) in page
