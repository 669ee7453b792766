"""Convert captures to Parquet with Spark. Each capture is one task.

    spark-submit examples/fleet_spark.py OUT CAPTURE...

docs/fleet.md describes the program.
"""

import os
import sys
from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import Row, SparkSession

from hanparse.archive import convert

REPORT = pa.schema({"path": pa.string(), "rows": pa.int64(), "error": pa.string()})


def one(path: str, out: str) -> dict[str, object]:
    """Convert one capture. If the file cannot be read, report the error."""
    try:
        return {"path": path, "rows": convert(path, out), "error": ""}
    except OSError as error:
        return {"path": path, "rows": 0, "error": str(error)}


def convert_all(spark: SparkSession, paths: list[str], out: str) -> list[Row]:
    """Convert captures on the executors of a session.

    If a executor crashes, its task runs again on another executor.
    """

    def reports(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for path in batch.column("path").to_pylist():
                yield pa.RecordBatch.from_pylist([one(path, out)], REPORT)

    rows = [(path,) for path in paths]
    slices = spark.sparkContext.parallelize(rows, len(rows))  # one capture each
    captures = spark.createDataFrame(slices, "path string")
    reported = captures.mapInArrow(reports, "path string, rows long, error string")
    return sorted(reported.collect())


def main() -> None:
    """Convert the captures with the executors of spark-submit, or on this computer."""
    out, *paths = sys.argv[1:]
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    spark = SparkSession.builder.appName("captures").getOrCreate()
    for report in convert_all(spark, paths, out):
        print(*report)
    spark.stop()


if __name__ == "__main__":
    main()
