#include "emulator/templates/diagnostics.h"

#include <algorithm>

namespace lambdarium::templates {
namespace {

template <class Item>
std::vector<Item> sorted_once(std::vector<Item> items) {
  std::stable_sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
    return std::pair{a.where.line, a.where.column} < std::pair{b.where.line, b.where.column};
  });
  std::vector<Item> once;
  for (Item& item : items) {
    // Those of the same place are neighbours now.
    bool said = false;
    for (auto earlier = once.rbegin(); earlier != once.rend() && !said; ++earlier) {
      if (earlier->where.line != item.where.line || earlier->where.column != item.where.column) {
        break;
      }
      said = earlier->message == item.message;
    }
    if (!said) once.push_back(std::move(item));
  }
  return once;
}

}  // namespace

std::string TemplateNote::to_string() const {
  return Error{ErrorCode::kInvalidInput, message, where}.to_string();
}

std::vector<Error> Diagnostics::take_errors() {
  return sorted_once(std::move(errors_));
}
std::vector<TemplateNote> Diagnostics::take_notes() {
  return sorted_once(std::move(notes_));
}

}  // namespace lambdarium::templates
