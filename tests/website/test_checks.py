"""The checker of the built pages finds a fault of every kind, and none in a sound site."""

import pytest

from website.checks import faults

SOUND = {
    "index.html": '<link rel="stylesheet" href="site.css"><img src="a.svg" alt="a"><a href="b/c.html#there">c</a>'
    '<a href="https://example.org">out</a><script src="x.js"></script>',
    "b/c.html": '<h1 id="there">There</h1><a href="../index.html">up</a><a href="#there">here</a><a href=".">x</a>',
    "b/index.html": "",
    "site.css": "p { background: url(a.svg) } q { background: url(data:image/png;base64,AA) }",
    "a.svg": "<svg/>",
    "x.js": "",
}


def site(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_a_sound_site_has_no_faults(tmp_path):
    assert faults(site(tmp_path, SOUND)) == []


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ('<a href="b/nothing.html">x</a>', "index.html: links to b/nothing.html, which is not there"),
        ('<a href="b/c.html#nowhere">x</a>', "index.html: links to b/c.html#nowhere, and there is no such place"),
        ('<a href="#nowhere">x</a>', "index.html: links to #nowhere, and there is no such place"),
        ('<a href="../outside.html">x</a>', "index.html: links to ../outside.html, which is not there"),
        ('<img src="no.svg" alt="x">', "index.html: no.svg is missing"),
        ('<img src="a.svg">', "index.html: the picture a.svg has no text beside it"),
        (
            '<script src="https://cdn.example.org/x.js"></script>',
            "index.html: loads https://cdn.example.org/x.js from outside",
        ),
        ('<link rel="stylesheet" href="//fonts.example.org">', "index.html: loads //fonts.example.org from outside"),
        (
            '<link rel="preconnect" href="https://fonts.example.org">',
            "index.html: loads https://fonts.example.org from outside",
        ),
        (
            '<p style="background: url(https://example.org/a.png)">',
            "index.html: loads https://example.org/a.png from outside",
        ),
        ("<p>[a](b.md) and</p>", "index.html: Markdown was left over: ](b.md)"),
        ("<p>adds up[^counts]</p>", "index.html: Markdown was left over: [^counts]"),
        ("<h2>Heading {#heading}</h2>", "index.html: Markdown was left over: {#heading}"),
        ("<p>\n| a | b |\n</p><pre>| a |</pre>", "index.html: Markdown was left over: | a | b |"),
        ('<i id="a"></i><i id="a"></i>', "index.html: two things are called #a"),
    ],
)
def test_a_planted_fault_is_found(page, fault, tmp_path):
    assert faults(site(tmp_path, SOUND | {"index.html": page})) == [fault]


def test_a_font_from_outside_is_found_in_a_style_sheet(tmp_path):
    sheet = '@import "https://fonts.example.org/x.css"; p { background: url("lost.png") }'
    assert faults(site(tmp_path, SOUND | {"site.css": sheet})) == [
        "site.css: loads https://fonts.example.org/x.css from outside",
        "site.css: lost.png is missing",
    ]


def test_a_folder_without_pages_is_no_site(tmp_path):
    assert faults(tmp_path) == [f"{tmp_path} holds no page"]
