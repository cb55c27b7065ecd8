// A folder with code for every runtime, and templates in it.

#pragma once

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>

#include "emulator/templates/template.h"
#include "tests/unit/emulator/store/temporary_folder.h"

namespace lambdarium::testing {

struct TemplateFixture {
  TemplateFixture() {
    folder.write("py/app.py", "def handler(event, context): pass\n");
    folder.write("js/index.js", "exports.handler = async () => {};\n");
    folder.write("bin/bootstrap", "#!/bin/sh\n");
    std::filesystem::permissions(folder / "bin/bootstrap", std::filesystem::perms::owner_all);
  }

  templates::TemplateReport load(const std::string& text,
                                 const templates::TemplateOptions& options = {}) const {
    return templates::load_template_text(text, folder / "template.yaml", options);
  }
  // Errors, one a line, without the file: "3:5: …".
  std::string errors(const templates::TemplateReport& report) const {
    std::string out;
    for (const Error& error : report.errors) out += without_file(error.to_string()) + "\n";
    return out;
  }
  std::string notes(const templates::TemplateReport& report) const {
    std::string out;
    for (const auto& note : report.notes) out += without_file(note.to_string()) + "\n";
    return out;
  }
  std::string without_file(const std::string& text) const {
    const std::string file = (folder / "template.yaml").string() + ":";
    BOOST_TEST(text.starts_with(file));
    std::string rest = text.substr(file.size());
    return rest.starts_with(' ') ? rest.substr(1) : rest;
  }

  TemporaryFolder folder;
};

// A template with one Python function; `properties` are lines of six spaces, the first of which is
// line 8.
inline std::string python_function(const std::string& properties) {
  return "Transform: AWS::Serverless-2016-10-31\n"
         "Resources:\n"
         "  F:\n"
         "    Type: AWS::Serverless::Function\n"
         "    Properties:\n"
         "      Runtime: python3.12\n"
         "      CodeUri: py\n" +
         properties +
         (properties.find("Handler:") == std::string::npos ? "      Handler: app.handler\n" : "");
}

}  // namespace lambdarium::testing
