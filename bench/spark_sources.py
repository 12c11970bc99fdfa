"""The data sources that `engines.py` compares; Spark's workers import this module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import engines
from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition

from pinshop.integrations import spark

OPTIONS = {**engines.ASKED, "columns": ",".join(engines.COLUMNS)}


def client(lane: spark.Lane, _: Any) -> Any:
    return engines.client(lane.token)


spark.Lane.client = client  # type: ignore[method-assign]


class Ours(spark.PinterestProductGroupAnalytics):
    """pinshop's, asking for constant answers."""

    @classmethod
    def name(cls) -> str:
        return "ours"


class Made(DataSource):
    """As many batches in as many partitions, there already."""

    table = staticmethod(engines.made)

    @classmethod
    def name(cls) -> str:
        return cls.__name__.lower()

    def schema(self) -> str:
        return spark.PinterestProductGroupAnalytics({**OPTIONS, "access_token": "none"}).schema()

    def reader(self, schema: Any) -> Lanes:
        return Lanes(self.table)


class Parsed(Made):
    """The same, made of the answers."""

    table = staticmethod(engines.parsed)


class Lanes(DataSourceReader):
    def __init__(self, table: Any) -> None:
        self._table = table

    def partitions(self) -> list[InputPartition]:
        return [InputPartition(name) for name in engines.LANES]

    def read(self, partition: InputPartition) -> Iterator[Any]:
        return engines.rows(self._table, engines.LANES[partition.value])
