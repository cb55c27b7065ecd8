// `lambdarium bill`: price usage cases (--usage FILE) or a recorded run (--run RUN.sqlite).
//
// On failure: 2 for options or files that are wrong, with a message that names field and value; 1
// when a case could not be priced (the others are), or a run could not be read.

#pragma once

#include <string>

#include "emulator/main/context.h"

namespace lambdarium::commands {

struct BillOptions {
  std::string usage = {};    // --usage FILE, "-" for stdin
  std::string run = {};      // --run RUN.sqlite
  std::string catalog = {};  // --catalog: a file (its name holds a '.' or '/') or a built-in name;
                             // empty: the run's own, else aws-us-east-1
  std::string as_of = {};    // --as-of DATE; empty: the run's own, else the newest prices
};

int run_bill(const BillOptions& options, const Context& context);

}  // namespace lambdarium::commands
