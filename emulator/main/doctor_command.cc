#include "emulator/main/doctor_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "emulator/main/machine_facts.h"

namespace lambdarium::commands {
namespace {

using Json = nlohmann::ordered_json;

void print_json(const std::vector<Fact>& facts) {
  Json list = Json::array();
  for (const Fact& fact : facts) {
    list.push_back({{"name", fact.name},
                    {"finding", to_string(fact.finding)},
                    {"value", fact.value},
                    {"meaning", fact.meaning}});
  }
  const Json document = {{"facts", std::move(list)}};
  fmt::print("{}\n", document.dump(2, ' ', false, Json::error_handler_t::replace));
}

std::string_view paint(Finding finding) {
  switch (finding) {
    case Finding::kHere:
      return "\x1b[32m";
    case Finding::kLimited:
      return "\x1b[33m";
    case Finding::kMissing:
      break;
  }
  return "\x1b[2m";
}

void print_text(const std::vector<Fact>& facts, bool color) {
  for (const Fact& fact : facts) {
    fmt::print("{}{:<8}{} {:<11} {}\n", color ? paint(fact.finding) : "", to_string(fact.finding),
               color ? "\x1b[0m" : "", fact.name, fact.value);
    fmt::print("                     {}\n", fact.meaning);
  }
}

}  // namespace

int run_doctor(const DoctorOptions&, const Context& context) {
  const std::vector<Fact> facts = look_at_machine();
  if (context.json) {
    print_json(facts);
  } else {
    print_text(facts, context.color);
  }
  return kDone;
}

}  // namespace lambdarium::commands
