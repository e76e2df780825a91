"""Pictures of states: shapes as SVG and as pixels, and the frames that environments render."""

from __future__ import annotations

import math
from xml.etree import ElementTree as ET

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metacot.envs  # noqa: F401  # registers the ids
from metacot.tasks import make
from metacot.tasks.pictures import Picture, cards, text_picture
from metacot.tasks.pictures.glyphs import STROKES, strokes

BLACK, RED = "#000000", "#ff0000"


def ink(picture):
    """How many pixels are covered, parts of pixels included, by shapes in black."""
    return (255 - picture.pixels().astype(float)).sum() / (3 * 255)


def drawn(method, *arguments, **options):
    picture = Picture(100, 80)
    getattr(picture, method)(*arguments, **options)
    return picture


def parts(picture):
    """(tag, attributes) of what the SVG holds on top of the white sheet."""
    return [(part.tag.rpartition("}")[2], part.attrib, part.text) for part in ET.fromstring(picture.svg())][1:]


@pytest.mark.parametrize(
    ("picture", "area"),
    [
        (drawn("rect", 10, 20, 30, 40, BLACK), 1200),
        (drawn("rect", 10.25, 20.5, 30.5, 40, BLACK), 1220),
        (drawn("rect", 10, 20, 30, 40, line=BLACK, thick=4), 44 * 34 - 36 * 26),
        (drawn("rect", 10, 20, 30, 40, BLACK, radius=10), 1200 - (4 - math.pi) * 100),
        (drawn("rect", 90, 70, 30, 40, BLACK), 100),
        (drawn("rect", -10, -10, 30, 40, BLACK), 600),
        (drawn("rect", -50, -50, 20, 20, BLACK), 0),
        (drawn("circle", 50, 40, 20, BLACK), math.pi * 400),
        (drawn("circle", 50.3, 40.7, 20, line=BLACK, thick=3), math.pi * 120),
        (drawn("circle", 0, 0, 20, BLACK), math.pi * 100),
        (drawn("line", [(10, 40), (90, 40)], thick=6), 80 * 6 + math.pi * 9),
        (drawn("line", [(20, 20), (60, 60)], thick=5), math.hypot(40, 40) * 5 + math.pi * 6.25),
        (drawn("line", [(50, 40)], thick=10), math.pi * 25),
        (drawn("polygon", [(10, 10), (90, 10), (50, 70)], BLACK), 2400),
        (drawn("polygon", [(10, 10), (90, 10), (10, 70), (90, 70)], BLACK), 2400),
    ],
)
def test_shapes_cover_their_area_edges_smoothed(picture, area):
    assert ink(picture) == pytest.approx(area, rel=0.01, abs=0.5)


def test_later_shapes_lie_on_top_in_their_colours():
    picture = Picture(40, 30)
    picture.rect(0, 0, 40, 30, "#204060")
    picture.circle(20, 15, 10, RED, line="#00ff00", thick=4)
    pixels = picture.pixels()
    assert pixels.shape == (30, 40, 3)
    assert pixels.dtype == np.uint8
    assert [pixels[15, x].tolist() for x in (2, 10, 20)] == [[0x20, 0x40, 0x60], [0, 255, 0], [255, 0, 0]]


def test_svg_says_the_same_shapes_in_the_same_order():
    picture = Picture(90, 60)
    picture.rect(1, 2, 3, 4.5, RED, line=BLACK, thick=2, radius=1)
    picture.circle(5, 6, 7, line=BLACK)
    picture.line([(1, 2), (3, 4)], RED, thick=3)
    picture.polygon([(0, 0), (5, 0), (0, 5)], RED)
    picture.text(8, 9, "<a & 'b'>", 12, RED, anchor="end", bold=True)
    rect, circle, line, polygon, words = parts(picture)
    assert ET.fromstring(picture.svg()).attrib["viewBox"] == "0 0 90 60"
    box = {"x": "1", "y": "2", "width": "3", "height": "4.5", "rx": "1"}
    assert rect[:2] == ("rect", box | {"fill": RED, "stroke": BLACK, "stroke-width": "2"})
    assert circle[:2] == (
        "circle",
        {"cx": "5", "cy": "6", "r": "7", "fill": "none", "stroke": BLACK, "stroke-width": "1"},
    )
    assert (line[0], line[1]["d"]) == ("path", "M1 2L3 4L3 4")
    assert (polygon[0], polygon[1]["points"]) == ("polygon", "0,0 5,0 0,5")
    assert (words[0], words[1]["text-anchor"], words[2]) == ("text", "end", "<a & 'b'>")


