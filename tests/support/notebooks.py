"""Notebooks that the tests write, as an analyst would."""

import json
from pathlib import Path

# Parts of the page in each container of ipywidgets, and one part shown twice; each cell starts with its name.
CONTAINERS = (
    "from ipywidgets import Accordion, AppLayout, HTML, Tab, VBox\n"
    "from tracker.dashboard import App, CurrencyPicker, Footer, Header, PriceCharts, RankingTable, SpanPicker\n"
    "app = App.start()\n"
    "charts = PriceCharts(app.state)\n"
    "Tab([RankingTable(app.state), charts], titles=['Ranking', 'Charts'])",
    "Accordion([Footer(app.state), charts], titles=['Prices', 'Lines'], selected_index=0)",
    "AppLayout(header=Header(app.state), left_sidebar=VBox([SpanPicker(app.state), CurrencyPicker(app.state)]),\n"
    "          center=RankingTable(app.state), pane_widths=['260px', 1, 0])",
    "VBox([HTML('<h3>Mine</h3>'), charts])",
)


def write_notebook(path: Path, *cells: str) -> Path:
    """Write a notebook of code *cells* to *path*; return it."""
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    book = {
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{number}",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": cell,
            }
            for number, cell in enumerate(cells)
        ],
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(book), encoding="utf-8")
    return path
