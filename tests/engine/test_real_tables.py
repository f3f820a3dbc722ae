"""Tables that other packages ship open as a person would read them; what each holds was written down by hand."""

from __future__ import annotations

import csv
from importlib.util import find_spec
from pathlib import Path

import pytest
from counts import examples

from engine.errors import DataError
from engine.readers.table import preview_table, read_from, read_table

LIST = Path(__file__).parent.parent / "files" / "real_tables.tsv"
# Models of time series lag their columns: in these tables no row has all of its values.
NO_WHOLE_ROW = {
    "arima111_forecasts.csv", "arima212_forecast.csv", "results_arima_exog_forecasts_css.csv",
    "results_arima_forecasts_all_css.csv", "results_exact_initial_var1_missing_R.csv",
}  # fmt: skip


def site_packages() -> Path:
    found = find_spec("statsmodels")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent.parent


def listed() -> list[dict[str, str]]:
    """The lines of the list whose files are installed; the largest ones are for more examples than usual."""
    with LIST.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file, delimiter="\t"))
    here = [line for line in lines if (site_packages() / line["file"]).is_file()]
    assert len(here) > 0.9 * len(lines), "another version of statsmodels ships other tables: look at the list again"
    return [line for line in here if (site_packages() / line["file"]).stat().st_size <= examples(10_000)]


def said(line: dict[str, str]) -> tuple[object, ...]:
    """What the list says: header, rows, columns, first and last name."""
    return line["header"], int(line["rows"]), int(line["columns"]), line["first"], line["last"]


def test_they_open_as_a_person_sees_them_or_are_refused_for_a_reason_that_holds() -> None:
    differing = []
    for line in listed():
        path = site_packages() / line["file"]
        if line["header"] == "refused":
            with pytest.raises(DataError, match=line["first"]):
                read_table(path)
            continue
        found = preview_table(path)
        names = (found.columns[0].name, found.columns[-1].name) if found.header else ("-", "-")
        rows = found.n_rows if found.whole else int(line["rows"])
        seen = ("yes" if found.header else "no", rows, len(found.columns), *names)
        if seen != said(line):
            differing.append((line["file"], seen))
        if path.name not in NO_WHOLE_ROW:
            data = read_from(found.table)
            assert 1 <= data.n_samples <= int(line["rows"]) and 1 <= data.n_features <= int(line["columns"]), path
    assert differing == []


@pytest.mark.parametrize("name", sorted(NO_WHOLE_ROW))
def test_where_no_row_is_whole_the_costs_of_the_columns_are_said(name: str) -> None:
    path = next((site_packages() / "statsmodels").rglob(name))
    with pytest.raises(DataError, match=r"Every row of .* has a missing value: leave out the worst with columns="):
        read_table(path)
    assert read_table(path, missing="keep").has_missing
