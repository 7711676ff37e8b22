"""The API on the site: every public name, with what its docstring says and how it is called."""

import tinygrad_gru as tg
from website.reference import api


def test_every_public_name_has_an_entry():
    pages = {each.path: api.page(each) for each in api.namespaces()}
    assert {
        "tg",
        "tg.nn",
        "tg.nn.losses",
        "tg.optim",
        "tg.optim.schedules",
        "tg.linalg",
        "tg.interop",
        "tg.errors",
    } <= set(pages)
    for each in api.namespaces():
        assert [name for name in each.names if f"{{#{each.path}.{name}}}" not in pages[each.path]] == []
    assert "{#tg.draw}" in pages["tg"] and "{#tg.nn.GRU}" in pages["tg.nn"]


def test_an_entry_has_the_call_the_words_and_the_methods():
    page = api.page(next(each for each in api.namespaces() if each.path == "tg.nn"))
    entry = page.partition("{#tg.nn.GRU}")[2].partition("\n## ")[0]
    assert "tg.nn.GRU(\n    input_size, hidden_size, num_layers=1," in entry and "dtype=float32" in entry
    assert "The gated recurrent unit over time" in entry
    assert "{#tg.nn.Module.state_dict}" in page


def test_a_name_without_a_docstring_of_its_own_says_nothing_of_the_class_above():
    class Bare(tg.nn.Module):
        pass

    assert api.documentation(Bare) == "" and api.documentation(tg.nn.Module)


def test_the_index_lists_the_modules():
    every = api.namespaces()
    assert all(f"[`{each.path}`]({each.path}.md)" in api.index(every) for each in every)
