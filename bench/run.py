"""``make bench``: every figure that pinshop promises, measured in one run.

Each contender runs in a fresh process per round, on the core the server does not use; the rounds of all contenders are
interleaved, so that a busy minute hits both. A row's figure is the median of its rounds; a ratio is the median of the
ratios of single rounds. ``python bench/run.py façade`` measures only the rows whose name holds that word.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "tests"))

from engines import REQUIREMENTS  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

import virtualenvs  # noqa: E402 - lives beside the tests

OURS = sys.executable
# Where this is set, what lies in src would be compiled anew in every process, and only that.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
#: Thousands of rows that are streamed, and ten times as many; the goal is stated for 1,000.
STREAMED = int(os.environ.get("BENCH_STREAM", "1000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))


@dataclass
class Row:
    """One promise. ``ours`` and ``theirs`` give the figure of one round; without ``theirs`` ours is the figure itself."""

    name: str
    goal: float
    ours: Callable[[], float]
    theirs: Callable[[], float] | None = None
    unit: str = "ms"
    stretch: float | None = None
    at_least: bool = False
    rounds: int = ROUNDS
    inverse: bool = False  # theirs over ours: "so many times as fast"


def work(python: str | Path, name: str, url: str, count: int, **environ: str) -> Callable[[], float]:
    def once() -> float:
        command = [str(python), str(HERE / "work.py"), name, url, str(count)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environ)
        if done.returncode:
            sys.exit(f"{name} failed:\n{done.stderr[-3000:]}")
        return float(done.stdout)

    return once


def table_work(name: str, count: int) -> Callable[[], float]:
    def once() -> float:
        command = [OURS, str(HERE / "tables.py"), name, str(count)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{name} failed:\n{done.stderr[-3000:]}")
        return float(done.stdout)

    return once


def engine(name: str, which: int) -> Callable[[], float]:
    """Of what `engines.py` says of an engine."""

    def once() -> float:
        if name == "spark" and shutil.which("java") is None:
            raise virtualenvs.Unavailable("Spark needs Java 17 or newer")
        return measured(name)[which]

    return once


@cache
def measured(name: str) -> list[float]:
    python = virtualenvs.python_with(*REQUIREMENTS[name])
    environ = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(HERE)])}
    command = [str(python), str(HERE / "engines.py"), name, str(min(ROUNDS, 5))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    if done.returncode:
        sys.exit(f"{name} failed:\n{done.stderr[-3000:]}")
    found: list[float] = json.loads(done.stdout.splitlines()[-1])
    return found


def cpu_of(*command: str | Path) -> Callable[[], float]:
    """CPU seconds of a command from start to exit, its imports included."""

    def once() -> float:
        process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{command} failed")
        return usage.ru_utime + usage.ru_stime

    return once


def wall_of(*command: str | Path) -> Callable[[], float]:
    def once() -> float:
        began = time.perf_counter()
        subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - began

    return once


@contextlib.contextmanager
def constant_server() -> Iterator[str]:
    process = subprocess.Popen([OURS, str(HERE / "server.py")], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v5"
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def emulator_server() -> Iterator[tuple[dict[str, str], float]]:
    """A served emulator: its facts, and the seconds from start to the first answer."""
    began = time.perf_counter()
    command = [str(Path(OURS).with_name("pinshop")), "emulator", "--port", "0", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        facts = json.loads(process.stdout.readline())
        get(facts, f"{facts['base_url']}/ad_accounts/{facts['ad_account_id']}")
        seconds = time.perf_counter() - began
        if (os.cpu_count() or 1) > 1:
            os.sched_setaffinity(process.pid, {0})
            for thread in (Path("/proc") / str(process.pid) / "task").iterdir():
                os.sched_setaffinity(int(thread.name), {0})
        yield facts, seconds
    finally:
        process.terminate()
        process.wait()


def get(facts: dict[str, str], url: str, body: dict[str, object] | None = None) -> dict[str, object]:
    headers = {"Authorization": f"Bearer {facts['access_token']}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, headers=headers, data=json.dumps(body).encode() if body else None)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def installed(*beside: str) -> Path:
    """The Python of an environment with pinshop as users have it: installed and compiled, without what tests need."""
    python = virtualenvs.python_with("msgspec", *beside)
    virtualenvs.run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--force-reinstall", ROOT)
    return python


def start_seconds() -> float:
    with emulator_server() as (_, seconds):
        return seconds


def rows(url: str, old: Path, ours: Path, ours_1: Path, with_aiohttp: Path, facts: dict[str, str], promotion: str) -> list[Row]:
    def against_old(name: str, count: int, count_old: int) -> tuple[Callable[[], float], Callable[[], float]]:
        return work(ours, name, url, count), work(old, name, url, count_old)

    def against_bare(name: str, bare: str, count: int) -> tuple[Callable[[], float], Callable[[], float]]:
        python = with_aiohttp if "async" in name else ours
        return work(python, name, url, count), work(python, bare, url, count)

    target = f"/v5/ad_accounts/{facts['ad_account_id']}/product_group_promotions/{promotion}"
    emulated = work(OURS, "hammer", facts["base_url"], 0, HAMMER_TARGET=target, HAMMER_TOKEN=facts["access_token"])
    page = HERE / "page_get.py"
    imports = "import pinshop; pinshop.Client('emulated_token')", "import urllib3, msgspec"
    return [
        Row("façade: GET one promotion, CPU", 0.5, *against_old("facade_get", 600, 300), stretch=0.45),
        Row("façade: build 30, create, decode, CPU", 1 / 8, *against_old("facade_create", 60, 8), stretch=1 / 15),
        Row("façade: analytics 9,000 × 22, CPU", 1 / 50, *against_old("facade_analytics", 5, 1), rounds=3),
        Row(
            "façade: async_req, 32 in flight, 20 ms server",
            15,
            *against_old("wall_facade_async", 320, 64),
            inverse=True,
            at_least=True,
            rounds=5,
        ),
        Row("façade: the page's GET example, start to exit", 1.0, wall_of(ours, page, url), wall_of(old, page, url), rounds=15),
        # urllib3 2 takes longer to import than the 1.26 that the old client pins: the same script with the same urllib3.
        Row("façade: the same, both on urllib3 1.26", 1.0, wall_of(ours_1, page, url), wall_of(old, page, url), rounds=15),
        Row("library: GET, CPU, urllib3 + msgspec", 1.15, *against_bare("client_get", "bare_get", 1500)),
        Row("library: async GET, CPU, aiohttp + msgspec", 1.3, *against_bare("async_get", "bare_async_get", 1500)),
        Row("library: async, 64 in flight, CPU, aiohttp", 1.3, *against_bare("async_get_64", "bare_async_get_64", 3200)),
        Row("library: 64 threads, CPU, urllib3", 1.5, *against_bare("client_threads", "bare_threads", 3200)),
        Row(
            "library: import and a first Client, CPU",
            1.4,
            cpu_of(ours, "-c", imports[0]),
            cpu_of(ours, "-c", imports[1]),
            rounds=15,
        ),
        Row("library: analytics 9,000 rows, CPU, msgspec, as exact", 1.3, *against_bare("client_rows", "bare_rows", 15)),
        Row("tables: 9,000 × 22 into Rows, CPU, msgspec", 1.3, table_work("rows", 15), table_work("bare_rows", 15)),
        Row("tables: 9,000 × 22 to Arrow, CPU, pyarrow.json", 1.2, table_work("arrow", 15), table_work("bare_arrow", 15)),
        Row(
            "tables: 1,000 × 90 × 20 async to Arrow, share of bare requests' rate",
            0.8,
            table_work("wall_query_share", 5),
            unit="×",
            at_least=True,
            rounds=3,
        ),
        Row(
            f"tables: stream, memory of {STREAMED * 10:,},000 rows / of {STREAMED:,},000",
            1.1,
            table_work("stream_memory", STREAMED * 10),
            table_work("stream_memory", STREAMED),
            unit="MB",
            rounds=1,
        ),
        Row(
            f"tables: stream, rows/s of {STREAMED * 10:,},000 / of {STREAMED:,},000",
            0.9,
            table_work("wall_stream_rate", STREAMED * 10),
            table_work("wall_stream_rate", STREAMED),
            unit="/s",
            at_least=True,
            rounds=1,
        ),
        Row("sync: a night's transactions, bare DuckDB", 2, table_work("wall_sync_night", 5), table_work("wall_bare_night", 5)),
        Row("dlt: 90,000 × 22, CPU, the same tables from memory", 1.3, engine("dlt", 0), unit="×", rounds=1),
        Row("dlt: the same, CPU, tables of the same answers by pyarrow.json", 1.3, engine("dlt", 1), unit="×", rounds=1),
        Row("Spark: 900,000 × 22 in 4 lanes, CPU, the same batches from memory", 1.3, engine("spark", 0), unit="×", rounds=1),
        Row("Spark: the same, CPU, batches of the same answers by pyarrow.json", 1.3, engine("spark", 1), unit="×", rounds=1),
        Row(
            "library: memory after 100,000 calls / 10,000", 1.05, work(OURS, "memory_growth", url, 100_000), unit="×", rounds=1
        ),
        Row("emulator: start to first answer", 0.5, start_seconds, unit="s", rounds=5),
        Row(
            "emulator: analytics 250 × 90 × 20, asked first / encoding it",
            6,
            work(OURS, "emulator_first_analytics", "", 5),
            unit="×",
            rounds=3,
        ),
        Row(
            "emulator: analytics 250 × 90 × 20, asked again / encoding it",
            3,
            work(OURS, "emulator_analytics", "", 5),
            unit="×",
            rounds=3,
        ),
        # Promised is this or a third of what the server alone gives for a constant answer, whichever is kept.
        Row("emulator: GET/s over a socket", 3000, emulated, unit="/s", at_least=True, rounds=5),
        Row(
            "emulator: GET/s, share of a constant answer's",
            1 / 3,
            emulated,
            work(OURS, "hammer", url, 0),
            unit="/s",
            at_least=True,
            rounds=5,
        ),
        Row("emulator: reset", 0.005, work(OURS, "emulator_reset", "", 50), rounds=3),
        Row("emulator: fork for a test", 0.005, work(OURS, "emulator_fork", "", 50), rounds=3),
        Row("emulator: page of 1,000,000 / of 1,000", 2, work(OURS, "emulator_page", "", 9), unit="×", rounds=1),
        Row(
            "plans: 10,000 promotions in 50 ad groups, CPU, over their reads",
            1.5,
            work(OURS, "plan_over_reads", "", 3),
            unit="×",
            rounds=3,
        ),
        Row("plans: the same, memory beside the manifest", 8, work(OURS, "plan_memory", "", 50), unit="MB", rounds=1),
        Row("emulator: 5,000 accounts × 200 promotions", 60, work(OURS, "emulator_factory", "", 1), unit="s", rounds=1),
    ]


def measure(row: Row, progress: Callable[[str], None]) -> tuple[float, float | None, float]:
    """(ours, theirs, figure)."""
    ours: list[float] = []
    theirs: list[float] = []
    for number in range(row.rounds):
        progress(f"{row.name} ({number + 1}/{row.rounds})")
        ours.append(row.ours())
        if row.theirs:
            theirs.append(row.theirs())
    if not theirs:
        return median(ours), None, median(ours)
    ratios = [t / o if row.inverse else o / t for o, t in zip(ours, theirs, strict=True)]
    return median(ours), median(theirs), median(ratios)


def main(words: list[str]) -> None:
    console = Console(width=120)
    table = Table("work", "ours", "theirs", "goal", "measured", "", box=None, header_style="bold")
    for column in table.columns[1:5]:
        column.justify = "right"
    console.print("Old client: Pinterest-Generated-Client 0.1.2, in an environment of its own. Ratios are ours / theirs.")
    old = virtualenvs.python_with("pinterest-generated-client==0.1.2")
    ours, ours_1, with_aiohttp = installed("urllib3"), installed("urllib3==1.26.20"), installed("urllib3", "aiohttp")
    missed = 0
    with constant_server() as url, emulator_server() as (facts, _), console.status("") as status:
        group = facts["catalog_product_group_ids"][0]
        body = {"ad_group_id": facts["ad_group_id"], "product_group_promotion": [{"catalog_product_group_id": group}]}
        made = get(facts, f"{facts['base_url']}/ad_accounts/{facts['ad_account_id']}/product_group_promotions", body)
        promotion = made["items"][0]["data"]["id"]  # type: ignore[index]
        for row in rows(url, old, ours, ours_1, with_aiohttp, facts, promotion):
            if words and not any(word in row.name for word in words):
                continue
            try:
                own, theirs, figure = measure(row, status.update)
            except virtualenvs.Unavailable as reason:
                table.add_row(row.name, "", "", "", "", f"skipped: {reason}")
                continue
            good = figure >= row.goal if row.at_least else figure <= row.goal
            missed += not good
            stretched = good and row.stretch is not None and figure <= row.stretch
            sign = "≥" if row.at_least else "≤"
            verdict = "[green]met, stretch too[/]" if stretched else "[green]met[/]" if good else "[red]missed[/]"
            alone = theirs is None
            table.add_row(
                row.name,
                "" if alone else show(own, row.unit),
                "" if alone else show(theirs, row.unit),
                f"{sign} {show(row.goal, row.unit) if alone else f'{row.goal:.3g}'}",
                show(figure, row.unit) if alone else f"{figure:.3g}",
                verdict,
            )
    console.print(table)
    console.print(f"{missed} missed" if missed else "all met")


def show(value: float, unit: str) -> str:
    if unit == "ms":
        return f"{value * 1000:,.2f} ms"
    return f"{value:,.0f} {unit}" if unit == "/s" else f"{value:.3g} {unit}"


if __name__ == "__main__":
    main(sys.argv[1:])
