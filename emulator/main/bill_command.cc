#include "emulator/main/bill_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "emulator/main/bill_run.h"
#include "models/billing/catalogue.h"
#include "models/billing/usage.h"

namespace lambdarium::commands {
namespace {

using billing::Bill;
using billing::BillLine;
using billing::Catalogue;
using billing::PricedCase;
using billing::UsageCase;
using Json = nlohmann::ordered_json;

constexpr std::string_view kDefaultCatalogue = "aws-us-east-1";
constexpr std::size_t kFileBytesMax = std::size_t{64} << 20;

int complain(const Error& error) {
  fmt::print(stderr, "lambdarium bill: {}\n", error.to_string());
  return error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kInternal ? kRunFailed
                                                                                     : kWrongInput;
}

Result<std::string> read_stream(std::istream& in, const std::string& name) {
  std::string text;
  std::vector<char> block(std::size_t{64} << 10);
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0) {
    text.append(block.data(), static_cast<std::size_t>(in.gcount()));
    if (text.size() > kFileBytesMax) {
      return invalid_input(fmt::format("larger than {} MB", kFileBytesMax >> 20), {name, 0, 0});
    }
  }
  return text;
}

Result<std::string> read_file(const std::string& path) {
  if (path == "-") return read_stream(std::cin, "stdin");
  std::ifstream in{path, std::ios::binary};
  // A folder opens but cannot be read from.
  if (!in || in.peek() == std::ifstream::traits_type::eof()) {
    return invalid_input(in.eof() ? "the file is empty" : "the file cannot be read", {path, 0, 0});
  }
  return read_stream(in, path);
}

Result<Catalogue> load_catalogue(const std::string& name, const std::string& as_of) {
  Result<Catalogue> loaded = [&]() -> Result<Catalogue> {
    const std::string_view known = name.empty() ? kDefaultCatalogue : std::string_view{name};
    if (known.find_first_of("./") == std::string_view::npos) return Catalogue::built_in(known);
    LAM_TRY(const std::string text, read_file(name));
    return Catalogue::parse(text, name);
  }();
  if (!loaded.ok()) return loaded;
  if (!as_of.empty()) {
    auto date = billing::parse_date(as_of);
    if (!date.ok()) return invalid_input("--as-of: " + date.error().message);
    loaded->set_as_of(*date);
  }
  return loaded;
}

// A run's figures have the decimals that `simulate` gives them, so that the two can be compared.
constexpr int kRunDecimals = 15;
constexpr int kCaseDecimals = 12;

Json json_of(const Bill& bill, int decimals) {
  Json lines = Json::array();
  for (const BillLine& line : bill.lines) {
    lines.push_back({{"meter", line.meter},
                     {"price_id", line.price_id.empty() ? Json(nullptr) : Json(line.price_id)},
                     {"quantity", line.quantity.to_string(decimals)},
                     {"unit", line.unit},
                     {"unit_price", line.unit_price.to_string(decimals)},
                     {"amount_usd", line.amount.to_string(decimals)}});
  }
  return lines;
}

void print_json(const Json& document) {
  // Names of a case are the user's and were checked as UTF-8 by the parser; a run's need not be.
  fmt::print("{}\n", document.dump(2, ' ', false, Json::error_handler_t::replace));
}

void print_lines(std::FILE* out, const Bill& bill) {
  for (const BillLine& line : bill.lines) {
    fmt::print(out, "  {:<52} {:>20} × {:>16} = {:>20}\n", line.meter, line.quantity.to_string(6),
               line.unit_price.to_string(), line.amount.to_fixed(9));
  }
  fmt::print(out, "  {:<52} {:>20}   {:>16} = {:>20} {}\n", "total", "", "",
             bill.total().to_fixed(9), bill.currency);
}

Json json_of(const PricedCase& priced) {
  if (priced.error) return {{"id", priced.id}, {"error", priced.error->to_string()}};
  Json json = {{"id", priced.id},
               {"total_usd", priced.bill->total().to_string(kCaseDecimals)},
               {"lines", json_of(*priced.bill, kCaseDecimals)}};
  if (!priced.ignored.empty()) json["ignored"] = priced.ignored;
  return json;
}

void print_case(std::FILE* out, const UsageCase& usage, const PricedCase& priced) {
  fmt::print(out, "{}{}{}\n", usage.id, usage.title.empty() ? "" : "  ", usage.title);
  if (priced.error) {
    fmt::print(out, "  not priced: {}\n\n", priced.error->to_string());
    return;
  }
  print_lines(out, *priced.bill);
  fmt::print(out, "\n");
}

int bill_usage(const BillOptions& options, const Context& context) {
  const auto text = read_file(options.usage);
  if (!text.ok()) return complain(text.error());
  const auto cases = billing::parse_usage(*text, options.usage == "-" ? "stdin" : options.usage);
  if (!cases.ok()) return complain(cases.error());
  const auto catalogue = load_catalogue(options.catalog, options.as_of);
  if (!catalogue.ok()) return complain(catalogue.error());

  Json document = {{"cases", Json::array()}};
  bool all_priced = true;
  for (const UsageCase& usage : *cases) {
    const PricedCase priced = billing::price_case(usage, *catalogue);
    all_priced = all_priced && !priced.error;
    if (context.json) {
      document["cases"].push_back(json_of(priced));
      if (priced.error) {
        fmt::print(stderr, "lambdarium bill: case {}: {}\n", usage.id, priced.error->to_string());
      }
    } else {
      print_case(stdout, usage, priced);
    }
    if (context.quiet) continue;
    for (const std::string& name : priced.ignored) {
      fmt::print(stderr, "note: case {}: kind {} reads no field '{}'\n", usage.id, usage.kind,
                 name);
    }
  }
  if (context.json) print_json(document);
  return all_priced ? kDone : kRunFailed;
}

int bill_run(const BillOptions& options, const Context& context) {
  const auto own = read_run_billing(options.run);
  if (!own.ok()) return complain(own.error());
  const auto catalogue = load_catalogue(options.catalog.empty() ? own->catalog : options.catalog,
                                        options.as_of.empty() ? own->as_of : options.as_of);
  if (!catalogue.ok()) return complain(catalogue.error());
  const auto repriced = reprice_run(options.run, *catalogue, own->free_tier);
  if (!repriced.ok()) return complain(repriced.error());
  const Bill& bill = repriced->bill;
  const std::string total = bill.total().to_string(kRunDecimals);
  const std::string recorded =
      repriced->recorded_total ? repriced->recorded_total->to_string(kRunDecimals) : std::string{};
  if (context.json) {
    print_json({{"run", options.run},
                {"catalog", catalogue->name()},
                {"currency", bill.currency},
                {"total_usd", total},
                {"recorded_total_usd", recorded.empty() ? Json(nullptr) : Json(recorded)},
                {"lines", json_of(bill, kRunDecimals)}});
  } else {
    fmt::print("{}\n", options.run);
    print_lines(stdout, bill);
  }
  if (context.quiet) return kDone;
  if (recorded.empty()) {
    fmt::print(stderr, "note: the run has no meters of its own; it did not come to its end\n");
  } else if (recorded != total) {
    fmt::print(stderr, "note: the run's own meters say {} {}\n", recorded, bill.currency);
  }
  return kDone;
}

}  // namespace

int run_bill(const BillOptions& options, const Context& context) {
  if (options.usage.empty() == options.run.empty()) {
    return complain(invalid_input("give either --usage FILE or --run RUN.sqlite"));
  }
  return options.usage.empty() ? bill_run(options, context) : bill_usage(options, context);
}

}  // namespace lambdarium::commands
