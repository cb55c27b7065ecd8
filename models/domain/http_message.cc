#include "models/domain/http_message.h"

#include <algorithm>

namespace lambdarium {
namespace {
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

const std::string* HeaderList::find(std::string_view name) const {
  for (const HeaderField& field : fields_) {
    if (equal_ignoring_case(field.name, name)) return &field.value;
  }
  return nullptr;
}

void HeaderList::set(std::string_view name, std::string value) {
  remove(name);
  add(std::string{name}, std::move(value));
}

void HeaderList::remove(std::string_view name) {
  std::erase_if(fields_,
                [&](const HeaderField& field) { return equal_ignoring_case(field.name, name); });
}

}  // namespace lambdarium
