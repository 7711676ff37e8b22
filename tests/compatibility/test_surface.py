"""The comparison of two checkouts sees what a user would."""

from types import ModuleType

from tests.compatibility.surface import ROOT, commands, differences, names_of, promises, public_names


def test_a_name_gone_new_or_changed_is_noticed():
    before = {"names": {"tg.a": "(x)", "tg.b": "(x)", "tg.c": "(x)"}}
    after = {"names": {"tg.b": "(x, y)", "tg.c": "(x)", "tg.d": "(z)"}}

    assert list(differences(before, after)) == [
        ("gone", "names: tg.a", "(x)", None),
        ("new", "names: tg.d", None, "(z)"),
        ("changed", "names: tg.b", "(x)", "(x, y)"),
    ]


def test_a_changed_default_changes_the_signature():
    house = ModuleType("house")
    house.__all__ = ["f"]
    house.f = lambda x, keep=True: x
    assert names_of(house, "house", set()) == {"house.f": "(x, keep=True)"}
    house.f = lambda x, keep=False: x
    assert names_of(house, "house", set()) == {"house.f": "(x, keep=False)"}


def test_names_are_told_recursively_with_their_signatures():
    names = public_names()
    assert names["tg.nn"] == "module"
    assert names["tg.Tensor"].startswith("class(")
    assert "tg.Tensor.backward" in names and "tg.nn.GRU" in names and "tg.layers.GRU" in names


def test_a_command_is_told_with_its_options():
    told = commands()
    assert told["train"] and any(key.startswith("train --") for key in told)
    assert told["train --seed"].startswith("int | None = None: ")
    assert not [key for key in told if " --" in key and told[key].startswith("None = ")]


def test_each_promise_of_the_page_is_one_line():
    page = "# x\n## The promises\n\n* One\n  holds.\n* Two.\n\n## The tests\n\n* no promise\n"
    assert list(promises(page)) == ["One holds.", "Two."]
    assert len(promises((ROOT / "docs" / "promises.md").read_text(encoding="utf-8"))) > 10
