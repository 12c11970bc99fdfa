"""Schemathesis, reading Pinterest's own description, attacks the emulator: no 5xx, no undocumented answer."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from pinshop.api.endpoints import OPERATIONS
from pinshop.api.operations import API_VERSIONS
from pinshop.emulator import Emulator

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def slice_of(description: dict[str, Any], emulator: Emulator) -> dict[str, Any]:
    """The operations we know, with ids that exist where an id is asked for: random ones would all end as 404."""
    known = {
        "ad_account_id": [emulator.ad_account_id],
        "ad_group_id": [emulator.ad_group_id],
        "campaign_id": [emulator.campaign_id],
        "catalog_id": [emulator.catalog_id],
        "feed_id": [emulator.feed_id],
        "catalog_product_group_id": [*emulator.catalog_product_group_ids, "999999999999"],
        "catalogs_product_group_id": [*emulator.catalog_product_group_ids, "999999999999"],
        "product_group_id": list(emulator.catalog_product_group_ids),
    }

    def overlapping(node: Any) -> Any:
        """A discriminator chooses one of a oneOf, which JSON Schema knows nothing of: an answer that fits two is fine."""
        if isinstance(node, list):
            return [overlapping(item) for item in node]
        if not isinstance(node, dict):
            return node
        return {"anyOf" if key == "oneOf" else key: overlapping(value) for key, value in node.items() if key != "discriminator"}

    def pin(node: Any) -> Any:
        if isinstance(node, list):
            return [pin(item) for item in node]
        if not isinstance(node, dict):
            return node
        node = {key: pin(value) for key, value in node.items()}
        if "in" in node and node.get("name") in known:
            node["schema"] = {"type": "string", "enum": known[node["name"]]}
        if isinstance(properties := node.get("properties"), dict):
            for name in known.keys() & properties.keys():
                properties[name] = {"type": "string", "enum": known[name]}
        if isinstance(reference := node.get("$ref"), str):
            node["$ref"] = reference.replace("/schemas/", "/schemas/Given")
        return node

    def asked(verb: str, node: Any) -> Any:
        """What is asked is pinned; what is answered stays as Pinterest wrote it."""
        if verb == "parameters":
            return pin(node)
        return node | {key: pin(node[key]) for key in ("parameters", "requestBody") if key in node}

    ours = {(operation.path, operation.verb.lower()) for operation in OPERATIONS}
    paths = {
        path: {verb: asked(verb, node) for verb, node in item.items() if (path, verb) in ours or verb == "parameters"}
        for path, item in description["paths"].items()
        if any((path, verb) in ours for verb in item)
    }
    components = dict(description["components"])
    components["schemas"] = components["schemas"] | {f"Given{name}": pin(v) for name, v in components["schemas"].items()}
    components["parameters"] = pin(components["parameters"])
    return overlapping(description | {"paths": paths, "components": components})


@pytest.mark.soak
@pytest.mark.parametrize("api_version", API_VERSIONS)
def test_schemathesis_finds_nothing(api_version, described, foreign_venv, rounds, tmp_path):
    python = foreign_venv("schemathesis>=4,<5")
    with Emulator(api_version=api_version) as emulator:
        schema = tmp_path / "description.json"
        schema.write_text(json.dumps(slice_of(described(api_version).source, emulator)))
        report = tmp_path / "events.ndjson"
        done = subprocess.run(
            [
                str(python.parent / "schemathesis"),
                "run",
                str(schema),
                "--url",
                emulator.base_url,
                "--header",
                f"Authorization: Bearer {emulator.access_token}",
                "--checks",
                CHECKS,
                "--phases",
                "fuzzing",
                "--max-examples",
                str(rounds(4, 100)),
                "--seed",
                "1",
                "--no-color",
                "--continue-on-failure",
                "--generation-database",
                "none",
                "--suppress-health-check",
                "all",
                "--report-ndjson-path",
                str(report),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        print(f"\n{api_version}: {emulator.calls.count()} requests")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
