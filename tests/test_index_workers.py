import threading

import pytest

from index.workers import Workers


def test_results_come_in_order_and_a_failure_stops_what_was_not_begun():
    begun, gate = [], threading.Event()

    def work(number):
        begun.append(number)
        if number == 3:
            raise ValueError("3")
        if number == 4:
            gate.wait(5)
        return -number

    workers = Workers(1)
    assert workers.map(work, [2, 1, 0]) == [-2, -1, 0]
    begun.clear()
    with pytest.raises(ValueError, match="3"):
        workers.map(work, [3, 4, *range(10, 100)])
    gate.set()
    assert workers.map(work, [0]) == [0]
    assert len(begun) < 10
