"""Reads Delta tables with delta-rs and their data files with DuckDB, and writes down what they say as JSON.

usage: read_table.py REQUEST ANSWER, where REQUEST is [{"folder": table, "files": [absolute paths of the snapshot]}, ...]
"""

import json
import sys

import duckdb
import pyarrow.dataset as ds
from deltalake import DeltaTable
from value_text import text, texts


def found_by_value(table, column):
    """How many rows each value of a column finds when files are skipped by their statistics."""
    dataset = table.to_pyarrow_dataset()
    values = {value for value in dataset.to_table([column])[column].to_pylist() if value is not None}
    kind = dataset.schema.field(column).type
    return {text(value): dataset.count_rows(filter=ds.field(column) == ds.scalar(value).cast(kind)) for value in values}


def read_delta(folder):
    table = DeltaTable(folder)
    fields = table.schema().fields
    return {
        "version": table.version(),
        "types": {field.name: field.type.type for field in fields},
        "rows": texts(table.to_pyarrow_table().to_pylist()),
        "found": {field.name: found_by_value(table, field.name) for field in fields if field.type.type != "binary"},
    }


def read_files(files):
    session = duckdb.connect()
    session.execute("SET TimeZone = 'UTC'")
    relation = session.read_parquet(files, hive_partitioning=False, union_by_name=True)
    # Sums of more digits than 18 could leave DuckDB's 128 bits.
    decimals = [n for n, kind in zip(relation.columns, relation.types) if kind.id == "decimal" and kind.children[0][1] <= 18]
    sums = relation.aggregate(", ".join(f'sum("{name}")::varchar' for name in decimals)).fetchall()[0]
    return {"rows": texts(relation.to_arrow_table().to_pylist()), "sums": dict(zip(decimals, sums))}


if __name__ == "__main__":
    with open(sys.argv[1]) as request:
        tables = json.load(request)
    answers = {t["folder"]: {"delta": read_delta(t["folder"]), "duckdb": read_files(t["files"])} for t in tables}
    with open(sys.argv[2], "w") as answer:
        json.dump(answers, answer)
