"""The macros that Pinterest replaces in tracking URLs.

Source: Pinterest's help page on third-party and dynamic tracking, and the lists of smartly.io and urlmacros.com.
"""

from __future__ import annotations

import difflib
import re

#: For all ads, then for shopping, then for search.
MACROS: tuple[str, ...] = (
    "campaignid", "campaignname", "campaign_name", "adgroupid", "adgroupname", "ad_group_name", "adid", "creative_id", "device",
    "product_name", "product_id", "product_partition_id", "promoted_product_group_id", "lpurl", "unescapedlpurl",
    "keyword", "keyword_id",
)  # fmt: skip

_MACRO = re.compile(r"{([^{}]*)}")


def unknown_macro(url: str) -> str | None:
    """What is wrong with the macros of a URL, as words on what is allowed; None if nothing is."""
    rest = url
    for name in _MACRO.findall(url):
        rest = rest.replace(f"{{{name}}}", "", 1)
        if name not in MACROS:
            near = difflib.get_close_matches(name.lower(), MACROS, n=1)
            meant = f"; did you mean {{{near[0]}}}?" if near else ""
            return f"the macros {', '.join(f'{{{macro}}}' for macro in MACROS)}, and not {{{name}}}{meant}"
    if "{" in rest or "}" in rest:
        return "braces in pairs, around the name of a macro ({campaignid})"
    return None
