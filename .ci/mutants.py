"""Break the decisions, the transports and the files on purpose, a random sample of ways, and say which of them no test notices.

Runs in a copy of the checkout, by `.ci/mutants`. MUTANTS is how many for each module, SEED chooses which, MODULES (parts of
paths, with commas) which modules.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import cosmic_ray.mutating
import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.work_item import MutationSpec, TestOutcome

#: Those whose mutants say something; cosmic-ray has many more that differ in nothing but the operator's name.
OPERATORS = [
    "AddNot", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue", "ReplaceContinueWithBreak", "ExceptionReplacer", "NumberReplacer", "ZeroIterationForLoop",
    "ReplaceComparisonOperator_Lt_LtE", "ReplaceComparisonOperator_LtE_Lt", "ReplaceComparisonOperator_Gt_GtE",
    "ReplaceComparisonOperator_GtE_Gt", "ReplaceComparisonOperator_Eq_NotEq", "ReplaceComparisonOperator_NotEq_Eq",
    "ReplaceComparisonOperator_Is_IsNot", "ReplaceComparisonOperator_IsNot_Is", "ReplaceBinaryOperator_Add_Sub",
    "ReplaceBinaryOperator_Sub_Add", "ReplaceBinaryOperator_Mul_Div",
]  # fmt: skip

#: Module -> the tests that stand nearest to it; what these do not notice, the rest of the suite does by accident only.
FLOW = (
    "tests/flow/test_batch.py tests/flow/test_writing_safely.py tests/flow/test_batch_lies.py tests/flow/test_interruptions.py"
)
WIRE = "tests/transports"
TESTS = {
    "flow/answers.py": FLOW,
    "flow/batch.py": f"{FLOW} tests/files/test_batch_journal.py",
    "flow/exchange.py": "tests/flow/test_exchange.py tests/flow/test_pacing_emulated.py tests/flow/test_tokens.py",
    "flow/matching.py": FLOW,
    "flow/oauth.py": "tests/flow/test_tokens.py tests/credentials",
    "flow/pacing.py": "tests/flow/test_pacing.py tests/flow/test_pacing_emulated.py",
    "flow/reading_back.py": FLOW,
    "flow/refreshing.py": "tests/flow/test_tokens.py",
    "flow/refusals.py": "tests/flow/test_refusals.py tests/flow/test_exchange.py",
    "flow/reports.py": "tests/flow/test_report_files.py tests/resources/test_reports.py",
    "flow/secrets.py": "tests/test_secrets.py tests/flow/test_tokens.py",
    "flow/tokens.py": "tests/flow/test_tokens.py",
    "transports/aiohttp.py": WIRE,
    "transports/connections.py": WIRE,
    "transports/deadline.py": WIRE,
    "transports/failures.py": WIRE,
    "transports/framing.py": WIRE,
    "transports/gzip.py": WIRE,
    "transports/interrupts.py": "tests/flow/test_interruptions.py",
    "transports/proxies.py": WIRE,
    "transports/urllib3.py": WIRE,
    "files/batch_journal.py": "tests/files tests/flow/test_writing_safely.py",
    "files/locks.py": "tests/files",
    "files/shared_pacer.py": "tests/files",
}


def mutants(module: Path) -> list[MutationSpec]:
    tree = get_ast_from_path(module)
    found = []
    for name in OPERATORS:
        operator = cosmic_ray.plugins.get_operator(f"core/{name}")()
        places = [place for node in ast_nodes(tree) for place in operator.mutation_positions(node)]
        found += [MutationSpec(module, f"core/{name}", number, start, end) for number, (start, end) in enumerate(places)]
    return found


def main() -> int:
    python, number, seed = sys.argv[1], int(os.environ.get("MUTANTS", "5")), os.environ.get("SEED", "0")
    wanted = [part for part in os.environ.get("MODULES", "").split(",") if part]
    rng = random.Random(seed)
    scores: dict[str, list[int]] = {}
    for name, tests in TESTS.items():
        module = Path("src/pinshop") / name
        every = mutants(module)
        sample = rng.sample(every, min(number, len(every)))  # also where it is not wanted: the seed means the same
        if wanted and not any(part in name for part in wanted):
            continue
        command = f'{python} -m pytest -x -q -p no:cacheprovider -m "not third_party" {tests}'
        started = time.monotonic()
        if subprocess.run(command, shell=True, check=False, capture_output=True).returncode:
            print(f"{name}: its tests fail as it is")
            return 1
        limit = 30 + 4 * (time.monotonic() - started)
        scores[name] = [0, len(sample)]
        for spec in sample:
            result = cosmic_ray.mutating.mutate_and_test([spec], command, limit)
            if result.test_outcome in (TestOutcome.KILLED, TestOutcome.INCOMPETENT):
                scores[name][0] += 1
            else:
                lines = [
                    line for line in (result.diff or "").splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")
                ]
                print(f"survived: {name}:{spec.start_pos[0]}", *lines, sep="\n    ", flush=True)
        print(f"{name}: {scores[name][0]} of {len(sample)} noticed ({len(every)} there are)", flush=True)
    noticed, all_of_them = map(sum, zip(*scores.values(), strict=True))
    print(f"noticed: {noticed} of {all_of_them} ({noticed / all_of_them:.0%})")
    return 0


sys.exit(main())
