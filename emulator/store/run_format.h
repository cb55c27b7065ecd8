// The tables of RUN.sqlite and what marks the file as one. docs/run-format.md is the prose for it.

#pragma once

#include <cstdint>

namespace lambdarium::store {

// In the SQLite header: "LAMR".
inline constexpr std::int64_t kRunApplicationId = 0x4c414d52;

inline constexpr const char* kRunSchema = R"sql(
CREATE TABLE meta (
  key TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE functions (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  runtime TEXT,
  memory_mb INTEGER,
  timeout_ms INTEGER,
  concurrency INTEGER
) STRICT;
CREATE TABLE invocations (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  function INTEGER NOT NULL,
  version TEXT,
  arrival_ns INTEGER NOT NULL,
  queue_ns INTEGER,
  init_ns INTEGER,
  duration_ns INTEGER,
  billed_ms INTEGER,
  memory_mb INTEGER,
  max_memory_mb INTEGER,
  outcome TEXT,
  cold INTEGER NOT NULL,
  environment INTEGER,
  route TEXT,
  gpu_partition TEXT,
  batch INTEGER,
  request_bytes INTEGER,
  response_bytes INTEGER
) STRICT;
CREATE TABLE environments (
  id INTEGER PRIMARY KEY,
  function INTEGER NOT NULL,
  started_ns INTEGER NOT NULL,
  ready_ns INTEGER,
  ended_ns INTEGER,
  why TEXT
) STRICT;
CREATE TABLE decisions (
  seq INTEGER PRIMARY KEY,
  at_ns INTEGER NOT NULL,
  event TEXT NOT NULL,
  command TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE TABLE meters (
  seq INTEGER PRIMARY KEY,
  meter TEXT NOT NULL,
  quantity TEXT NOT NULL,
  unit TEXT NOT NULL,
  unit_price TEXT,
  amount TEXT
) STRICT;
CREATE TABLE samples (
  seq INTEGER PRIMARY KEY,
  at_ns INTEGER NOT NULL,
  series TEXT NOT NULL,
  value REAL
) STRICT;
)sql";

}  // namespace lambdarium::store
