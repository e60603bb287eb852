"""The plot of what a delivered line costs, as SVG: a panel of bars for each cell, each with a scale of its own."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

COLUMNS = 3
WIDTH, BAR, GAP = 300, 18, 6  # pixels: a panel, a bar, the space between two
LABELS, FIGURES = 108, 40  # pixels left of the bars for the names, and right of them for the figures
TITLE = 30
OURS, OTHERS = "#2563eb", "#9ca3af"

Panel = tuple[str, Sequence[tuple[str, float]]]


def plot(title: str, panels: Sequence[Panel], ours: str) -> str:
    """Return the SVG; a panel is its title and a bar for each name, that of `ours` in a colour of its own."""
    height = TITLE + max(len(bars) for _, bars in panels) * (BAR + GAP) + 2 * GAP
    rows = -(-len(panels) // COLUMNS)
    columns = min(COLUMNS, len(panels))
    size = (columns * WIDTH, TITLE + rows * height)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" width="{size[0]}" '
        f'height="{size[1]}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="8" y="20" font-size="15" font-weight="bold">{escape(title)}</text>',
    ]
    for place, (name, bars) in enumerate(panels):
        x, y = place % COLUMNS * WIDTH, TITLE + place // COLUMNS * height
        parts += [f'<g transform="translate({x} {y})">', *_panel(name, bars, ours), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def _panel(name: str, bars: Sequence[tuple[str, float]], ours: str) -> list[str]:
    longest = max(value for _, value in bars)
    parts = [f'<text x="8" y="18" font-weight="bold">{escape(name)}</text>']
    for place, (label, value) in enumerate(bars):
        y = TITLE + place * (BAR + GAP)
        length = value / longest * (WIDTH - LABELS - FIGURES)
        colour = OURS if label == ours else OTHERS
        parts += [
            f'<text x="{LABELS - 6}" y="{y + 13}" text-anchor="end">{escape(label)}</text>',
            f'<rect x="{LABELS}" y="{y}" width="{length:.1f}" height="{BAR}" fill="{colour}"/>',
            f'<text x="{LABELS + length + 5:.1f}" y="{y + 13}">{value:.2g}</text>',
        ]
    return parts
