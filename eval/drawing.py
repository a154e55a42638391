"""Plots as SVG text: no font file, no script; the reader's browser writes the Japanese."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Point = tuple[float, float]
_COLOURS = ("#1f5fa8", "#c2571a")
_LEFT, _TOP, _WIDTH, _HEIGHT = 56, 16, 520, 260


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: a share in [0, 1] with its interval, and how many questions it rests on."""

    label: str
    value: float
    low: float
    high: float
    count: int


def draw_curves(curves: Mapping[str, Sequence[Point]], answered: Mapping[str, float]) -> str:
    """Risk–coverage curves in the unit square; a dot where each system really stops answering."""
    parts = [_grid()]
    for number, (name, points) in enumerate(curves.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        parts += _line(points, answered[name], colour)
        y = _TOP + 8 + 18 * number
        parts.append(
            f'<rect x="{_LEFT + 12}" y="{y}" width="12" height="12" fill="{colour}"/>'
            f'<text x="{_LEFT + 30}" y="{y + 11}">{html.escape(name)}</text>'
        )
    label = "質問全体のうち答えた割合 →(●まで実際に答えた。点線は誤りの上限の見積り)"
    parts.append(f'<text x="{_LEFT}" y="{_TOP + _HEIGHT + 40}">{label}</text>')
    parts.append(
        f'<text x="14" y="{_TOP + 100}" transform="rotate(-90 14 {_TOP + 100})">誤りの割合</text>'
    )
    return _svg(_LEFT + _WIDTH + 20, _TOP + _HEIGHT + 52, parts, "確信度と誤りの関係")


def draw_bars(bars: Sequence[Bar]) -> str:
    """Horizontal bars with interval lines, one a group."""
    parts: list[str] = []
    for number, bar in enumerate(bars):
        y = 8 + 26 * number
        x, low, high = (150 + 380 * v for v in (bar.value, bar.low, bar.high))
        parts += [
            f'<text x="142" y="{y + 13}" text-anchor="end">{html.escape(bar.label)}</text>',
            f'<rect x="150" y="{y}" width="380" height="18" fill="#eceff3"/>',
            f'<rect x="150" y="{y}" width="{x - 150:.1f}" height="18" fill="{_COLOURS[0]}"/>',
            f'<path d="M{low:.1f} {y + 9}H{high:.1f}" stroke="#111" stroke-width="2"/>',
            f'<text x="538" y="{y + 13}">{bar.value:.0%}({bar.count}問)</text>',
        ]
    return _svg(640, 16 + 26 * len(bars), parts, "種類ごとの割合")


def _line(points: Sequence[Point], share: float, colour: str) -> list[str]:
    """Solid as far as the system answered, then dashed, where the risk is an upper bound."""
    inside = [point for point in points if point[0] <= share + 1e-9]
    beyond = points[max(0, len(inside) - 1) :]
    stroke = f'fill="none" stroke="{colour}" stroke-width="2"'
    parts = [f'<polyline points="{_trace(inside)}" {stroke}/>']
    parts.append(f'<polyline points="{_trace(beyond)}" {stroke} stroke-dasharray="4 4"/>')
    if inside:
        x, y = inside[-1]
        parts.append(f'<circle cx="{_x(x):.1f}" cy="{_y(y):.1f}" r="5" fill="{colour}"/>')
    return parts


def _trace(points: Sequence[Point]) -> str:
    return " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)


def _grid() -> str:
    lines = []
    for tick in range(0, 101, 20):
        x, y = _x(tick / 100), _y(tick / 100)
        lines.append(f'<path d="M{x} {_TOP}V{_TOP + _HEIGHT}M{_LEFT} {y}H{_LEFT + _WIDTH}"/>')
        lines.append(f'<text x="{x}" y="{_TOP + _HEIGHT + 18}" text-anchor="middle">{tick}%</text>')
        lines.append(f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{tick}%</text>')
    return f'<g stroke="#d5d9df" stroke-width="1" class="grid">{"".join(lines)}</g>'


def _x(share: float) -> float:
    return _LEFT + _WIDTH * share


def _y(share: float) -> float:
    return _TOP + _HEIGHT * (1 - share)


def _svg(width: int, height: int, parts: Sequence[str], title: str) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img" '
        f'aria-label="{html.escape(title)}">{"".join(parts)}</svg>'
    )
