"""Every field of every entity and body, once: kind, versions, null, limits, values, who may write it. One file per entity.

The emulator checks and answers with these rows; a test holds the models, the params and the façade's models to them, name by
name and value by value. A field that is not listed is neither taken nor answered by the emulator.
"""

from __future__ import annotations

from pinshop.api.fields.ad_accounts import AD_ACCOUNT
from pinshop.api.fields.ad_groups import AD_GROUP
from pinshop.api.fields.bulk import BULK_ORDER, BULK_REQUEST, BULK_STATE
from pinshop.api.fields.campaigns import CAMPAIGN
from pinshop.api.fields.catalog_product_groups import PRODUCT_GROUP
from pinshop.api.fields.catalogs import CATALOG
from pinshop.api.fields.feeds import FEED
from pinshop.api.fields.metrics import DELIVERY_METRIC, METRICS_READY_STATE
from pinshop.api.fields.promotions import PROMOTION
from pinshop.api.fields.reports import REPORT_ORDER, REPORT_REQUEST, REPORT_STATE
from pinshop.api.fields.table import Field as Field
from pinshop.api.fields.table import FieldKind as FieldKind
from pinshop.api.fields.user_account import USER

#: The fields of what the emulator keeps, by the name of the thing.
FIELDS: dict[str, tuple[Field, ...]] = {
    "promotion": PROMOTION, "campaign": CAMPAIGN, "ad_group": AD_GROUP, "ad_account": AD_ACCOUNT, "user": USER,
    "catalog": CATALOG, "feed": FEED, "product_group": PRODUCT_GROUP,
}  # fmt: skip

#: The fields of bodies and answers that are no such thing.
OTHER_FIELDS: dict[str, tuple[Field, ...]] = {
    "report_request": REPORT_REQUEST, "report_order": REPORT_ORDER, "report_state": REPORT_STATE,
    "bulk_request": BULK_REQUEST, "bulk_order": BULK_ORDER, "bulk_state": BULK_STATE,
    "delivery_metric": DELIVERY_METRIC, "metrics_ready_state": METRICS_READY_STATE,
}  # fmt: skip
