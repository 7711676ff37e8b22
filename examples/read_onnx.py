"""An exported run in another program: what it says about your own texts or rows, without this framework.

Needs: pip install onnxruntime

tinygrad-gru export last -o model.onnx
python examples/read_onnx.py model.onnx texts.txt       # a text a line
python examples/read_onnx.py model.onnx table.csv       # columns of plain numbers, the oldest row first
"""

import csv
import json
import re
import sys
import unicodedata
from pathlib import Path

import numpy as np
import onnxruntime


def read(path):
    """The session of a file, and the names that go with its numbers."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    told = session.get_modelmeta().custom_metadata_map
    return session, {key: json.loads(value) for key, value in told.items() if key != "tinygrad_gru"}


def words_of(text, rules):
    """The words of a text, as the run cuts it up."""
    return re.findall(rules["regex"], unicodedata.normalize(rules["normal form"], text.lower()))


def labels_of(session, facts, texts):
    """The likeliest label of each text, and its probability."""
    places = {word: place for place, word in enumerate(facts["vocabulary"])}
    codes = [[places.get(w, 0) for w in words_of(t, facts["tokeniser"])][-facts["length"] :] for t in texts]
    x = np.zeros((max(map(len, codes), default=1) or 1, len(codes)), np.int64)  # (T, B), padded with 0
    for b, text in enumerate(codes):
        x[: len(text), b] = text
    (p,) = session.run(["probabilities"], {"x": x, "lengths": np.array([len(text) for text in codes])})
    return [(facts["labels"][row.argmax()], float(row.max())) for row in p]


def rows_of(file, columns):
    """The rows of an open table; a decimal comma is one where semicolons or tabs stand between fields."""
    head = file.readline()
    mark = max(",;\t", key=head.count)
    file.seek(0)
    rows = list(csv.DictReader(file, delimiter=mark))
    if missing := [name for name in columns if not rows or name not in rows[0]]:
        sys.exit(f"no column {missing[0]!r}, got {head.strip()}. try: a header row with {', '.join(columns)}")
    try:
        point = "," if mark == "," else "."  # in 1,234 behind a comma it is no decimal mark, and refused
        return [[float(row[name].replace(",", point)) for name in columns] for row in rows]
    except (AttributeError, ValueError) as error:
        sys.exit(f"{error}. try: tinygrad-gru predict, which reads tables as they are")


def next_rows(session, facts, rows):
    """The rows that follow on these, as many as the run looks ahead: a dictionary of its targets each."""
    x = np.array(rows[-facts["length"] :])
    (forecast,) = session.run(["forecast"], {"x": x[:, None]})  # (1, horizon, targets)
    return [dict(zip(facts["targets"], map(float, row), strict=True)) for row in forecast[0]]


if __name__ == "__main__":
    session, facts = read(sys.argv[1])
    with Path(sys.argv[2]).open(encoding="utf-8-sig", newline="") as file:
        if "targets" in facts:
            for row in next_rows(session, facts, rows_of(file, facts["columns"])):
                print(
                    ", ".join(
                        f"{name} {value:.7g} {facts['units'].get(name, '')}".strip() for name, value in row.items()
                    )
                )
        else:
            texts = [line.rstrip("\r\n") for line in file if line.strip()]
            for text, (label, p) in zip(texts, labels_of(session, facts, texts), strict=True):
                print(f"{label} ({p:.4f}): {text}")
