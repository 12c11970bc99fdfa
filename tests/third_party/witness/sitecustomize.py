"""Notes every request of urllib3 in each process of a Spark job: which token (its digest), which ad account, when.

Python imports it at its start, because the test puts this folder on PYTHONPATH. A file named ``kill`` in the folder of notes
holds a number: the first process with as many requests renames it and kills itself, in the middle of its task.
"""

from __future__ import annotations

import os

if "PINSHOP_WITNESS" in os.environ:
    import hashlib
    import itertools
    import json
    import re
    import signal
    import time
    from pathlib import Path

    import urllib3

    FOLDER = Path(os.environ["PINSHOP_WITNESS"])
    really = urllib3.PoolManager.urlopen
    kill = FOLDER / "kill"
    counts: dict[int, itertools.count] = {}

    def die_if_told() -> None:
        n = next(counts.setdefault(os.getpid(), itertools.count(1)))  # workers are forked
        try:
            if n >= int(kill.read_text()):
                kill.rename(FOLDER / f"killed-{os.getpid()}")
                os.kill(os.getpid(), signal.SIGKILL)
        except FileNotFoundError:
            counts.clear()

    def urlopen(self, method, url, *args, **kwargs):
        die_if_told()
        began, status = time.monotonic(), None
        try:
            answer = really(self, method, url, *args, **kwargs)
            status = answer.status
            return answer
        finally:
            headers = {name.lower(): value for name, value in dict(kwargs.get("headers") or {}).items()}
            body = kwargs.get("body") or b""
            account = re.search(r"/ad_accounts/(\d+)", url)
            line = {
                "pid": os.getpid(),
                "token": (sent := headers.get("authorization")) and hashlib.sha256(sent.encode()).hexdigest()[:12],
                "account": account and account[1],
                "days": re.findall(r"\d{4}-\d\d-\d\d", url + (body.decode() if isinstance(body, bytes) else str(body))),
                "status": status,
                "began": began,
                "ended": time.monotonic(),
            }
            with (FOLDER / f"{os.getpid()}.jsonl").open("ab", buffering=0) as file:
                file.write(json.dumps(line).encode() + b"\n")

    urllib3.PoolManager.urlopen = urlopen