def test_text_stands_where_its_anchor_says_and_each_character_looks_different():
    for anchor, left, right in (("start", 50, 100), ("middle", 20, 80), ("end", 0, 50)):
        columns = np.flatnonzero((drawn("text", 50, 40, "HHH", 20, anchor=anchor).pixels() < 128).any((0, 2)))
        assert left <= columns[0] <= columns[-1] < right
    rows = np.flatnonzero((drawn("text", 50, 40, "H", 20).pixels() < 128).any((1, 2)))
    assert (rows[0], rows[-1]) == (pytest.approx(26, abs=1), pytest.approx(40, abs=1))
    alike = {"0": "O", "-": "−"}
    looks = {}
    for char in STROKES:
        looks.setdefault(drawn("text", 20, 40, char, 30).pixels().tobytes(), []).append(char)
    assert sorted(sorted(group) for group in looks.values() if len(group) > 1) == sorted(map(sorted, alike.items()))
    assert ink(drawn("text", 20, 40, "H", 30, bold=True)) > ink(drawn("text", 20, 40, "H", 30))


def test_the_alphabet_covers_what_can_be_printed():
    assert {chr(code) for code in range(33, 127)} <= set(STROKES)
    assert strokes("☃") == strokes("☂")  # a box
    for char in STROKES:
        assert all(0 <= x <= 4 and 0 <= y <= 8 for stroke in strokes(char) for x, y in stroke)


near = st.floats(-150, 250, allow_nan=False)
length = st.floats(0, 120)
colour = st.sampled_from([BLACK, RED, "#336699"])
shape = st.one_of(
    st.tuples(st.just("rect"), st.tuples(near, near, length, length, colour)),
    st.tuples(st.just("circle"), st.tuples(near, near, length, colour)),
    st.tuples(st.just("line"), st.tuples(st.lists(st.tuples(near, near), min_size=1, max_size=5), colour)),
    st.tuples(st.just("polygon"), st.tuples(st.lists(st.tuples(near, near), min_size=3, max_size=6), colour)),
    st.tuples(st.just("text"), st.tuples(near, near, st.text("aZ08/☃ <&", max_size=9), st.floats(1, 60), colour)),
)


@settings(max_examples=60)
@given(st.lists(shape, max_size=6), st.integers(1, 90), st.integers(1, 90))
def test_any_shapes_wherever_they_lie_give_a_picture(shapes, width, height):
    picture = Picture(width, height)
    for method, arguments in shapes:
        getattr(picture, method)(*arguments)
    assert picture.pixels().shape == (height, width, 3)
    assert len(parts(picture)) == len(shapes)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: Picture(0, 5), "at least one pixel wide"),
        (lambda: drawn("rect", 1, 2, 3, 4, "red"), "a colour is written #rrggbb in lower case, got 'red'"),
        (lambda: drawn("text", 1, 2, "a", anchor="left"), "anchor must be one of start, middle, end, got 'left'"),
    ],
)
def test_mistakes_are_named(call, reason):
    with pytest.raises(ValueError, match=reason):
        call()


def test_cards_keep_their_size_and_write_fractions_over_two_lines():
    full, last = cards(["3", "8/3", "123456"], 3, "make 24"), cards(["24"], 3, "make 24")
    assert full.pixels().shape == last.pixels().shape
    assert [text for tag, _, text in parts(full) if tag == "text"] == ["3", "8", "3", "123456", "make 24"]
    assert sum(tag == "rect" for tag, _, _ in parts(last)) == 3


def test_text_is_drawn_line_by_line():
    assert [text for _, _, text in parts(text_picture("ab\n c"))] == ["ab", " c"]
    assert ink(text_picture("")) == 0


def test_environments_render_frames_of_one_size_that_follow_the_state():
    env = gym.make("MetaCoT/Game24-v0", render_mode="rgb_array")
    env.reset(seed=0)
    frames = [env.render()]
    for _ in range(3):
        legal = np.flatnonzero(env.unwrapped.action_masks()[: make("game24").n_actions])
        env.step(int(legal[0]))
        frames.append(env.render())
    assert all(frame.shape == frames[0].shape and frame.dtype == np.uint8 for frame in frames)
    assert len({frame.tobytes() for frame in frames}) == 4
    assert 0.02 < (frames[0] < 128).any(2).mean() < 0.5


def test_text_environments_render_the_same_picture():
    numeric, text = (gym.make(f"MetaCoT/Game24{kind}-v0", render_mode="rgb_array") for kind in ("", "Text"))
    numeric.reset(seed=0)
    text.reset(seed=0)
    assert np.array_equal(numeric.render(), text.render())
