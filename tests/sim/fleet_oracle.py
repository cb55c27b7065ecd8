"""A slow, plain model of what the simulator promises: lists, loops, integers of nanoseconds.

It shares no code with the fleet, and no data structure: every question is answered by looking at
every environment. Events at one instant are ordered as completions, expiries, arrivals.
"""

from fractions import Fraction

FOREVER = 1 << 62
MINUTES_5 = 300 * 10**9

# USD per GB-second and per request, x86, first tier.
ON_DEMAND_PRICE = Fraction("0.0000166667")
PROVISIONED_PRICE = Fraction("0.0000097222")
CONFIGURED_PRICE = Fraction("0.0000041667")
REQUEST_PRICE = Fraction("0.0000002")


class Env:
    def __init__(self, number, f, t, provisioned=False):
        self.id, self.f, self.started, self.prov = number, f, t, provisioned
        self.state = "starting"
        self.ready = None
        self.runs = []
        self.finish = self.dispatched = self.first_idle = None
        self.order = 0        # of the last finish
        self.touched = 0      # of the last dispatch or finish
        self.first = None
        self.replace = None
        self.armed = self.idle_at = 0


class Oracle:
    """functions: name -> memory (MB), cold, timeout (ns), concurrency; rows: (arrival, function,
    duration) in ns; c: the configuration, as random_case() of oracle_test.py makes it."""

    def __init__(self, functions, rows, c):
        self.F, self.c = functions, c
        self.rows = sorted(rows, key=lambda r: r[0])
        self.t = 0
        self.seq = 0
        self.pending = []     # (time, seq, what, payload)
        self.envs = []
        self.made = 0
        res = c.get("reserved", {})
        acc = c.get("account")
        pc = c.get("provisioned", {})
        taken = sum(res.get(f, pc.get(f, 0)) for f in functions)
        self.limits = {None: None if acc is None else max(0, acc - taken)}
        self.limits.update({f: n - pc.get(f, 0) for f, n in res.items()})
        self.flight = {k: 0 for k in self.limits}
        self.flight["prov"] = 0
        self.queue = {k: [] for k in self.limits}
        self.room = []
        self.waiting = {f: [] for f in functions}
        self.credit = {f: 0 for f in functions}   # when the bucket is full
        self.seen = set()
        self.loss = {}
        self.out = {"invocations": 0, "throttled": 0, "dropped": 0, "timed_out": 0, "reclaimed": 0,
                    "evicted": 0, "started": 0, "peak": 0, "lost": 0}
        self.causes = {}
        self.lat, self.wait, self.init, self.serv = [], [], [], []
        self.perf = {f: [0, 0, []] for f in functions}
        self.cost = Fraction(0)
        self.end = 0
        self.steps = []       # (t0, t1, total, idle, mem, idle mem)

    # --- time
    def to(self, t):
        if t > self.t:
            idle = [e for e in self.envs if e.state == "idle"]
            self.steps.append((self.t, t, len(self.envs), len(idle), self.mb(self.envs),
                               self.mb(idle)))
            self.t = t

    def mb(self, envs):
        return sum(self.F[e.f]["memory"] for e in envs)

    def later(self, t, what, payload):
        self.seq += 1
        self.pending.append((t, self.seq, what, payload))

    def expiry(self, e):
        if e.prov:
            return FOREVER
        if self.c["keep"] == "none":
            return e.finish if e.finish is not None else e.ready
        if self.c["ttl"] is None:
            return FOREVER
        base = {"finish": e.finish if e.finish is not None else e.ready,
                "arrival": e.dispatched if e.dispatched is not None else 0,
                "first-idle": e.first_idle}[self.c["clock"]]
        return max(base + self.c["ttl"] + (1 if self.c["at_expiry"] == "warm" else 0), e.idle_at)

    def run(self):
        for f, n in self.c.get("provisioned", {}).items():
            for _ in range(n):
                e = self.start(f, None, True)
                self.later(0, "ready", e)
        rows = list(self.rows)
        while True:
            if not rows and not any(self.flight.values()) and not any(self.queue.values()):
                break
            ta = rows[0][0] if rows else FOREVER
            tc = min((p[0], p[1]) for p in self.pending)[0] if self.pending else FOREVER
            d = self.next_due()
            if tc <= d[0] and tc <= ta:
                assert tc < FOREVER, "stuck"
                p = min(self.pending, key=lambda p: p[:2])
                self.pending.remove(p)
                self.to(tc)
                getattr(self, p[2])(p[3])
            elif d[0] <= ta:
                self.to(d[0])
                while d[0] <= self.t:
                    getattr(self, d[2])(d[3])
                    d = self.next_due()
            else:
                self.to(ta)
                self.arrive(*rows.pop(0))
        # what is due at the last instant still happens
        for e in list(self.envs):
            if e.state == "idle" and self.expiry(e) <= self.end and self.end == self.t:
                self.expire(e)

    def next_due(self):
        due = [(FOREVER,)]
        for e in self.envs:
            if e.state == "idle":
                due.append((self.expiry(e), e.armed, "expire", e))
            for r in e.runs:
                due.append((r["deadline"], r["n"], "timeout", (e, r)))
        for k in self.queue:
            for w in self.queue[k]:
                if w["give_up"] is not None:
                    due.append((w["give_up"], (1 << 40) + w["n"], "give_up", (k, w)))
        return min(due, key=lambda x: x[:2])

    # --- invocations
    def arrive(self, t, f, d):
        self.seq += 1
        self.out["invocations"] += 1
        self.perf[f][0] += 1
        k = f if f in self.limits and f is not None else None
        w = {"t": t, "f": f, "d": d, "k": k, "n": self.seq, "give_up": None}
        lim = self.limits[k]
        if self.prov_idle(f):
            self.admit(dict(w, k="prov"))
        elif lim is None or self.flight[k] < lim:
            self.admit(w)
        elif self.c["queue"] == "reject" or lim == 0 and not self.c["provisioned"].get(f):
            self.out["throttled"] += 1
        elif self.c["max_length"] is not None and len(self.queue[k]) >= self.c["max_length"]:
            self.out["throttled"] += 1
        else:
            if self.c["max_wait"] is not None:
                w["give_up"] = t + self.c["max_wait"]
            self.queue[k].append(w)

    def prov_idle(self, f):
        return any(e.prov and e.f == f and e.state == "idle" for e in self.envs)

    def give_up(self, kw):
        k, w = kw
        self.queue[k].remove(w)
        self.out["throttled"] += 1

    def admit(self, w):
        self.flight[w["k"]] += 1
        self.place(w)

    def free(self, f):
        mine = [e for e in self.envs if e.f == f]
        idle = [e for e in mine if e.state == "idle"]
        for some in ([e for e in idle if e.prov], None, [e for e in idle if not e.prov]):
            if some is None:
                spare = [e for e in mine if e.state == "busy" and
                         len(e.runs) < self.F[f]["concurrency"]]
                if spare:
                    return max(spare, key=lambda e: e.touched)
            elif some:
                o = self.c["dispatch"]
                if o == "mru":
                    return max(some, key=lambda e: e.order)
                if o == "lru":
                    return min(some, key=lambda e: e.order)
                if o == "newest":
                    return max(some, key=lambda e: e.id)
                return min(some, key=lambda e: e.id)      # oldest, lowest-id
        return None

    def place(self, w, turn=False):
        e = self.free(w["f"])
        if e:
            self.dispatch(e, w, False)
            return True
        if self.c["pending"] == "wait" and any(
                x.state == "starting" and x.f == w["f"] for x in self.envs):
            self.waiting[w["f"]].append(w)
            return True
        return self.start_for(w, turn)

    def start_for(self, w, turn=False):
        f, cap = w["f"], self.c["memory"]
        size = self.F[f]["memory"]
        queues = self.c["no_memory"] == "queue"
        blocked = queues and self.room and not turn
        if cap is not None and not blocked:
            kept = [e for e in self.envs if e.state != "idle" or e.prov]
            blocked = self.mb(kept) + size > cap
        if blocked:
            if queues and self.mb([e for e in self.envs if e.prov]) + size <= cap:
                self.room.append(w)
                return False
            self.flight[w["k"]] -= 1
            self.out["dropped"] += 1
            return True
        if self.c["rate"] is not None:
            n, per = self.c["rate"]
            each = per // n
            full = max(self.credit[f], self.t) + each
            if full - self.t > each * n:
                self.flight[w["k"]] -= 1
                self.out["throttled"] += 1
                return True
            self.credit[f] = full
        while cap is not None and self.mb(self.envs) + size > cap:
            victims = [e for e in self.envs if e.state == "idle" and not e.prov]
            v = min(victims, key=lambda e: (e.idle_at, e.id))
            self.gone(v, "evicted")
        live = [e for e in self.envs if e.f == f]
        if live:
            cause = "concurrency"
        elif f not in self.seen:
            cause = "first"
        else:
            cause = self.loss[f]
        self.causes[cause] = self.causes.get(cause, 0) + 1
        self.perf[f][1] += 1
        e = self.start(f, w, False)
        if self.c["pending"] == "wait":
            self.waiting[f].insert(0, w)
            e.first = None
        self.boot(e)
        return True

    def boot(self, e):
        takes = self.F[e.f]["cold"]
        if self.c["mode"] == "replace":  # the draw is the whole first run
            e.replace, takes = takes, 0
        self.later(self.t + takes, "ready", e)

    def start(self, f, w, prov):
        self.made += 1
        e = Env(self.made, f, self.t, prov)
        e.first = w
        self.envs.append(e)
        self.seen.add(f)
        self.out["started"] += 1
        self.out["peak"] = max(self.out["peak"], len(self.envs))
        return e

    def ready(self, e):
        if e not in self.envs:
            return
        e.ready = self.t
        if e.first:
            self.dispatch(e, e.first, True)
        else:
            self.idle(e)
        self.serve(e.f)

    def idle(self, e):
        self.seq += 1
        e.state, e.order, e.armed, e.idle_at = "idle", self.seq, self.seq, self.t
        if e.first_idle is None:
            e.first_idle = self.t

    def dispatch(self, e, w, cold):
        self.seq += 1
        waited = self.t - w["t"]
        init = min(waited, e.ready - e.started) if cold else 0
        run = w["d"]
        if e.replace is not None:
            run, e.replace = e.replace, None
        r = {"w": w, "init": init, "queued": waited - init, "at": self.t, "n": self.seq,
             "deadline": self.t + self.F[w["f"]]["timeout"], "prov": e.prov}
        e.state, e.dispatched, e.touched = "busy", self.t, self.seq
        e.runs.append(r)
        if self.t + run <= r["deadline"]:
            self.later(self.t + run, "done", (e, r))

    def charge(self, e, r, ran):
        self.flight[r["w"]["k"]] -= 1
        e.runs.remove(r)
        self.end = self.t
        f = self.F[e.f]
        ms = max(1, -(-(r["init"] + ran) // 1000000))
        price = PROVISIONED_PRICE if r["prov"] else ON_DEMAND_PRICE
        self.cost += Fraction(ms * f["memory"], 1000 * 1024) * price + REQUEST_PRICE

    def done(self, er):
        e, r = er
        self.charge(e, r, self.t - r["at"])
        self.lat.append(self.t - r["w"]["t"])
        self.perf[e.f][2].append(self.t - r["w"]["t"])
        self.wait.append(r["queued"])
        self.init.append(r["init"])
        self.serv.append(self.t - r["at"])
        self.after(e)

    def timeout(self, er):
        e, _ = er
        for r in list(e.runs):
            if r["deadline"] <= self.t:
                self.charge(e, r, r["deadline"] - r["at"])
                self.out["timed_out"] += 1
        if self.F[e.f]["concurrency"] == 1:
            self.gone(e, "lost")
            if e.prov:
                self.boot(self.start(e.f, None, True))
            self.serve(e.f)
        else:
            self.after(e)

    def after(self, e):
        self.seq += 1
        e.finish, e.touched = self.t, self.seq
        if not e.runs:
            self.idle(e)
            if self.expiry(e) <= self.t:
                self.gone(e, "expired")
        self.serve(e.f)

    def expire(self, e):
        self.gone(e, "expired")
        self.serve(e.f)

    def gone(self, e, why):
        self.envs.remove(e)
        self.out[{"expired": "reclaimed", "evicted": "evicted", "lost": "lost"}[why]] += 1
        if not any(x.f == e.f for x in self.envs):
            self.loss[e.f] = why

    def serve(self, f):
        while self.waiting[f]:
            w = self.waiting[f][0]
            e = self.free(f)
            if e is None:
                if any(x.state == "starting" and x.f == f for x in self.envs):
                    break
                self.waiting[f].pop(0)
                self.start_for(w)
                continue
            self.waiting[f].pop(0)
            cold = not e.prov and e.finish is None and not e.runs and w["t"] < e.ready
            if self.F[f]["cold"] == 0 or self.c["mode"] == "replace":
                cold = cold or (not e.prov and e.finish is None and not e.runs)
            self.dispatch(e, w, cold)
        while self.room:
            w = self.room.pop(0)
            if not self.place(w, turn=True):
                self.room.pop()
                self.room.insert(0, w)
                break
        for k in self.queue:
            q = self.queue[k]
            while q:
                w = min(q, key=lambda w: (w["d"] if self.c["queue"] == "sjf" else 0, w["n"]))
                prov = self.prov_idle(w["f"])
                if not prov and self.flight[k] >= self.limits[k]:
                    break
                q.remove(w)
                self.admit(dict(w, k="prov") if prov else w)

    # --- figures
    @staticmethod
    def summary(v):
        s = sorted(v)
        if not s:
            return dict.fromkeys(("mean", "p50", "p90", "p95", "p99", "p999", "max"), 0)
        rank = lambda n, d: s[-(-len(s) * n // d) - 1]
        return {"mean": sum(s) / len(s), "p50": rank(1, 2), "p90": rank(9, 10), "p95": rank(19, 20),
                "p99": rank(99, 100), "p999": rank(999, 1000), "max": s[-1]}

    def figures(self):
        total = [0, 0, 0, 0]
        for a, b, *n in self.steps:
            b = min(b, self.end)
            if b > a:
                for i in range(4):
                    total[i] += n[i] * (b - a)
        end = self.end or 1
        prov = self.c.get("provisioned", {})
        cost = self.cost
        for f, n in prov.items():
            periods = -(-self.end // MINUTES_5)  # configured time is billed in steps of 5 minutes
            cost += Fraction(periods * 300 * n * self.F[f]["memory"], 1024) * CONFIGURED_PRICE
        o = self.out
        return {
            "invocations": o["invocations"], "completed": len(self.lat),
            "throttled": o["throttled"], "dropped": o["dropped"], "timed_out": o["timed_out"],
            "cold_starts": sum(self.causes.values()), "cold_causes": self.causes,
            "latency_s": self.summary(self.lat), "queue_s": self.summary(self.wait),
            "init_s": self.summary(self.init), "service_s": self.summary(self.serv),
            "environments": {
                **{k: o[k] for k in ("started", "reclaimed", "evicted", "lost", "peak")},
                "mean_total": total[0] / end, "mean_idle": total[1] / end,
                "mean_busy": (total[0] - total[1]) / end},
            "memory_gb_s": {"busy": (total[2] - total[3]) / 1e9 / 1024,
                            "idle": total[3] / 1e9 / 1024},
            "cost": float(cost), "virtual_s": self.end / 1e9,
            "functions": {f: (p[0], p[1], self.summary(p[2])) for f, p in self.perf.items()},
        }
