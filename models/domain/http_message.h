// HTTP requests and responses as values, so that whatever answers them is a function that needs no
// port.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lambdarium {

struct HeaderField {
  std::string name;
  std::string value;
};

// Header fields in the order of the wire, names as spelled by the sender, looked up without regard
// to case.
class HeaderList {
 public:
  HeaderList() = default;
  HeaderList(std::initializer_list<HeaderField> fields) : fields_(fields) {}

  // The first field of that name; null when there is none.
  const std::string* find(std::string_view name) const;
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  void add(std::string name, std::string value) {
    fields_.push_back({std::move(name), std::move(value)});
  }
  // Replaces all fields of that name by one.
  void set(std::string_view name, std::string value);
  void remove(std::string_view name);

  std::vector<HeaderField>::const_iterator begin() const { return fields_.begin(); }
  std::vector<HeaderField>::const_iterator end() const { return fields_.end(); }
  std::size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }
  void clear() { fields_.clear(); }
  void reserve(std::size_t count) { fields_.reserve(count); }
  // The most recently added field. Requires: not empty.
  HeaderField& back() { return fields_.back(); }

 private:
  std::vector<HeaderField> fields_;
};

// ASCII only, as HTTP's names are.
bool equal_ignoring_case(std::string_view a, std::string_view b);

struct HttpRequest {
  std::string method;  // upper case
  std::string target;  // as on the wire: path and query, still percent-encoded
  int minor_version = 1;
  HeaderList headers;
  HeaderList trailers;  // of a chunked body
  std::string body;
  std::string peer_address;  // numeric IP of the client

  std::string_view path() const { return std::string_view{target}.substr(0, target.find('?')); }
  // Without the '?'; empty when there is none.
  std::string_view query() const {
    const auto mark = target.find('?');
    return mark == std::string::npos ? std::string_view{}
                                     : std::string_view{target}.substr(mark + 1);
  }
};

struct HttpResponse {
  int status = 200;
  HeaderList headers;
  std::string body;
};

}  // namespace lambdarium
