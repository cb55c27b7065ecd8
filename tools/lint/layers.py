"""Which folder may include which: the dependency direction of docs/architecture.md as a table.

A folder may always include itself. Every folder with C++ sources has a row; one without is an
error, so that a new room states its place. `tests`, `tools` and `examples` stand outside the house
and may include anything.
"""

VOCABULARY = ["models/base", "models/domain"]
MODELS = VOCABULARY + ["models/timing", "models/billing"]

# Decisions and protocols: no I/O, no clock, nothing that calls the operating system.
PURE = [
    "models/timing",
    "models/billing",
    "policies",
    "traces",
    "runtime-api/protocol",
    "gpu-pool/core",
    "gpu-pool/serving",
    "emulator/fleet",
    "emulator/gateway",
    "emulator/queues",
]

EVERYTHING_BUT_CUDA = VOCABULARY + PURE + [
    "models/learning",
    "runtime-api",
    "gpu-pool/process",
    "emulator",
]

ALLOWED = {
    "models/base": [],
    "models/domain": ["models/base"],
    "models/timing": VOCABULARY,
    "models/billing": VOCABULARY,
    "models/learning": VOCABULARY,
    "policies": MODELS,
    "traces": MODELS + ["policies"],
    "runtime-api/protocol": MODELS,
    "runtime-api/http": VOCABULARY,
    "runtime-api/sandbox": VOCABULARY + ["runtime-api/protocol", "runtime-api/http",
                                         "runtime-api/bootstraps"],
    "runtime-api/bootstraps": VOCABULARY,
    "runtime-api/client": VOCABULARY,
    "gpu-pool/core": MODELS + ["policies", "traces", "runtime-api/protocol"],
    "gpu-pool/serving": MODELS + ["policies", "gpu-pool/core"],
    "gpu-pool/process": MODELS + ["policies", "runtime-api", "gpu-pool/core"],
    "gpu-pool/cuda": VOCABULARY + ["models/learning", "gpu-pool/core"],
    "gpu-pool/worker": VOCABULARY + ["models/learning", "runtime-api/client", "gpu-pool/core",
                                     "gpu-pool/cuda"],
    "emulator/fleet": MODELS + ["policies", "traces", "runtime-api/protocol", "gpu-pool/core"],
    "emulator/gateway": MODELS + ["policies", "runtime-api/protocol", "emulator/fleet"],
    "emulator/queues": VOCABULARY,
    "emulator/store": VOCABULARY + PURE,
    "emulator/templates": VOCABULARY + PURE,
    # Virtual time: no socket, no process, no database. Results leave through domain's RunSink.
    "emulator/simulated": VOCABULARY + PURE,
    "emulator/live": EVERYTHING_BUT_CUDA,
    "emulator/aws": EVERYTHING_BUT_CUDA,
    "emulator/dashboard": EVERYTHING_BUT_CUDA,
    "emulator/labs": EVERYTHING_BUT_CUDA,
    "emulator/main": EVERYTHING_BUT_CUDA,
}

OUTSIDE = ["tests", "tools", "examples"]

# Third-party headers and the folders that may include them: (regular expression, folders). The
# first that matches counts. Tests of a folder may do what the folder may.
LIBRARIES = [
    (r"uv\.h", ["runtime-api/http"]),
    (r"llhttp\.h", ["runtime-api/http", "runtime-api/client"]),
    (r"sqlite3\.h", ["emulator/store"]),
    # Two formats that people write by hand: templates, and configurations of simulations.
    (r"yaml-cpp/.*", ["emulator/templates", "emulator/simulated"]),
    (r"archive(_entry)?\.h", ["emulator/store"]),
    (r"(open)?cblas.*\.h", ["models/learning"]),
    (r"cu(da|blas|rand|sparse).*\.(h|hpp)", ["gpu-pool/cuda"]),
    (r"CLI/.*", ["emulator/main"]),
    (r"boost/.*", ["tests"]),
    (r"benchmark/.*", ["tools", "tests"]),
]

# Reading a clock belongs to drivers; these are handed the time.
NO_CLOCK = VOCABULARY + PURE + ["emulator/simulated"]


def inside(path, folder):
    return path == folder or path.startswith(folder + "/")


def row_of(path):
    """The row of a file: the longest folder of the table that holds it, or None."""
    rows = [folder for folder in list(ALLOWED) + OUTSIDE if inside(path, folder)]
    return max(rows, key=len) if rows else None
