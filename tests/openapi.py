"""Pinterest's description of an API version as a judge: of requests, of replies, and as a source of plausible answers.

    described = Described.read(folder, "5.23")
    described.refusals(request)            # what is wrong with a request, in words; [] if nothing is
    described.objections(request, reply)   # what is wrong with the answer to it
    described.answer(request, random)      # a body the description allows, with the status that goes with it

For 5.28, which Pinterest published but which is not at hand, the differences known from others are laid over 5.23.0.
"""

from __future__ import annotations

import copy
import datetime
import json
import random as randomness
import re
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import jsonschema

from pinshop.api.http import Reply, Request

FILES = {"5.6": "5.6.0", "5.14": "5.14.0", "5.23": "5.23.0", "5.28": "5.23.0"}
FORMATS = jsonschema.FormatChecker(formats=["date"])


class Described:
    """One description, ready to judge."""

    def __init__(self, description: dict[str, Any]) -> None:
        self.source = description
        self.paths: dict[str, Any] = description["paths"]
        self.components = {
            kind: {name: draft(value) for name, value in group.items()}
            for kind, group in description["components"].items()
            if kind in {"schemas", "responses", "parameters", "requestBodies"}
        }
        self._validators: dict[int, Any] = {}

    @classmethod
    def read(cls, folder: Path, api_version: str) -> Described:
        """``folder`` holds Pinterest's files; ``api_version`` is one of pinshop's."""
        description = json.loads((folder / f"{FILES[api_version]}.json").read_bytes())
        return cls(as_5_28(description) if api_version == "5.28" else description)

    # ------------------------------------------------------------------------------------------- finding

    @cached_property
    def _routes(self) -> list[tuple[re.Pattern[str], str]]:
        def pattern(path: str) -> re.Pattern[str]:
            return re.compile(
                "".join(re.escape(part) if i % 2 == 0 else "([^/]+)" for i, part in enumerate(re.split(r"({\w+})", path)))
            )

        # A path without names wins over one with a name in the same place: /catalogs/feeds over /catalogs/{id}.
        return [(pattern(path), path) for path in sorted(self.paths, key=lambda p: p.count("{"))]

    def operation(self, request: Request) -> tuple[dict[str, Any], dict[str, str]] | None:
        """The operation's declaration and its path arguments."""
        path = re.sub(r"^/v5(?=/)", "", request.target.partition("?")[0])
        for pattern, template in self._routes:
            node = self.paths[template].get(request.method.lower())
            if node and (found := pattern.fullmatch(path)):
                return node, dict(zip(re.findall(r"{(\w+)}", template), map(unquote, found.groups()), strict=True))
        return None

    def look_up(self, value: Any) -> dict[str, Any]:
        while "$ref" in value:
            _, kind, name = value["$ref"].removeprefix("#/").split("/")
            value = self.components[kind][name]
        return value

    def parameters(self, node: dict[str, Any]) -> list[dict[str, Any]]:
        return [self.look_up(draft(p)) for p in node.get("parameters", ())]

    # ------------------------------------------------------------------------------------------- judging

    def refusals(self, request: Request) -> list[str]:
        if (found := self.operation(request)) is None:
            return [f"{request.method} {request.target}: no such operation"]
        node, path = found
        problems: list[str] = []
        given = parse_qs(request.target.partition("?")[2], keep_blank_values=True, strict_parsing="?" in request.target)
        for parameter in self.parameters(node):
            name = parameter["name"]
            if parameter["in"] == "path":
                problems += self._problems(path[name], parameter["schema"], name)
            elif parameter["in"] == "query":
                values = given.pop(name, None)
                if values is None:
                    problems += [f"{name}: missing"] if parameter.get("required") else []
                else:
                    problems += self._problems(self._read(values, parameter), parameter["schema"], name)
        problems += [f"{name}: not a parameter of {node['operationId']}" for name in given]
        return problems + self._body_problems(request, node)

    def _read(self, values: list[str], parameter: dict[str, Any]) -> Any:
        """A query value as JSON would have it: the description types it, the URL cannot."""
        schema = self.look_up(parameter["schema"])
        kind = schema.get("type")
        if kind == "array":
            texts = values if parameter.get("explode", True) else [t for value in values for t in value.split(",")]
            return [_typed(text, self.look_up(schema["items"]).get("type")) for text in texts]
        return _typed(values[0], kind) if len(values) == 1 else values

    def _body_problems(self, request: Request, node: dict[str, Any]) -> list[str]:
        declared = self.look_up(draft(node.get("requestBody", {}))).get("content", {})
        sent_type = {k.lower(): v for k, v in request.headers.items()}.get("content-type", "").partition(";")[0]
        if request.body is None:
            return ["body: missing"] if declared else []
        if sent_type not in declared:
            return [f"content-type: {sent_type!r}, declared {sorted(declared)}"]
        schema = declared[sent_type]["schema"]
        if sent_type == "application/json":
            return self._problems(json.loads(request.body), schema, "body")
        fields = {k: v[0] for k, v in parse_qs(request.body.decode(), strict_parsing=True).items()}
        return self._problems(fields, schema, "form")

    def objections(self, request: Request, reply: Reply) -> list[str]:
        if (found := self.operation(request)) is None:
            return (
                []
                if reply.status in {404, 405}
                else [f"{request.method} {request.target}: {reply.status}, but no such operation"]
            )
        responses = found[0]["responses"]
        declared = responses.get(str(reply.status)) or (responses.get("default") if reply.status >= 400 else None)
        if declared is None:
            return [f"status {reply.status} is not declared, only {sorted(responses)}"]
        content = self.look_up(draft(declared)).get("content", {})
        if not content:
            return [] if not reply.body else ["a body where none is declared"]
        sent_type = reply.headers.get("content-type", "").partition(";")[0]
        if sent_type not in content:
            return [f"content-type {sent_type!r} is not declared, only {sorted(content)}"]
        return self._problems(json.loads(reply.body), content[sent_type]["schema"], "answer")

    def _problems(self, value: Any, schema: dict[str, Any], where: str) -> list[str]:
        validator = jsonschema.Draft202012Validator(schema | {"components": self.components}, format_checker=FORMATS)
        return [f"{where}{e.json_path[1:]}: {e.message[:300]}" for e in validator.iter_errors(value)]

    # ----------------------------------------------------------------------------------------- answering

    def answer(self, request: Request, random: randomness.Random) -> tuple[int, Any]:
        """(status, JSON value or None) of a success as the description allows it, made up at random."""
        found = self.operation(request)
        assert found, request
        status, declared = next((int(s), d) for s, d in sorted(found[0]["responses"].items()) if s.startswith("2"))
        content = self.look_up(draft(declared)).get("content", {})
        if not content:
            return status, None
        schema = content["application/json"]["schema"]
        for _ in range(100):  # what allOf and anyOf mean together is easier tried than derived
            if not self._problems(value := self.invent(schema, random), schema, "answer"):
                return status, value
        raise AssertionError(f"nothing fits the answer of {request.method} {request.target}")

    def invent(self, schema: dict[str, Any], random: randomness.Random, depth: int = 0) -> Any:
        """Any value that fits the schema."""
        schema = self.look_up(schema)
        if "anyOf" in schema:
            options = [o for o in schema["anyOf"] if o != {"type": "null"}] if depth > 6 else schema["anyOf"]
            return self.invent(random.choice(options or schema["anyOf"]), random, depth + 1)
        if "allOf" in schema:
            schema = self._merged(schema)
        if "enum" in schema:
            return random.choice(schema["enum"])
        kind = schema.get("type", "object" if "properties" in schema else "array" if "items" in schema else "string")
        if isinstance(kind, list):
            kind = random.choice(kind)
        match kind:
            case "null":
                return None
            case "object":
                return self._properties(schema, random, depth)
            case "array":
                low = schema.get("minItems", 0)
                count = min(low + (random.randrange(3) if depth < 8 else 0), schema.get("maxItems", 1000))
                return [self.invent(schema.get("items", {}), random, depth + 1) for _ in range(count)]
            case "boolean":
                return random.random() < 0.5
            case "integer":
                low, high = int(schema.get("minimum", 0)), int(schema.get("maximum", 2**53 + 1))
                return random.choice([low, high, random.randint(low, high)])
            case "number":
                low, high = schema.get("minimum", 0), schema.get("maximum", 1000)
                return random.choice([low, high, round(random.uniform(low, high), 6)])
        return _text(schema, random)

    def _merged(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The parts of an allOf as one schema: later parts refine earlier ones, and all that is required stays so."""
        parts = [self.look_up(part) for part in schema["allOf"]]
        parts = [self._merged(part) if "allOf" in part else part for part in parts]
        whole = {k: v for part in (*parts, schema) for k, v in part.items() if k != "allOf"}
        whole["properties"] = {k: v for part in (*parts, schema) for k, v in part.get("properties", {}).items()}
        whole["required"] = [name for part in (*parts, schema) for name in part.get("required", ())]
        return whole if whole["properties"] else {k: v for k, v in whole.items() if k not in {"properties", "required"}}

    def _properties(self, schema: dict[str, Any], random: randomness.Random, depth: int) -> dict[str, Any]:
        required = {"items", *schema.get("required", ())}  # one list forgets to require what it is there for
        return {
            name: self.invent(value, random, depth + 1)
            for name, value in schema.get("properties", {}).items()
            if name in required or (depth < 8 and random.random() < 0.8)
        }


def _typed(text: str, kind: Any) -> Any:
    kind = next((k for k in kind if k != "null"), None) if isinstance(kind, list) else kind
    if kind == "integer" and re.fullmatch("-?[0-9]+", text):
        return int(text)
    if kind == "boolean" and text in {"true", "false"}:
        return text == "true"
    return text


def _text(schema: dict[str, Any], random: randomness.Random) -> str:
    if schema.get("format") == "date":
        return str(datetime.date(2026, 1, 1) + datetime.timedelta(days=random.randrange(365)))
    if schema.get("format") == "date-time":
        return "2026-01-01T00:00:00Z"
    for pattern, made in {
        "[0-9]{4})-": "2026-01-31",
        "T([0-9]{2})": "2026-01-31T00:00:00.000Z",
        "(0[0-9]|1[0-9]|2[0-3])": "09:30",
        "http": "https://shop.example/",
        "[0-9]": str(random.randrange(1, 10 ** min(schema.get("maxLength", 18), 18))),
    }.items():
        if pattern in schema.get("pattern", ""):
            return made
    word = random.choice(["Shoes", "Größe 42", "靴", "a" * 30, "x, y & z <b>"])
    return word[: schema.get("maxLength", 1000)].ljust(schema.get("minLength", 0), "x")


def draft(node: Any) -> Any:
    """OpenAPI 3.0's dialect of JSON Schema in the standard one: nullable, and what the patterns mean."""
    if isinstance(node, list):
        return [draft(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {key: draft(value) for key, value in node.items() if key not in {"example", "examples", "nullable", "discriminator"}}
    if isinstance(pattern := made.get("pattern"), str):
        # ECMA 262's \d and $ are ASCII and the very end; Python's are neither.
        made["pattern"] = re.sub(r"\$$", r"\\Z", pattern.replace(r"\d", "[0-9]"))
    if "oneOf" in made:  # alternatives overlap (feeds, updates of product groups); a discriminator says which one is meant
        made["anyOf"] = made.pop("oneOf")
    if "$ref" in made:  # siblings of a reference are ignored in 3.0, except that Pinterest means nullable
        made = {"$ref": made["$ref"]}
    if node.get("nullable") is True:
        if isinstance(made.get("enum"), list):
            made["enum"] = [*made["enum"], *([None] if None not in made["enum"] else [])]
        if isinstance(made.get("type"), str):
            made["type"] = [made["type"], "null"]
        elif "enum" not in made:
            made = {"anyOf": [made, {"type": "null"}]}
    return made


def as_5_28(description: dict[str, Any]) -> dict[str, Any]:
    """5.23.0 with what is known of 5.28.0 (released 2026-07-15), read from a client generated from it."""
    description = copy.deepcopy(description)
    schemas = description["components"]["schemas"]
    promotion = schemas["ProductGroupPromotion"]["properties"]
    promotion["is_image_auto_resizing"] = {"type": "boolean", "nullable": True}
    promotion["customizable_cta_type"] = {"type": "string", "nullable": True}  # 33 values; which ones is the emulator's test
    for name in ("CampaignCreateRequest", "CampaignUpdateRequest"):  # "Setting this field does nothing"
        for part in schemas[name]["allOf"]:
            if "required" in part:
                part["required"] = [one for one in part["required"] if one != "ad_account_id"]
    schemas["CreativeType"]["enum"].append("APP")
    schemas["ObjectiveType"]["enum"] += ["SALES", "LEADS", "APP_INSTALL", "CTV_CONSIDERATION"]
    for path, item in description["paths"].items():
        for verb, node in item.items():
            if not isinstance(node, dict) or "responses" not in node:
                continue
            if verb == "post" and "product_group_promotions" in path:
                node["responses"]["201"] = node["responses"]["200"]
            for parameter in node.get("parameters", ()):
                if parameter.get("name") == "columns":
                    parameter["schema"] = {"type": "array", "items": {"type": "string", "pattern": "^[A-Z0-9_]+$"}}
    return description
