// Errors and notes as they are found, in the order of the file at the end. One thread.

#pragma once

#include <string>
#include <vector>

#include "emulator/templates/document.h"
#include "emulator/templates/template.h"

namespace lambdarium::templates {

class Diagnostics {
 public:
  explicit Diagnostics(std::string file) : file_(std::move(file)) {}

  void error(Position where, std::string message) {
    errors_.push_back(invalid_input(std::move(message), mark(where)));
  }
  void note(Position where, std::string message) {
    notes_.push_back({mark(where), std::move(message)});
  }
  SourceMark mark(Position where) const { return {file_, where.line, where.column}; }
  bool ok() const { return errors_.empty(); }

  // Sorted by place; what was said twice (a Globals entry that several functions take) once.
  std::vector<Error> take_errors();
  std::vector<TemplateNote> take_notes();

 private:
  std::string file_;
  std::vector<Error> errors_;
  std::vector<TemplateNote> notes_;
};

}  // namespace lambdarium::templates
