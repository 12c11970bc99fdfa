"""pinshop without its extras: what must work works, and what an extra is missing for says in one sentence how to install it.

A script without pytest, because `make wheel` runs it where nothing but the wheel is installed. With ``--hide`` it hides every
other package first, so that it says the same in an environment that has them all.
"""

from __future__ import annotations

import contextlib
import importlib.abc
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

OURS = {"pinshop", "pinterest", "msgspec", "urllib3", "__main__"}


class Hidden(importlib.abc.MetaPathFinder):
    """Refuses every package that neither Python nor pinshop's own dependencies bring."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        top = name.partition(".")[0]
        if top not in OURS and top not in sys.stdlib_module_names and not top.startswith(("_sysconfigdata", "__editable__")):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def works() -> None:
    """The client, the emulator in-process, the tables of the standard library, the old interface."""
    import pinshop
    import pinterest.generated.client as old
    from pinshop.emulator import Emulator

    emulator = Emulator(now="2026-03-02T12:00:00Z")
    account = emulator.ad_account_id
    with pinshop.Client(emulator.access_token, base_url=emulator.base_url, transport=emulator.transport()) as client:
        items = [{"catalog_product_group_id": group} for group in emulator.catalog_product_group_ids]
        made = client.promotions.create(account, emulator.ad_group_id, items)
        assert made.ok, made
        emulator.clock.advance(days=7)
        rows = client.promotions.analytics(
            account,
            [promotion.id for promotion in client.promotions.list(account, ad_group_id=emulator.ad_group_id)],
            start_date="2026-03-02",
            end_date="2026-03-08",
            granularity="TOTAL",
            columns=["SPEND_IN_MICRO_DOLLAR"],
        )
        assert len(rows) == len(items)
        with tempfile.TemporaryDirectory() as folder:
            rows.to_csv(Path(folder) / "rows.csv")
            assert (Path(folder) / "rows.csv").read_text(encoding="utf-8").count("\n") == len(items) + 1
    emulator.close()
    configuration = old.Configuration(host="http://127.0.0.1:9/v5", access_token="emulated_x")
    assert old.ApiClient(configuration).configuration.host == "http://127.0.0.1:9/v5"


def _async_client() -> None:
    import pinshop

    pinshop.AsyncClient("emulated_x")


def _emulator(act: Callable[[Any], Any]) -> Callable[[], None]:
    def run() -> None:
        from pinshop.emulator import Emulator

        with contextlib.closing(Emulator()) as emulator:
            act(emulator)

    return run


def _console(emulator: Any) -> None:
    from pinshop.api.http import Request

    emulator.answer(Request("GET", "http://127.0.0.1", "/_emulator/", {"accept": "text/html", "host": "127.0.0.1"}))


def _tracing() -> None:
    importlib.import_module("pinshop.integrations.opentelemetry")


def _profiles() -> None:
    from pinshop.credentials.environment import config_dir

    config_dir({})


def _rows(act: Callable[[Any], Any]) -> Callable[[], None]:
    def run() -> None:
        from pinshop import Rows

        act(Rows([{"SPEND_IN_MICRO_DOLLAR": 1}]))

    return run


#: what is done -> the extra that it needs
MISSING: dict[str, tuple[Callable[[], None], str]] = {
    "AsyncClient": (_async_client, "async"),
    "a served emulator": (_emulator(lambda emulator: emulator.start()), "emulator"),
    "the state as YAML": (_emulator(lambda emulator: emulator.export()), "emulator"),
    "a state from YAML": (_emulator(lambda emulator: emulator.load("campaigns: []")), "emulator"),
    "the console": (_emulator(_console), "emulator"),
    "traces": (_tracing, "otel"),
    "profiles": (_profiles, "cli"),
    "Arrow": (_rows(lambda rows: rows.to_arrow()), "arrow"),
    "pandas": (_rows(lambda rows: rows.to_pandas()), "pandas"),
    "Polars": (_rows(lambda rows: rows.to_polars()), "polars"),
    "Parquet": (_rows(lambda rows: rows.to_parquet("x.parquet")), "arrow"),
    "DuckDB": (_rows(lambda rows: rows.to_duckdb("x.duckdb", "t")), "duckdb"),
}


def says(act: Callable[[], None]) -> str:
    """What is said where the extra is missing."""
    from pinshop.errors import ConfigurationError

    try:
        act()
    except ConfigurationError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - any other error is what this looks for
        return f"{type(error).__name__}: {error}"
    return "nothing is missing"


def command() -> str:
    """What `pinshop` says on the command line."""
    hide = (
        "import sys; sys.argv = ['pinshop']; sys.path.insert(0, {folder!r}); import no_extras; no_extras.hide(); "
        if HIDE
        else ""
    )
    code = hide.format(folder=str(Path(__file__).parent)) + "from pinshop.cli import main; main()"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return f"{ran.stdout}{ran.stderr}".strip()


HIDE = "--hide" in sys.argv


def hide() -> None:
    sys.meta_path.insert(0, Hidden())


def main() -> None:
    if HIDE:
        hide()
    works()
    found = {name: (says(act), extra) for name, (act, extra) in MISSING.items()} | {"pinshop": (command(), "cli")}
    print(json.dumps(found, indent=1))
    wrong = [name for name, (said, extra) in found.items() if "\n" in said or f" — pip install 'pinshop[{extra}]'" not in said]
    if wrong:
        sys.exit(f"these do not say in one sentence what to install: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
