// Whether the file that a handler names is there.

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <system_error>

#include "emulator/templates/template.h"
#include "emulator/templates/values.h"

namespace lambdarium::templates {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
  std::error_code code;
  return fs::is_regular_file(path, code);
}

Error no_dot(std::string_view handler, std::string_view example) {
  return invalid_input(
      fmt::format("Handler '{}' must be file.function, for example '{}'", shown(handler), example));
}

bool leaves_folder(std::string_view module) {
  return module.empty() || module.front() == '/' ||
         fs::path{module}.lexically_normal().begin()->string() == "..";
}

Error missing(std::string_view handler, std::string_view wanted, const fs::path& folder) {
  return invalid_input(
      fmt::format("Handler '{}': there is no {} in {}", shown(handler), wanted, folder.string()));
}

// `pkg/app.handler` and `pkg.app.handler` are the same module.
Status check_python(const std::string& handler, const fs::path& folder) {
  const std::size_t dot = handler.rfind('.');
  if (dot == std::string::npos || dot == 0 || dot + 1 == handler.size()) {
    return no_dot(handler, "app.handler");
  }
  std::string module = handler.substr(0, dot);
  for (char& c : module) c = c == '.' ? '/' : c;
  if (leaves_folder(module)) {
    return invalid_input(fmt::format("Handler '{}' leaves the code's folder", shown(handler)));
  }
  for (const std::string_view suffix : {".py", ".pyc", "/__init__.py", "/__init__.pyc"}) {
    if (is_file(folder / (module + std::string{suffix}))) return {};
  }
  // A compiled module: app.cpython-312-x86_64-linux-gnu.so.
  const fs::path stem = folder / module;
  std::error_code code;
  for (fs::directory_iterator entry{stem.parent_path(), code};
       !code && entry != fs::directory_iterator{}; entry.increment(code)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(stem.filename().string() + ".") && name.ends_with(".so")) return {};
  }
  return missing(handler, fmt::format("{}.py", module), folder);
}

// The module goes up to the first dot of the last segment; what follows may have dots of its own.
Status check_node(const std::string& handler, const fs::path& folder) {
  const std::size_t slash = handler.rfind('/');
  const std::size_t start = slash == std::string::npos ? 0 : slash + 1;
  const std::size_t dot = handler.find('.', start);
  if (dot == std::string::npos || dot == start || dot + 1 == handler.size()) {
    return no_dot(handler, "index.handler");
  }
  const std::string module = handler.substr(0, dot);
  if (leaves_folder(module)) {
    return invalid_input(fmt::format("Handler '{}' leaves the code's folder", shown(handler)));
  }
  for (const std::string_view suffix : {".js", ".mjs", ".cjs", "", "/index.js"}) {
    if (is_file(folder / (module + std::string{suffix}))) return {};
  }
  std::string wanted = fmt::format("{}.js, {}.mjs or {}.cjs", module, module, module);
  for (const std::string_view suffix : {".ts", ".mts", ".tsx"}) {
    if (is_file(folder / (module + std::string{suffix}))) {
      wanted += fmt::format(" (but {}{}: build it first)", module, suffix);
      break;
    }
  }
  return missing(handler, wanted, folder);
}

Status check_bootstrap(const fs::path& folder) {
  const fs::path file = folder / "bootstrap";
  if (!is_file(file)) {
    return invalid_input(
        fmt::format("there is no file 'bootstrap' in {}; it is what a provided "
                    "runtime starts (has it been built?)",
                    folder.string()));
  }
  if (::access(file.c_str(), X_OK) != 0) {
    return invalid_input(fmt::format("{} is not executable; run chmod +x on it", file.string()));
  }
  return {};
}

}  // namespace

Status check_handler(const FunctionDefinition& definition) {
  LAM_TRY(const RuntimeName runtime, parse_runtime(definition.runtime));
  switch (runtime.family) {
    case RuntimeFamily::kPython:
      return check_python(definition.handler, definition.code_directory);
    case RuntimeFamily::kNode:
      return check_node(definition.handler, definition.code_directory);
    case RuntimeFamily::kProvided:
      return check_bootstrap(definition.code_directory);
  }
  return {};
}

}  // namespace lambdarium::templates
