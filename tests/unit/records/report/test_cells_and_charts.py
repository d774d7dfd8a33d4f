"""How a figure is shown: its cells, its CSV, its drawing."""

import csv
import io
import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.knowledge.model import Knowledge
from cds_service.records.report.cells import (
    CellFormat,
    ReportColumn,
    Sheet,
    as_csv,
    harmless,
    sheet_as_csv,
    shown,
)
from cds_service.records.report.charts import MOST_BARS, MOST_SERIES, chart_of, round_above
from cds_service.records.report.intervals import share
from cds_service.records.report.report import Question, report_on
from cds_service.records.report.sheets import sheets
from tests.unit.records.report.conftest import SCOPE, Made


@pytest.mark.parametrize(
    ("cell", "form", "text"),
    [
        (14614, "count", "14,614"),
        (0.36376, "percent", "36.4 %"),
        ((0.356, 0.372), "percent-range", "35.6 to 37.2 %"),
        (-0.005, "points", "−0.5"),
        ((-0.013, 0.009), "points-range", "−1.3 to +0.9"),
        (3.456, "ms", "3.5"),
        ("=SUM", "text", "=SUM"),
        (None, "percent", "–"),
    ],
)
def test_a_cell_as_a_person_reads_it(cell: Any, form: CellFormat, text: str) -> None:
    assert shown(cell, form) == text


SIGNS = "=+-@＝＋－＠"


@given(
    st.one_of(
        st.builds("{}{}".format, st.sampled_from(["", " ", "\n ", "\u00a0"]), st.sampled_from(SIGNS)),
        st.sampled_from("\t\r\n"),
    ),
    st.text(max_size=20),
)
def test_no_spreadsheet_takes_a_text_for_a_formula(start: str, rest: str) -> None:
    text = f"{start}{rest}"

    (row,) = csv.reader(io.StringIO(as_csv([text], []), newline=""))

    assert row == [f"'{text}"]


@given(st.one_of(st.integers(), st.floats(allow_nan=False), st.none()))
def test_numbers_stay_numbers(number: float | None) -> None:
    assert harmless(number) is number


def test_csv_has_both_ends_of_a_range_and_bare_numbers() -> None:
    columns = (ReportColumn("Name"), ReportColumn("Share", "percent"), ReportColumn("Range", "percent-range"))
    rows = (("a", 0.123456789, (0.1, 0.2)), ("b", None, None))

    text = sheet_as_csv(Sheet(id="x", title="X", says="", columns=columns, rows=rows))

    assert text == "Name,Share,Range low,Range high\r\na,0.123457,0.1,0.2\r\nb,,,\r\n"


@pytest.mark.parametrize(
    ("value", "above"),
    [
        (0, 1),
        (0.037, 0.05),
        (0.36, 0.5),
        (0.2, 0.2),
        (0.21, 0.25),
        (1, 1),
        (7, 10),
        (1795, 2000),
        (2001, 2500),
    ],
)
def test_a_scale_ends_at_a_round_number(value: float, above: float) -> None:
    assert round_above(value) == pytest.approx(above)


@given(st.floats(1e-6, 1e6))
def test_a_scale_holds_its_value_and_is_not_much_longer(value: float) -> None:
    assert value * (1 - 1e-6) <= round_above(value) <= value * 2.51


@pytest.fixture(scope="session")
def drawn(made: Made, knowledge: Knowledge) -> dict[str, Sheet]:
    question = Question(SCOPE, SCOPE)
    return {sheet.id: sheet for sheet in sheets(report_on(made.url, question, knowledge), knowledge)}


def test_every_drawing_is_well_formed_and_stays_within_its_place(drawn: dict[str, Sheet]) -> None:
    for sheet in drawn.values():
        tree = ET.fromstring(f"<div>{chart_of(sheet)}</div>")
        places = [
            float(value.removesuffix("%"))
            for element in tree.iter()
            for name, value in element.attrib.items()
            if name in ("x", "x1", "x2", "cx", "width") and value.endswith("%")
        ]
        assert all(-0.01 <= place <= 100.01 for place in places), sheet.id
        assert not re.search(r"style=|<script|on\w+=|href=|url\(", chart_of(sheet)), sheet.id
        assert sheet.rows, sheet.id


def test_a_column_is_as_high_as_its_count(drawn: dict[str, Sheet]) -> None:
    sheet = drawn["categories-over-time"]
    tree = ET.fromstring(f"<div>{chart_of(sheet)}</div>")
    heights = [(e.findtext("title"), float(e.attrib["height"])) for e in tree.iter("rect") if len(e)]
    said = [(title, height) for title, height in heights if title]

    counts = {title: int(title.rpartition(", ")[2].replace(",", "")) for title, _ in said}
    each = {round(height / counts[title], 3) for title, height in said if counts[title] > 20}

    assert sum(counts.values()) == sum(int(str(cell)) for row in sheet.rows for cell in row[1:])
    assert max(each) - min(each) < 0.01


def test_what_comes_from_a_client_is_escaped() -> None:
    columns = (
        *(ReportColumn("Code"), ReportColumn("Orders", "count"), ReportColumn("Of", "count")),
        *(ReportColumn("Share", "percent"), ReportColumn("Range", "percent-range")),
    )
    one = share("<b>&", 1, 2)
    rows = ((one.name, one.count, one.of, one.share, (0.1, 0.9)),)

    drawing = chart_of(Sheet(id="x", title="X", says="", columns=columns, rows=rows, chart="bars"))

    assert "&lt;b&gt;&amp;" in drawing
    assert "<b>" not in drawing


def test_many_rows_and_many_series_stay_readable() -> None:
    bars = (
        *(ReportColumn("Code"), ReportColumn("Orders", "count"), ReportColumn("Of", "count")),
        *(ReportColumn("Share", "percent"), ReportColumn("Range", "percent-range")),
    )
    rows = tuple((f"c{n}", 1, 99, 0.01, (0.0, 0.05)) for n in range(40))
    series = tuple(ReportColumn(f"s{n}", "count") for n in range(12))
    over_time = (ReportColumn("Day"), *series)

    drawing = chart_of(Sheet(id="x", title="X", says="", columns=bars, rows=rows, chart="bars"))
    columns = chart_of(
        Sheet(id="y", title="Y", says="", columns=over_time, rows=(("d", *[1] * 12),), chart="columns")
    )

    assert drawing.count("bars__row") == MOST_BARS
    assert f"And {40 - MOST_BARS} more in the table." in drawing
    assert columns.count("legend__entry") == MOST_SERIES + 1
    assert f"others, {12 - MOST_SERIES}" in columns


def test_an_empty_sheet_draws_nothing() -> None:
    assert chart_of(Sheet(id="x", title="X", says="", columns=(), rows=(), chart="bars")) == ""
