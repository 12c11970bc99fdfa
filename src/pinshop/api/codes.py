"""Codes that Pinterest takes: countries, locales and interests. Currencies are in `pinshop.api.models`.

Source: Country 5.6.0 and 5.14.0, CatalogsLocale 5.14.0 to 5.23.0.
"""

from __future__ import annotations

from pinshop.api import models
from pinshop.api.operations import version

COUNTRIES = frozenset({
    "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX", "AZ", "BA", "BB", "BD", "BE",
    "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS", "BT", "BV", "BW", "BY", "BZ", "CA", "CC", "CD",
    "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO", "CR", "CU", "CV", "CW", "CX", "CY", "CZ", "DE", "DJ", "DK", "DM",
    "DO", "DZ", "EC", "EE", "EG", "EH", "ER", "ES", "ET", "FI", "FJ", "FK", "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GF",
    "GG", "GH", "GI", "GL", "GM", "GN", "GP", "GQ", "GR", "GS", "GT", "GU", "GW", "GY", "HK", "HM", "HN", "HR", "HT", "HU",
    "ID", "IE", "IL", "IM", "IN", "IO", "IQ", "IR", "IS", "IT", "JE", "JM", "JO", "JP", "KE", "KG", "KH", "KI", "KM", "KN",
    "KR", "KW", "KY", "KZ", "LA", "LB", "LC", "LI", "LK", "LR", "LS", "LT", "LU", "LV", "LY", "MA", "MC", "MD", "ME", "MF",
    "MG", "MH", "MK", "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS", "MT", "MU", "MV", "MW", "MX", "MY", "MZ", "NA", "NC",
    "NE", "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU", "NZ", "OM", "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM", "PN",
    "PR", "PS", "PT", "PW", "PY", "QA", "RE", "RO", "RS", "RU", "RW", "SA", "SB", "SC", "SD", "SE", "SG", "SH", "SI", "SJ",
    "SK", "SL", "SM", "SN", "SO", "SR", "SS", "ST", "SV", "SX", "SY", "SZ", "TC", "TD", "TF", "TG", "TH", "TJ", "TK", "TL",
    "TM", "TN", "TO", "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "UM", "US", "UY", "UZ", "VA", "VC", "VE", "VG", "VI", "VN",
    "VU", "WF", "WS", "YE", "YT", "ZA", "ZM", "ZW",
})  # fmt: skip

LOCALES = frozenset({
    "af-ZA", "ar-SA", "bg-BG", "bn-IN", "cs-CZ", "da-DK", "de", "el-GR", "en-AU", "en-CA", "en-GB", "en-IN", "en-US",
    "es-419", "es-AR", "es-ES", "es-MX", "fi-FI", "fr", "fr-CA", "he-IL", "hi-IN", "hr-HR", "hu-HU", "id-ID", "it", "ja",
    "ko-KR", "ms-MY", "nb-NO", "nl", "pl-PL", "pt-BR", "pt-PT", "ro-RO", "ru-RU", "sk-SK", "sv-SE", "te-IN", "th-TH",
    "tl-PH", "tr", "uk-UA", "vi-VN", "zh-CN", "zh-TW",
})  # fmt: skip

#: Names of interests by their ids: those of the first level, and two examples of 5.23.0. Pinterest lists the others in a
#: spreadsheet that its description links to.
INTERESTS = {
    "925056443165": "Animals", "918105274631": "Architecture", "961238559656": "Art", "935541271955": "Beauty",
    "903733943146": "Children's fashion", "902065567321": "Design", "934876475639": "DIY and crafts",
    "922134410098": "Education", "960887632144": "Electronics", "953061268473": "Entertainment",
    "941870572865": "Event planning", "913207199297": "Finance", "918530398158": "Food and drinks",
    "909983286710": "Gardening", "898620064290": "Health", "935249274030": "Home decor", "924581335376": "Men's fashion",
    "920236059316": "Parenting", "948192800438": "Quotes", "919812032692": "Sport", "908182459161": "Travel",
    "918093243960": "Vehicles", "903260720461": "Wedding", "948967005229": "Women's fashion",
    "945391946569": "Dress", "903972677830": "Man cave",
}  # fmt: skip

#: First versions of codes that came later.
_LATER = {"CN": "5.8", "INR": "5.8", "TRY": "5.8"}


def known(kind: str, api_version: str) -> frozenset[str]:
    """The codes of a kind (country, currency, locale) that an API version declares."""
    codes = {"country": COUNTRIES, "currency": frozenset(models.choices(models.Currency)), "locale": LOCALES}[kind]
    return frozenset(code for code in codes if version(_LATER.get(code, "5.0")) <= version(api_version))
