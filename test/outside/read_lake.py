"""Counts and sums the tables of a lake with delta-rs, and their data files with DuckDB.

usage: read_lake.py REQUEST ANSWER, where REQUEST is [{"folder": table, "sums": [decimal and integer columns]}, ...]
"""

import json
import sys

import duckdb
import pyarrow.compute as pc
from deltalake import DeltaTable
from value_text import text


def by_delta(table, sums):
    rows = table.to_pyarrow_table()
    return {"rows": rows.num_rows, "sums": {name: text(pc.sum(rows[name]).as_py()) for name in sums}}


def by_duckdb(table, sums):
    files = table.file_uris()
    if not files:
        return {"rows": 0, "sums": {name: None for name in sums}}
    relation = duckdb.connect().read_parquet(files, hive_partitioning=False, union_by_name=True)
    columns = ", ".join(["count(*)"] + [f'sum("{name}")::varchar' for name in sums])
    count, *values = relation.aggregate(columns).fetchall()[0]
    return {"rows": count, "sums": dict(zip(sums, values))}


def read(request):
    table = DeltaTable(request["folder"])
    return {read.__name__: read(table, request["sums"]) for read in (by_delta, by_duckdb)}


if __name__ == "__main__":
    with open(sys.argv[1]) as request:
        tables = json.load(request)
    with open(sys.argv[2], "w") as answer:
        json.dump({t["folder"]: read(t) for t in tables}, answer)
