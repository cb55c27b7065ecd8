// Labs: experiments that run as they stand, print a table and say whether the expected effect was
// seen.
//
// A lab is a function with a name and a text for people. It narrates through LabConsole, never to
// stdout directly, so that the same lab serves the command line and tests.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"

namespace lambdarium::labs {

struct LabOptions {
  bool quick = false;  // shorter, for a look
  std::uint64_t seed = 1;
  std::string out;        // folder for what it writes; made if missing
  std::string trace;      // a trace of the user's instead of the lab's own; empty: the lab's own
  std::string format;     // of the trace; empty: told from its header
  std::string functions;  // second file of a simple trace
  std::string program;    // this program, to start the emulator with
  std::string examples;   // the folder of the examples
};

class LabConsole {
 public:
  virtual ~LabConsole() = default;
  // A line of the story.
  virtual void say(std::string_view line) = 0;
  // How far a long step is.
  virtual void progress(std::string_view what, std::uint64_t done, std::uint64_t expected) = 0;
};

struct LabTable {
  std::vector<std::string> columns;            // the first is the name of a row
  std::vector<std::vector<std::string>> rows;  // as many cells as columns
};

struct LabCheck {
  std::string name;  // what was expected
  bool seen = false;
  std::string detail;  // the figures behind it
};

struct LabResult {
  LabTable table;
  std::vector<LabCheck> checks;
  std::vector<std::string> notes;  // what to see in it, and what differs for a known reason
  std::vector<std::string> files;  // what it left in `out`
  // Verdict of the twin check; empty where the lab has none.
  std::string twin;

  bool passed() const;
};

struct Lab {
  std::string_view name;
  std::string_view title;
  std::string_view text;  // what it does, and what to see
  Result<LabResult> (*run)(const LabOptions&, LabConsole&);
};

std::span<const Lab> all_labs();
// The error names the nearest known lab.
Result<const Lab*> find_lab(std::string_view name);

}  // namespace lambdarium::labs
