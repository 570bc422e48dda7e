"""A page of text, tables and figures, as Markdown and as HTML that stands alone."""

from dataclasses import dataclass
from html import escape
from pathlib import Path

import pandas as pd

__all__ = ["Block", "Page", "markdown_table", "write_page"]

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 62rem; margin: 2rem auto;
  padding: 0 1rem; }
h1, h2 { line-height: 1.2; } h2 { margin-top: 2.2rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.9rem; }
th, td { text-align: left; padding: 0.25rem 0.7rem; border-bottom: 1px solid #ddd; }
th { border-bottom: 2px solid #888; } .wide { overflow-x: auto; }
figure { margin: 1rem 0; } img { max-width: 100%; } figcaption, .note { color: #555; font-size: 0.9rem; }
"""


@dataclass(frozen=True, eq=False)
class Block:
    """A part of a page: a heading with what stands under it.

    Parameters
    ----------
    heading
        Of the part.
    paragraphs
        Plain text.
    table
        Shown after the text.
    figure
        Name of an image file beside the page, shown last.
    caption
        Of the figure.
    """

    heading: str
    paragraphs: tuple[str, ...] = ()
    table: pd.DataFrame | None = None
    figure: str = ""
    caption: str = ""


@dataclass(frozen=True, eq=False)
class Page:
    """A title and its parts."""

    title: str
    blocks: tuple[Block, ...]

    def to_markdown(self) -> str:
        """Give the page as Markdown."""
        return f"# {self.title}\n\n" + "\n".join(_block_markdown(block) for block in self.blocks)

    def to_html(self) -> str:
        """Give the page as one HTML document; figures are files beside it."""
        body = "\n".join(_block_html(block) for block in self.blocks)
        title = escape(self.title)
        return (
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
            f"<style>{_STYLE}</style></head>\n<body>\n<h1>{title}</h1>\n{body}\n</body></html>\n"
        )


def write_page(page: Page, folder: Path, name: str) -> None:
    """Write a page as ``name.md`` and ``name.html``."""
    (folder / f"{name}.md").write_text(page.to_markdown(), encoding="utf-8")
    (folder / f"{name}.html").write_text(page.to_html(), encoding="utf-8")


def markdown_table(table: pd.DataFrame) -> str:
    """Write a table in Markdown; figures with three decimals, a bar in a text escaped."""
    rows = [[str(name) for name in table.columns], ["---"] * table.shape[1], *_cells(table)]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in rows) + "\n"


def _block_markdown(block: Block) -> str:
    parts = [f"## {block.heading}\n", *(f"{paragraph}\n" for paragraph in block.paragraphs)]
    parts += [] if block.table is None else [markdown_table(block.table)]
    parts += [f"![{block.caption}]({block.figure})\n"] if block.figure else []
    return "\n".join(parts)


def _block_html(block: Block) -> str:
    parts = [f"<h2>{escape(block.heading)}</h2>", *(f"<p>{escape(text)}</p>" for text in block.paragraphs)]
    parts += [] if block.table is None else [_table_html(block.table)]
    if block.figure:
        caption = escape(block.caption)
        image = f'<img src="{escape(block.figure)}" alt="{caption}">'
        parts.append(f"<figure>{image}<figcaption>{caption}</figcaption></figure>")
    return "\n".join(parts)


def _table_html(table: pd.DataFrame) -> str:
    head = "".join(f"<th>{escape(str(name))}</th>" for name in table.columns)
    rows = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in _cells(table))
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>'


def _cells(table: pd.DataFrame) -> list[list[str]]:
    return [[_cell(value) for value in row] for row in table.itertuples(index=False)]


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "–" if value != value else f"{value:.3f}"  # noqa: PLR0124 # NaN is the one value unlike itself
    return str(value)
