"""Questions in line: order, count, limit, and a place that is always given back."""

import threading

import pytest

from assistant.chat_queue import Line, poll
from index import TenkyoError


def test_who_comes_later_is_told_how_many_are_ahead_and_goes_on_in_turn():
    line = Line(at_once=1)
    with line.place("ja") as first:
        assert list(first) == []
        with line.place("ja") as second, line.place("ja") as third:
            assert next(second) == 1
            assert next(third) == 2
    with line.place("ja") as later:
        assert list(later) == []


def test_the_next_is_let_in_as_soon_as_one_leaves():
    line, let_in = Line(at_once=1), threading.Event()

    def wait():
        with line.place("ja") as place:
            for _ in place:
                pass
            let_in.set()

    with line.place("ja"):
        waiter = threading.Thread(target=wait)
        waiter.start()
        assert not let_in.wait(0.2)
    waiter.join(5)
    assert let_in.is_set()


def test_a_full_line_refuses_with_its_length_and_an_error_gives_the_place_back():
    line = Line(at_once=1, most=1)
    with line.place("ja"), line.place("ja"), pytest.raises(TenkyoError, match="1問"), line.place("ja"):
        pass
    with pytest.raises(ZeroDivisionError), line.place("ja"):
        _ = 1 / 0
    with line.place("ja") as place:
        assert list(place) == []


def test_what_takes_long_can_be_left_and_errors_come_through():
    go, ended = threading.Event(), threading.Event()

    def work():
        try:
            yield 1
            go.wait(10)
            yield 2
            yield 3
        finally:
            ended.set()

    items = poll(work())
    assert next(items) == 1
    assert next(items) is None
    items.close()
    go.set()
    assert ended.wait(5)
    with pytest.raises(ZeroDivisionError):
        list(poll(1 / 0 for _ in "a"))
