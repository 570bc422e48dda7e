from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from napari_ben.results import Block, Page, markdown_table, write_page

TABLE = pd.DataFrame({"model": ["a|b", "<c>"], "accuracy": [0.91234, float("nan")], "n": [3, 4]})


@pytest.fixture
def page() -> Page:
    first = Block("Accuracy & more", ("One < two.",), TABLE, "accuracy.png", 'A "figure".')
    return Page("Plates", (first, Block("Notes", ("Nothing.",))))


def test_markdown_has_all_parts(page: Page) -> None:
    text = page.to_markdown()
    assert text.startswith("# Plates\n")
    assert "| a&#124;b | 0.912 | 3 |" in text
    assert '![A "figure".](accuracy.png)' in text


def test_html_is_balanced_and_escaped(page: Page) -> None:
    class Checker(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []
            self.texts: list[str] = []

        def handle_starttag(self, tag, attributes):
            if tag not in ("meta", "img"):
                self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

        def handle_data(self, data):
            self.texts.append(data)

    checker = Checker()
    checker.feed(page.to_html())
    assert checker.open == []
    assert {"Accuracy & more", "One < two.", "<c>", "–"} <= set(checker.texts)


def test_both_are_written(page: Page, tmp_path: Path) -> None:
    write_page(page, tmp_path, "report")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.md"]


def test_a_table_is_aligned_by_bars() -> None:
    assert markdown_table(TABLE).splitlines()[1] == "| --- | --- | --- |"
