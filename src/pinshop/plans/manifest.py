"""The manifest: which promotions an ad account shall have, in YAML, TOML or CSV. `load_manifest` reads and checks it, offline.

    # yaml-language-server: $schema=./pinshop.schema.json
    account: "549755885175"
    promotion_defaults: {tracking_url: "https://shop.example/?c={campaignid}"}
    ad_groups:
      - name: Shopping, everyone
        exclusive: true
        promotions:
          - {catalog_product_group_name: Kitchen, status: ACTIVE}
          - {catalog_product_group_pattern: "Spring *"}

Names of fields are Pinterest's. A field that an entry and its defaults leave out is not managed; null clears it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pinshop.errors import InvalidInput
from pinshop.plans.csv_file import read_csv
from pinshop.plans.entries import AccountSection, Manifest, Place
from pinshop.plans.manifest_reader import ManifestReader
from pinshop.plans.nodes import Document, Problem, raise_if_any
from pinshop.plans.toml_file import read_toml
from pinshop.plans.yaml_file import read_yaml

Format: TypeAlias = Literal["yaml", "toml", "csv"]


def load_manifest(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> Manifest:
    """Read one or more manifest files: ``.yaml``, ``.yml``, ``.toml`` or ``.csv``. Nothing is sent.

    Raises:
        ManifestError: what is wrong, each with file, line, field, what was given and what is allowed.
        InvalidInput: a file that cannot be read.
    """
    several = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    if not several:
        raise InvalidInput("manifest", [], "at least one file")
    texts = []
    for path in several:
        try:
            texts.append((os.fspath(path), Path(path).read_bytes()))
        except OSError as error:
            raise InvalidInput("manifest", os.fspath(path), f"a file that can be read ({error.strerror})") from None
    return _merged([(file, data, format_of(file)) for file, data in texts])


def parse_manifest(text: str | bytes, *, file: str = "manifest.yaml", format: Format | None = None) -> Manifest:  # noqa: A002
    """Read a manifest that is in memory; ``file`` is its name in messages. See `load_manifest`."""
    data = text.encode() if isinstance(text, str) else text
    return _merged([(file, data, format or format_of(file))])


def format_of(file: str) -> Format:
    """The format that a file's name says.

    Raises:
        InvalidInput: another ending.
    """
    ending = Path(file).suffix.lower()
    formats: dict[str, Format] = {".yaml": "yaml", ".yml": "yaml", ".json": "yaml", ".toml": "toml", ".csv": "csv"}
    if ending not in formats:
        raise InvalidInput("manifest", file, f"a file that ends in {', '.join(formats)}")
    return formats[ending]


def read_text(file: str, data: bytes) -> str:
    """The text of a manifest file: UTF-8, with or without a byte order mark; line ends of any kind.

    Raises:
        ManifestError: not UTF-8.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise_if_any([Problem(file, line, 1, "file", data[error.start : error.end], "text in UTF-8")])
        raise AssertionError from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_document(file: str, data: bytes, format: Format) -> Document:  # noqa: A002
    """One file as nodes, not yet checked."""
    text = read_text(file, data)
    return {"yaml": read_yaml, "toml": read_toml, "csv": read_csv}[format](file, text)


def _merged(files: list[tuple[str, bytes, Format]]) -> Manifest:
    digest = hashlib.sha256()
    sections: list[AccountSection] = []
    problems: list[Problem] = []
    for file, data, form in files:
        digest.update(len(data).to_bytes(8) + data)
        document = read_document(file, data, form)
        sections += ManifestReader(document).sections()
        problems += document.problems
    problems += _doubles(sections)
    raise_if_any(problems)
    manifest = Manifest([file for file, _, _ in files], digest.hexdigest(), sections)
    if not any(section.campaigns or section.ad_groups for section in sections):
        raise_if_any(
            [
                Problem(
                    files[0][0],
                    1,
                    1,
                    "ad_groups",
                    None,
                    "at least one campaign or ad group: a manifest that declares nothing would be no plan",
                )
            ]
        )
    return manifest


def _doubles(sections: list[AccountSection]) -> list[Problem]:
    """The same campaign or ad group twice, by what the files say; a name and an id that are one are found by the plan."""
    found: list[Problem] = []
    seen: dict[tuple[Any, ...], Place] = {}
    for section in sections:
        account = (section.id, section.name)
        entries: list[tuple[str, Any, tuple[Any, ...]]] = [("campaign", entry, ()) for entry in section.campaigns]
        entries += [("ad_group", entry, (entry.campaign, entry.campaign_id)) for entry in section.ad_groups]
        for entity_type, entry, where in entries:
            named = entry.id or entry.name
            if named is None:
                continue  # refused already
            key = (account, entity_type, entry.id, named, () if entry.id else where)
            before = seen.setdefault(key, entry.place)
            if before is not entry.place:
                words = f"each {entity_type.replace('_', ' ')} once; {before} has it too"
                found.append(entry.place.problem("", named, words))
    return found
