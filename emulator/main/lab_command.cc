#include "emulator/main/lab_command.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include <fmt/format.h>

#include "emulator/labs/lab.h"
#include "emulator/main/progress.h"

namespace lambdarium::commands {
namespace {

using Json = nlohmann::ordered_json;

int fail(const Error& error) {
  fmt::print(stderr, "lambdarium lab: {}\n", error.to_string());
  const bool users = error.code == ErrorCode::kInvalidInput || error.code == ErrorCode::kNotFound;
  return users ? kWrongInput : kRunFailed;
}

// The story goes to stderr, so that the table alone is on stdout.
class Console final : public labs::LabConsole {
 public:
  explicit Console(const Context& context) : context_(context) {}
  void say(std::string_view line) override {
    progress_.reset();
    if (!context_.quiet) fmt::print(stderr, "{}\n", line);
  }
  void progress(std::string_view what, std::uint64_t done, std::uint64_t expected) override {
    if (!progress_) progress_.emplace(context_, std::string{what}, expected);
    progress_->update(done);
    if (done >= expected) progress_.reset();
  }

 private:
  const Context& context_;
  std::optional<Progress> progress_;
};

std::filesystem::path own_program() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error);
}

// examples/ of the source tree that this program was built from, or of an installation.
Result<std::string> find_examples(const std::string& given) {
  const std::filesystem::path program = own_program().parent_path();
  std::vector<std::filesystem::path> places;
  if (!given.empty()) {
    places = {given};
  } else {
    places = {program / ".." / "examples", program / ".." / "share" / "lambdarium" / "examples",
              std::filesystem::path{"examples"}};
  }
  for (const std::filesystem::path& place : places) {
    std::error_code error;
    if (std::filesystem::exists(place / "first-steps" / "template.yaml", error)) {
      return std::filesystem::canonical(place, error).string();
    }
  }
  return not_found(
      fmt::format("no folder with first-steps/template.yaml at {}; name it with --examples",
                  places.front().string()));
}

void print_table(const labs::LabTable& table) {
  std::vector<std::size_t> widths(table.columns.size(), 0);
  const auto widen = [&widths](const std::vector<std::string>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
  };
  widen(table.columns);
  for (const auto& row : table.rows) widen(row);
  const auto print = [&widths](const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      line += i == 0 ? fmt::format("{:<{}}", cells[i], widths[i] + 2)
                     : fmt::format("  {:>{}}", cells[i], widths[i]);
    }
    fmt::print("{}\n", line);
  };
  print(table.columns);
  for (const auto& row : table.rows) print(row);
}

void print_text(const labs::LabResult& result) {
  fmt::print("\n");
  print_table(result.table);
  fmt::print("\n");
  for (const labs::LabCheck& check : result.checks) {
    fmt::print("{} {}: {}\n", check.seen ? "seen    " : "NOT SEEN", check.name, check.detail);
  }
  if (!result.twin.empty()) fmt::print("twin: {}\n", result.twin);
  for (const std::string& note : result.notes) fmt::print("note: {}\n", note);
  for (const std::string& file : result.files) fmt::print("wrote {}\n", file);
}

void print_json(std::string_view name, const labs::LabResult& result) {
  Json document{{"lab", name}, {"passed", result.passed()}, {"twin", result.twin}};
  Json rows = Json::array();
  for (const auto& row : result.table.rows) {
    Json entry{{"figure", row[0]}};
    for (std::size_t i = 1; i < row.size(); ++i) entry[result.table.columns[i]] = row[i];
    rows.push_back(std::move(entry));
  }
  document["table"] = std::move(rows);
  Json checks = Json::array();
  for (const labs::LabCheck& check : result.checks) {
    checks.push_back({{"name", check.name}, {"seen", check.seen}, {"detail", check.detail}});
  }
  document["checks"] = std::move(checks);
  document["notes"] = result.notes;
  document["files"] = result.files;
  fmt::print("{}\n", document.dump(2));
}

}  // namespace

int run_lab_list(const LabListOptions&, const Context& context) {
  Json list = Json::array();
  for (const labs::Lab& lab : labs::all_labs()) {
    if (context.json) {
      list.push_back({{"name", lab.name}, {"title", lab.title}});
    } else {
      fmt::print("{:<14}{}\n", lab.name, lab.title);
    }
  }
  if (context.json) fmt::print("{}\n", list.dump(2));
  return kDone;
}

int run_lab_show(const LabShowOptions& options, const Context& context) {
  const auto lab = labs::find_lab(options.name);
  if (!lab.ok()) return fail(lab.error());
  if (context.json) {
    const Json document{{"name", (*lab)->name}, {"title", (*lab)->title}, {"text", (*lab)->text}};
    fmt::print("{}\n", document.dump(2));
  } else {
    fmt::print("{}: {}\n\n{}\n", (*lab)->name, (*lab)->title, (*lab)->text);
  }
  return kDone;
}

int run_lab(const LabRunOptions& options, const Context& context) {
  const auto lab = labs::find_lab(options.name);
  if (!lab.ok()) return fail(lab.error());
  labs::LabOptions lab_options;
  lab_options.quick = options.quick;
  lab_options.seed = context.seed.value_or(1);
  lab_options.out = options.out.empty() ? ".lambdarium/labs/" + options.name : options.out;
  lab_options.trace = options.trace;
  lab_options.format = options.format;
  lab_options.functions = options.functions;
  lab_options.program = own_program().string();
  auto examples = find_examples(options.examples);
  if (!examples.ok()) return fail(examples.error());
  lab_options.examples = *std::move(examples);

  Console console{context};
  const auto result = (*lab)->run(lab_options, console);
  if (!result.ok()) return fail(result.error());
  if (context.json) {
    print_json((*lab)->name, *result);
  } else {
    print_text(*result);
  }
  return result->passed() ? kDone : kRunFailed;
}

}  // namespace lambdarium::commands
