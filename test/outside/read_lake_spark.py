"""Counts and sums the tables of a lake with Spark.

usage: read_lake_spark.py REQUEST ANSWER, where REQUEST is [{"folder": table, "sums": [columns]}, ...]
"""

import json
import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as f
from read_spark import settings
from value_text import text


def read(spark, table):
    frame = spark.read.format("delta").load(table["folder"])
    row = frame.agg(f.count("*"), *[f.sum(f"`{name}`") for name in table["sums"]]).collect()[0]
    return {"by_spark": {"rows": row[0], "sums": {name: text(value) for name, value in zip(table["sums"], row[1:])}}}


def main():
    with open(sys.argv[1]) as request:
        tables = json.load(request)
    builder = SparkSession.builder.master("local[1]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    answers = {table["folder"]: read(spark, table) for table in tables}
    spark.stop()
    with open(sys.argv[2], "w") as answer:
        json.dump(answers, answer)


if __name__ == "__main__":
    main()
