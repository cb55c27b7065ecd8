#include "emulator/templates/template.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "emulator/templates/diagnostics.h"
#include "emulator/templates/document.h"
#include "emulator/templates/loader.h"

namespace lambdarium::templates {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSupported =
    "supported is an AWS SAM template (template.yaml, template.yml or template.json)";

fs::path absolute_path(const fs::path& file) {
  std::error_code code;
  const fs::path path = fs::absolute(file, code);
  return code ? file : path.lexically_normal();
}

// The file's text, at most one byte more than is allowed.
Result<std::string> read_text(const fs::path& file) {
  std::error_code code;
  const fs::file_status status = fs::status(file, code);
  if (!fs::exists(status)) return invalid_input("the template does not exist", {file.string()});
  if (fs::is_directory(status)) {
    return invalid_input("this is a folder, not a template", {file.string()});
  }
  std::ifstream in{file, std::ios::binary};
  std::string text(kTemplateBytesMax + 1, '\0');
  if (!in.read(text.data(), static_cast<std::streamsize>(text.size())) && !in.eof()) {
    return invalid_input("the template cannot be read", {file.string()});
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

// Files of other tools, which are better named than taken for bad SAM.
std::string_view other_kind(const Node& root) {
  if (root.find("openapi") != nullptr || root.find("swagger") != nullptr)
    return "an OpenAPI document";
  if (root.find("service") != nullptr && root.find("provider") != nullptr) {
    return "a serverless.yml";
  }
  return {};
}

}  // namespace

TemplateReport load_template(const fs::path& file, const TemplateOptions& options) {
  const Result<std::string> text = read_text(file);
  if (text.ok()) return load_template_text(*text, file, options);
  TemplateReport report;
  report.file = absolute_path(file);
  report.errors.push_back(text.error());
  return report;
}

TemplateReport load_template_text(std::string_view text, const fs::path& file,
                                  const TemplateOptions& options) {
  TemplateReport report;
  report.file = absolute_path(file);
  Diagnostics diagnostics{file.string()};
  if (text.size() > kTemplateBytesMax) {
    diagnostics.error({}, fmt::format("the template is larger than {} bytes", kTemplateBytesMax));
  } else if (const NodePtr root = parse_document(text, diagnostics)) {
    if (!root->is_map()) {
      diagnostics.error(
          root->where,
          fmt::format("a template is a map with the key Resources, not {}", kind_name(*root)));
    } else if (const std::string_view kind = other_kind(*root); !kind.empty()) {
      diagnostics.error(root->where,
                        fmt::format("this is {}, which is not read yet; {}", kind, kSupported));
    } else {
      Loader{*root, options, report.file, diagnostics}.load(report);
    }
  }
  report.errors = diagnostics.take_errors();
  report.notes = diagnostics.take_notes();
  return report;
}

Result<fs::path> find_template(const fs::path& folder) {
  std::error_code code;
  const auto is_file = [&](std::string_view name) {
    return fs::is_regular_file(folder / name, code);
  };
  const std::string where = absolute_path(folder).string();
  if (!fs::is_directory(folder, code)) {
    return invalid_input(fmt::format("{} is not a folder", where));
  }
  for (const std::string_view name : {"template.yaml", "template.yml", "template.json"}) {
    if (is_file(name)) return folder / name;
  }
  constexpr std::array<std::string_view, 12> kOthers{
      "lambdarium.yaml", "lambdarium.yml", "serverless.yml", "serverless.yaml",
      "serverless.json", "serverless.ts",  "openapi.yaml",   "openapi.yml",
      "openapi.json",    "swagger.yaml",   "swagger.yml",    "swagger.json"};
  for (const std::string_view name : kOthers) {
    if (is_file(name)) {
      return invalid_input(fmt::format("{}: files of this kind are not read yet; {}",
                                       (absolute_path(folder) / name).string(), kSupported));
    }
  }
  return not_found(fmt::format("there is no template in {}; {}", where, kSupported));
}

// FNV-1a, spelled with the 36 characters that such ids have.
std::string api_id_for(std::string_view logical_id) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : logical_id) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3U;
  }
  constexpr std::string_view kCharacters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::string id;
  for (int i = 0; i < 10; ++i) {
    id += kCharacters[hash % kCharacters.size()];
    hash /= kCharacters.size();
  }
  return id;
}

}  // namespace lambdarium::templates
