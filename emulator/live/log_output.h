// Where the functions' logs go: one file for each function, and the terminal.
//
// Writing never blocks the loop: text is collected and handed to a thread of its own, which drops
// nothing unless 16 MiB wait for a disk or a terminal that does not take them; then it counts what
// it dropped and says so.
//
// Owns: the thread and the files. Thread: write() and flush() on the loop. On failure: a file that
// cannot be opened is told once on stderr; the terminal copy goes on.

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace lambdarium::live {

struct LogOutputOptions {
  std::string folder;    // <folder>/<function>.log; empty: no files
  bool terminal = true;  // to stderr, each line with the function's name in front
  bool color = false;
};

class LogOutput {
 public:
  explicit LogOutput(LogOutputOptions options);
  ~LogOutput();  // writes what is left
  LogOutput(const LogOutput&) = delete;
  LogOutput& operator=(const LogOutput&) = delete;

  // Text of one function, in whole lines or not.
  void write(std::string_view function, std::string_view text);
  // Hands what was collected to the thread; call it now and then (each write() past 64 KiB does
  // too).
  void flush();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lambdarium::live
