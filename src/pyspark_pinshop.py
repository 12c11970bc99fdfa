"""Found by Spark, which registers the data source of every module named ``pyspark_…``. Loads nothing until it is used."""

from __future__ import annotations

from typing import Any

from pyspark.sql.datasource import DataSource


class DefaultSource(DataSource):  # type: ignore[misc]
    """``spark.read.format("pinterest_product_group_analytics")``: see `pinshop.integrations.spark`."""

    @classmethod
    def name(cls) -> str:
        return "pinterest_product_group_analytics"

    def _source(self) -> Any:
        from pinshop.integrations.spark import PinterestProductGroupAnalytics

        return PinterestProductGroupAnalytics(self.options)

    def schema(self) -> Any:
        return self._source().schema()

    def reader(self, schema: Any) -> Any:
        return self._source().reader(schema)
