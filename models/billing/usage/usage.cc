#include "models/billing/usage.h"

#include <algorithm>

#include <fmt/format.h>

#include "models/base/nearest.h"
#include "models/billing/usage/fields.h"

namespace lambdarium::billing {
namespace {

constexpr std::size_t kCasesMax = 1'000'000;

const std::vector<UsageKind>& kinds() {
  static const std::vector<UsageKind> all = [] {
    std::vector<UsageKind> result;
    for (const auto family :
         {lambda_kinds, lambda_extra_kinds, gateway_kinds, aws_kinds, cloud_kinds, gpu_kinds}) {
      for (const UsageKind& kind : family()) result.push_back(kind);
    }
    return result;
  }();
  return all;
}

}  // namespace

std::vector<std::string_view> known_kinds() {
  std::vector<std::string_view> names;
  for (const UsageKind& kind : kinds()) names.push_back(kind.name);
  return names;
}

Result<std::vector<UsageCase>> parse_usage(std::string_view json, std::string_view name) {
  const SourceMark file{std::string{name}, 0, 0};
  LAM_TRY(Tree root, parse_tree(json, name));
  const auto wrong = [&](std::string_view field, const Tree* value, std::string_view right) {
    return invalid_input(fmt::format("{} is {}; it must be {}", field,
                                     value == nullptr ? "missing" : value->shown(), right),
                         file);
  };
  const Tree* cases = root.find("cases");
  if (cases == nullptr || !cases->is(Tree::Kind::kList)) {
    return wrong("cases", cases, "a list of {\"id\", \"input\"}");
  }
  if (cases->items.size() > kCasesMax) {
    return wrong("cases", cases, fmt::format("at most {} cases", kCasesMax));
  }
  std::vector<UsageCase> result;
  for (std::size_t i = 0; i < cases->items.size(); ++i) {
    const Tree& item = cases->items[i];
    const std::string where = fmt::format("cases[{}]", i);
    if (!item.is(Tree::Kind::kObject)) return wrong(where, &item, "an object");
    const Tree* id = item.find("id");
    const bool named =
        id != nullptr && (id->is(Tree::Kind::kString) || id->is(Tree::Kind::kNumber));
    if (!named) return wrong(where + ".id", id, "a string");
    const Tree* title = item.find("title");
    UsageCase usage;
    usage.id = id->text;
    if (title != nullptr) usage.title = title->text;
    const Tree* input = item.find("input");
    const bool is_object = input != nullptr && input->is(Tree::Kind::kObject);
    const Tree* kind = is_object ? input->find("kind") : nullptr;
    if (!is_object) {
      usage.error = wrong(where + ".input", input, "an object");
    } else if (kind == nullptr || !kind->is(Tree::Kind::kString)) {
      usage.error = wrong(where + ".input.kind", kind, "a string");
    } else {
      usage.kind = kind->text;
      usage.input = std::make_shared<const Tree>(*input);
    }
    result.push_back(std::move(usage));
  }
  return result;
}

PricedCase price_case(const UsageCase& usage, const Catalogue& catalogue) {
  PricedCase result;
  result.id = usage.id;
  if (usage.error) {
    result.error = usage.error;
    return result;
  }
  const auto kind = std::find_if(kinds().begin(), kinds().end(),
                                 [&](const UsageKind& k) { return k.name == usage.kind; });
  if (kind == kinds().end()) {
    result.error = invalid_input(unknown_name_message("kind", usage.kind, known_kinds()));
    return result;
  }
  const Fields fields{*usage.input, catalogue};
  (void)fields.has({"kind"});  // read by the dispatch above
  Bill bill = kind->price(fields);
  bill.currency = catalogue.currency();
  result.ignored = fields.unread();
  if (!fields.error()) {
    if (Status exact = bill.check(); !exact) fields.fail(exact.error());
  }
  if (fields.error()) {
    result.error = fields.error();
  } else {
    result.bill = std::move(bill);
  }
  return result;
}

}  // namespace lambdarium::billing
