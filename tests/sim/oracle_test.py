#!/usr/bin/env python3
"""`simulate` against a slow, plain model of the same rules, on random traces and configurations.

    oracle_test.py PROGRAM [--seed N] [--cases N]

Times lie on a coarse grid, so that things happen at the same instant all the time. A difference
is shrunk to a short trace before it is reported.
"""

import argparse
import json
import math
import os
import random
import subprocess
import sys
import tempfile

from fleet_oracle import Oracle

NS = 10**9
COUNTS = ("invocations", "completed", "throttled", "dropped", "timed_out", "cold_starts",
          "virtual_s")


def seconds(ns):
    return "%d.%09d" % divmod(ns, NS)


def random_case(seed):
    r = random.Random(seed)
    unit = r.choice([NS, NS // 2, NS // 4, NS // 10, NS // 1000, 7 * NS // 1000 + 3])
    functions = {}
    for i in range(r.randint(1, 4)):
        concurrency = r.choice([1, 1, 1, 2, 3])
        # Of several timeouts in one environment at the same instant, which is first is open.
        timeout = r.choice([900 * NS, 4 * unit]) if concurrency == 1 else 900 * NS
        functions["f%d" % i] = {"memory": r.choice([128, 256, 512, 1000, 1024]),
                                "cold": r.choice([0, 0, 1, 2, 3, 5]) * unit,
                                "timeout": timeout, "concurrency": concurrency}
    span = r.choice([5, 20, 60, 200])
    rows = [(r.randint(0, span) * unit, r.choice(list(functions)),
             r.choice([0, 1, 1, 2, 3, 5, 8]) * unit) for _ in range(r.randint(0, 80))]
    ttl = r.choice([0, 1, 2, 3, 5, 8, 20, None, 600])
    c = {"keep": r.choice(["fixed"] * 5 + ["none"]), "ttl": None if ttl is None else ttl * unit,
         "clock": r.choice(["finish", "finish", "arrival", "first-idle"]),
         "at_expiry": r.choice(["cold", "cold", "warm"]),
         "dispatch": r.choice(["mru", "lru", "newest", "oldest", "lowest-id"]),
         "account": r.choice([None, 1000, 1, 2, 3, 5, 8]),
         "queue": r.choice(["reject", "fifo", "sjf", "priority"]),
         "max_length": None, "max_wait": None,
         "rate": r.choice([None, None, None, (1, 10 * unit), (2, 4 * unit), (3, 3 * unit)]),
         "memory": r.choice([None, None, 1024, 1500, 2048, 700]),
         "no_memory": r.choice(["drop", "queue"]),
         "pending": r.choice(["start-another", "start-another", "wait"]),
         "mode": r.choice(["additive"] * 4 + ["replace"]), "reserved": {}, "provisioned": {}}
    if c["queue"] != "reject":
        c["max_length"] = r.choice([None, None, 0, 1, 3])
        c["max_wait"] = r.choice([None, None, 0, unit, 3 * unit])
    left = 99 if c["account"] is None else c["account"]
    for name in sorted({row[1] for row in rows}):
        if r.random() < 0.2:
            n = r.randint(0, 3)
            if n <= left:
                c["reserved"][name] = n
                left -= n
        if c["memory"] is None and r.random() < 0.15:
            n = r.randint(1, 2)
            if n <= c["reserved"].get(name, 99):
                c["provisioned"][name] = n
    return functions, rows, c


def configuration(c, folder):
    limit = lambda ns: None if ns is None else ns / NS
    queue = {"policy": c["queue"]}
    if c["queue"] != "reject":
        queue.update(max_length=c["max_length"], max_wait_s=limit(c["max_wait"]))
    rate = c["rate"] and {"environments": c["rate"][0], "per_s": c["rate"][1] / NS}
    return {
        "workload": {"trace": {"path": os.path.join(folder, "trace.csv"), "format": "simple",
                               "functions": os.path.join(folder, "functions.csv")},
                     "defaults": {"cold_start_mode": c["mode"]}},
        "platform": {"account_concurrency": c["account"], "scaling_rate": rate,
                     "memory_capacity_mb": c["memory"], "queue": queue,
                     "pending_start": c["pending"], "no_memory": c["no_memory"],
                     "reserved_concurrency": c["reserved"],
                     "provisioned_concurrency": c["provisioned"]},
        "policies": {"keep_alive": {"name": c["keep"], "ttl_s": limit(c["ttl"]),
                                    "clock": c["clock"], "at_expiry": c["at_expiry"]},
                     "dispatch": {"name": c["dispatch"]}}}


def simulated(program, functions, rows, c, folder):
    with open(os.path.join(folder, "trace.csv"), "w") as file:
        file.write("arrival_s,function,duration_s\n")
        for arrival, name, duration in rows:
            file.write(f"{seconds(arrival)},{name},{seconds(duration)}\n")
    with open(os.path.join(folder, "functions.csv"), "w") as file:
        file.write("function,memory_mb,cold_start_s,timeout_s,concurrency\n")
        for name, f in functions.items():
            file.write(f"{name},{f['memory']},{seconds(f['cold'])},{seconds(f['timeout'])},"
                       f"{f['concurrency']}\n")
    path = os.path.join(folder, "config.json")
    with open(path, "w") as file:
        json.dump(configuration(c, folder), file)
    answer = subprocess.run([program, "simulate", "--json", "--quiet", "--config", path],
                            capture_output=True, text=True, timeout=60)
    if answer.returncode != 0:
        raise RuntimeError(f"exit code {answer.returncode}: {answer.stderr}")
    return json.loads(answer.stdout)


def differences(program, functions, rows, c, folder):
    """(figure, expected, simulated) of all figures that differ."""
    called = {row[1] for row in rows}  # a limit of a function without calls would be refused
    c = {**c, **{key: {name: n for name, n in c[key].items() if name in called}
                 for key in ("reserved", "provisioned")}}
    oracle = Oracle(functions, rows, c)
    oracle.run()
    want = oracle.figures()
    got = simulated(program, functions, rows, c, folder)
    pairs = [(key, want[key], got[key]) for key in COUNTS]
    pairs += [(f"cold_causes.{key}", want["cold_causes"].get(key, 0), value)
              for key, value in got["cold_causes"].items()]
    for key in ("latency_s", "queue_s", "init_s", "service_s"):
        pairs += [(f"{key}.{name}", value / NS, got[key][name])
                  for name, value in want[key].items()]
    for key in ("environments", "memory_gb_s"):
        pairs += [(f"{key}.{name}", value, got[key][name]) for name, value in want[key].items()]
    pairs.append(("cost", want["cost"], float(got["cost"]["total"])))
    for f in got["functions"]:
        invocations, cold_starts, latency = want["functions"][f["name"]]
        pairs.append((f"{f['name']}.invocations", invocations, f["invocations"]))
        pairs.append((f"{f['name']}.cold_starts", cold_starts, f["cold_starts"]))
        pairs += [(f"{f['name']}.{name}", value / NS, f["latency_s"][name])
                  for name, value in latency.items()]
    return [p for p in pairs if not math.isclose(p[1], p[2], rel_tol=1e-9, abs_tol=1e-12)]


def shrunk(program, functions, rows, c, folder):
    """A part of the rows that still shows a difference, and loses it with any one of them."""
    index = 0
    while index < len(rows):
        fewer = rows[:index] + rows[index + 1:]
        if differences(program, functions, fewer, c, folder):
            rows, index = fewer, 0
        else:
            index += 1
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=400)
    options = parser.parse_args()
    print(f"seeds {options.seed} to {options.seed + options.cases - 1}")
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.seed, options.seed + options.cases):
            functions, rows, c = random_case(seed)
            if not differences(options.program, functions, rows, c, folder):
                continue
            rows = shrunk(options.program, functions, rows, c, folder)
            print(f"seed {seed}: {c}\n  {functions}\n  {sorted(rows)}")
            for name, want, got in differences(options.program, functions, rows, c, folder):
                print(f"  {name}: expected {want}, simulated {got}")
            return 1
    print(f"{options.cases} cases agree")
    return 0


if __name__ == "__main__":
    sys.exit(main())
