"""Graphs to draw, and a reader of the SVG that Graphviz makes of them."""

import re
import xml.etree.ElementTree as ET

import numpy as np

import tinygrad_gru as tg

SVG = "{http://www.w3.org/2000/svg}"


def gru_loss(steps=3, batch=1, hidden=4, inputs=2):
    """A GRU written out by hand, so that the drawer cannot know it: only scopes, roles and names tell what is what."""
    rng = np.random.default_rng(0)

    def weight(name, *shape):
        return tg.Tensor(rng.normal(size=shape) * 0.5, requires_grad=True, name=name)

    W_r, W_z, W_h = (weight(name, hidden + inputs, hidden) for name in ("W_r", "W_z", "W_h"))
    b_r, b_z, b_h = (weight(name, hidden) for name in ("b_r", "b_z", "b_h"))
    x = tg.Tensor(rng.normal(size=(steps, batch, inputs)), requires_grad=True, name="x")
    with tg.scope("start", role="state"):
        h = tg.Tensor(np.zeros((batch, hidden)), name="h")
    for t in range(steps):
        with tg.scope("step", t + 1):
            with tg.scope("input", role="input"):
                x_t = x[t].named("x")
            hx = tg.concat([h, x_t], axis=-1)
            with tg.scope("reset gate", role="reset"):
                r = tg.sigmoid(hx @ W_r + b_r).named("r")
            with tg.scope("update gate", role="update"):
                z = tg.sigmoid(hx @ W_z + b_z).named("z")
            with tg.scope("candidate", role="candidate"):
                candidate = tg.tanh(tg.concat([r * h, x_t], axis=-1) @ W_h + b_h).named("h̃")
            with tg.scope("new state", role="state"):
                h = ((1 - z) * h + z * candidate).named("h")
    with tg.scope("loss", role="loss"):
        return (tg.square(h).sum() * 0.5).named("L")


def mlp_loss():
    """Two layers without a scope or a named result."""
    rng = np.random.default_rng(0)
    x = tg.Tensor(rng.normal(size=(1, 3)), name="x")
    W1 = tg.Tensor(rng.normal(size=(3, 4)), requires_grad=True, name="W1")
    W2 = tg.Tensor(rng.normal(size=(4, 2)), requires_grad=True, name="W2")
    return tg.square(tg.tanh(x @ W1) @ W2).mean().named("L")


def nodes_of(dot):
    """The nodes of a DOT text, each with its statement."""
    statement = r'^\s*(?P<key>"(?:[^"\\]|\\.)*"|[^\s"\[{}]+) \[(?P<rest>.*label=.*)\]$'
    found = {m["key"]: m["rest"] for m in re.finditer(statement, dot, re.MULTILINE)}
    keywords = ("graph", "node", "edge")  # a node of such a name stands in quotes
    return {key.strip('"'): rest for key, rest in found.items() if key not in keywords}


def edges_of(dot):
    """The visible edges of a DOT text as pairs of node keys, ports left out."""
    pairs = re.findall(r"^\s*([^\s\[]+) -> ([^\s\[]+)(.*)$", dot, re.MULTILINE)
    return [(a.split(":")[0].strip('"'), b.split(":")[0].strip('"')) for a, b, rest in pairs if "invis" not in rest]


def texts_of(svg):
    """What each node of an SVG says, by its key."""
    root = ET.fromstring(svg)  # well-formed, or this raises
    groups = [g for g in root.iter(f"{SVG}g") if g.get("class") == "node"]
    return {g.findtext(f"{SVG}title"): "".join(t.text or "" for t in g.iter(f"{SVG}text")).strip() for g in groups}
