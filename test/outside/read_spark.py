"""Reads Delta tables with Spark and writes down what it finds as JSON.

usage: read_spark.py REQUEST ANSWER, where REQUEST is [{"folder": table, "search": whether to look for each value}, ...]
"""

import json
import os
import sys
import time

from pyspark.sql import SparkSession
from pyspark.sql import functions as f
from value_text import text, texts

# Python shows timestamps in the zone of the process.
os.environ["TZ"] = "UTC"
time.tzset()

settings = {
    "spark.jars.packages": "io.delta:delta-spark_2.12:3.2.1",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.session.timeZone": "UTC",
    # Compiling costs more than it saves on tables this small: code for each query, and machine code of the second tier.
    "spark.driver.extraJavaOptions": "-Duser.timezone=UTC -XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
    "spark.ui.enabled": "false",
    # Fifty tasks to read the log of a small table, by default.
    "spark.databricks.delta.snapshotPartitions": "1",
}


def found_by_value(frame, column):
    """How many rows each value of a column finds when files are skipped by their statistics."""
    values = {row[0] for row in frame.select(f"`{column}`").collect() if row[0] is not None}
    return {text(value): frame.filter(f.col(f"`{column}`") == f.lit(value)).count() for value in values}


def read(spark, table):
    frame = spark.read.format("delta").load(table["folder"])
    rows = [row.asDict() for row in frame.collect()]
    found = {}
    for field in frame.schema.fields if table["search"] else []:
        if field.dataType.typeName() != "binary":
            found[field.name] = found_by_value(frame, field.name)
    return {
        "types": {field.name: field.dataType.simpleString() for field in frame.schema.fields},
        "rows": texts(rows),
        "found": found,
    }


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
